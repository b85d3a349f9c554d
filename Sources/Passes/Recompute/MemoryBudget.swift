import IR

/// A gradient function that fits a memory budget: some values of the way there are let go and computed again on the way back. The same
/// operators on the same operands, so the same bits.
package struct MemoryBudget {
    /// Most bytes that a call may take, as `measure` counts them.
    package let bytes: Int
    /// The sizes of a call.
    package let binding: Binding
    /// Bytes that a call of the function takes in a module: a plan's, exactly.
    package let measure: (Module) throws -> Int

    package init(bytes: Int, binding: Binding, measure: @escaping (Module) throws -> Int) {
        (self.bytes, self.binding, self.measure) = (bytes, binding, measure)
    }

    /// What became of a function.
    package struct Fitted: Sendable {
        package let module: Module
        /// Bytes of a call, and those of one that keeps everything.
        package let bytes, bytesBefore: Int
        /// Floating point operations that are done twice, as a share of those of the way there.
        package let share: Double
    }

    /// `module`, which has been cleaned, with its gradient function `name` changed as little as the budget asks for.
    /// - Throws: ``MemoryBudgetError`` if nothing fits; what `measure` throws; `BindingError` for sizes that are missing.
    package func fit(_ name: String, of module: Module) throws -> Fitted {
        guard let graph = module.function(name) else { throw PassError("memory budget: module '\(module.name)' has no function '\(name)'") }
        let before = try measure(module)
        if before <= bytes { return Fitted(module: module, bytes: before, bytesBefore: before, share: 0) }
        let parts = try GradientParts(graph, binding)
        let rest = before - (try MemoryEstimate(graph, binding).peak())
        var candidates = try parts.candidates()
        var least: (candidate: GradientParts.Candidate, bytes: Int)?
        for _ in 0..<Self.mostMeasures {
            let next = candidates.indices.filter { candidates[$0].estimate + rest <= bytes }.min { candidates[$0].flops < candidates[$1].flops }
            guard let index = next ?? (least == nil ? candidates.indices.min { candidates[$0].estimate < candidates[$1].estimate } : nil) else {
                break
            }
            let candidate = candidates.remove(at: index)
            let changed = try candidate.module(module, parts)
            let size = try measure(changed)
            if size <= bytes {
                return Fitted(module: changed, bytes: size, bytesBefore: before, share: candidate.flops / max(parts.forwardFlops, 1))
            }
            if size < least?.bytes ?? .max { least = (candidate, size) }
        }
        throw MemoryBudgetError(function: name, bytes: bytes, least: min(least?.bytes ?? before, before), whole: before)
    }

    private static let mostMeasures = 8
}

/// No way to compute again makes a function fit.
package struct MemoryBudgetError: Error, Sendable, CustomStringConvertible, Equatable {
    package let function: String
    package let bytes: Int
    /// The least memory that was found to do, and what the function takes when it keeps everything.
    package let least, whole: Int

    package var description: String {
        "'\(function)' does not fit \(Self.text(bytes)): with these sizes it takes \(Self.text(whole)), and \(Self.text(least)) if as much as "
            + "possible is computed again, which is the least that will do"
    }

    /// Rounded up, so that what is said will do.
    private static func text(_ bytes: Int) -> String {
        for (unit, size) in [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] where Double(bytes) >= size {
            return "\((Double(bytes) / size * 100).rounded(.up) / 100) \(unit)"
        }
        return "\(bytes) bytes"
    }
}

extension GradientParts {
    /// One way to keep less.
    struct Candidate {
        let choice: RecomputationChoice
        let estimate: Int
        let flops: Double

        func module(_ module: Module, _ parts: GradientParts) throws -> Module {
            var changed = module
            changed.setFunction(try parts.changed(choice).graph)
            return changed
        }
    }

    var forwardFlops: Double { forward.reduce(0) { $0 + flops(of: $1) } }

    /// The function as `choice` has it, and the work that is done twice.
    func changed(_ choice: RecomputationChoice) throws -> (graph: Graph, flops: Double) {
        let (kept, reach) = choice.kept(self, cuts(choice.segments))
        return try Recomputation.graph(self, keeping: kept, reach: reach)
    }

    /// Ways to keep less, with estimates of what they take.
    func candidates() throws -> [Candidate] {
        var choices = [0.25, 0.5, 0.75, 1].map { RecomputationChoice(cheap: $0) }
        for segments in [2, 3, 4, 6, 8, 12, 16, 24, 32, 48] where segments * 4 <= forward.count {
            let shares = Set([segments / 4, segments / 2, segments * 3 / 4, segments - 1]).filter { $0 > 0 }
            choices += shares.sorted().map { RecomputationChoice(segments: segments, again: $0, cheap: 1) }
        }
        return try choices.map { choice in
            let (graph, flops) = try changed(choice)
            return Candidate(choice: choice, estimate: try MemoryEstimate(graph, binding).peak(), flops: flops)
        }
    }
}
