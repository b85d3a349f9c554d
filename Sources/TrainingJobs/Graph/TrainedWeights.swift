import IR
import Inspect
import Passes
import Training

/// Which constants of a graph are trained.
struct TrainedWeights {
    /// In the order of their names.
    let keys: [String]
    let groups: [ParameterGroup]

    /// - Parameters:
    ///   - patterns: of keys; empty for all weights.
    ///   - module: with the loss.
    /// - Throws: ``WorkError`` for a pattern that fits nothing that can be trained; `PassError` for an operator without a derivative.
    init(_ patterns: [String], _ model: GraphModel, _ module: Module) throws {
        let wanted = try TrainedWeights.wanted(patterns.map { NamePattern($0) }, model, module)
        let moving = try TrainedWeights.moving(wanted, module)
        if let still = patterns.first(where: { pattern in !moving.contains { NamePattern(pattern).fits($0) } }) {
            throw WorkError("the loss does not depend on '\(still)'; leave it out", .content)
        }
        guard !moving.isEmpty else { throw WorkError("the loss depends on no weight of \(model.path); is it the right result?", .content) }
        keys = moving
        let isMatrix = { (key: String) in (module.constants[key]?.type.rank ?? 0) > 1 }
        groups = [(true, 1.0), (false, 0.0)].compactMap { matrices, decay in
            let own = moving.filter { isMatrix($0) == matrices }
            return own.isEmpty ? nil : ParameterGroup(weightDecay: decay, parameters: own)
        }
    }

    /// Weights that the patterns name, or all of f32.
    private static func wanted(_ patterns: [NamePattern], _ model: GraphModel, _ module: Module) throws -> [String] {
        let read = module.keeping(functions: [LossFormula.function]).constants.values.filter { $0.type.dtype.isFloat && $0.type.rank > 0 }
        guard !patterns.isEmpty else {
            let weights = read.filter { model.weights.contains($0.key) }
            if let other = weights.first(where: { $0.type.dtype != .f32 }), !weights.contains(where: { $0.type.dtype == .f32 }) {
                throw WorkError(
                    "\(model.path): '\(other.key)' is \(other.type); weights that are trained are f32; convert the model first", .content)
            }
            return weights.filter { $0.type.dtype == .f32 }.map(\.key).sorted()
        }
        if let unmet = patterns.first(where: { pattern in !read.contains { pattern.fits($0.key) } }) {
            let known = read.map(\.key).sorted().prefix(12).joined(separator: ", ")
            throw WorkError("no weight that the loss reads is called '\(unmet)'; there are \(known)\(read.count > 12 ? ", …" : "")")
        }
        let chosen = read.filter { constant in patterns.contains { $0.fits(constant.key) } }
        if let other = chosen.first(where: { $0.type.dtype != .f32 }) {
            throw WorkError("'\(other.key)' is \(other.type); weights that are trained are f32; convert the model first", .content)
        }
        return chosen.map(\.key).sorted()
    }

    /// Those that have a gradient.
    private static func moving(_ wanted: [String], _ module: Module) throws -> [String] {
        guard !wanted.isEmpty else { return [] }
        let request = GradientRequest(function: LossFormula.function, parameters: wanted.map { NamePattern(exactly: $0) })
        let made = try PassManager.run(module.keeping(functions: [LossFormula.function]), .gradient(request, stage: module.stage)).module
        let outputs = made.function(GradientRequest.functionPrefix + LossFormula.function)?.outputs.map(\.name) ?? []
        return outputs.filter { $0.hasPrefix(GradientRequest.prefix) }.map { String($0.dropFirst(GradientRequest.prefix.count)) }.sorted()
    }
}
