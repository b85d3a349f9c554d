import IR

/// State of one run of a pipeline.
struct PassRun {
    var result: PassResult
    private let options: PassOptions
    private var remaining: Int
    private var isVerified = false
    private let verifiesSteps: Bool
    /// Patches so far of the rule that is to make a wrong one.
    private var faultyPatches = 0

    /// Sweeps over a function before a step is declared restless; each settles all but backward effects.
    private static let maximumSweeps = 64

    /// - Parameter verifiesSteps: verify after each step that changes something, rather than once in ``finish()``.
    /// - Parameter origins: of the module's nodes; only kept up where they are asked for.
    init(_ module: Module, _ pipeline: Pipeline, _ options: PassOptions, verifiesSteps: Bool, origins: NodeOrigins? = nil) {
        self.verifiesSteps = verifiesSteps
        result = PassResult(module: module)
        if options.recordsOrigins { result.origins = origins ?? NodeOrigins(module) }
        // Set first: the stage's list of legal operators is what the rewritten module is verified against.
        result.module.stage = pipeline.stage
        self.options = options
        remaining = options.stopAfter ?? .max
    }

    mutating func perform(_ step: Pipeline.Step, _ index: Int) throws {
        let nodes = result.module.functions.reduce(0) { $0 + $1.nodeCount }
        let enabled = step.transformations.filter { !options.disabled.contains($0.name) }
        let first = result.statistics.count
        for transformation in enabled {
            result.statistics.append(
                PassStatistics(
                    stepIndex: index, step: step.name, name: transformation.name, nodesBefore: nodes,
                    nodesAfter: nodes))
        }
        let before = result.records.count
        let names = result.module.functions.map(\.name)
        switch step.work {
        case .module(let pass): if !enabled.isEmpty { try run(pass, first) }
        case .pass(let pass): if !enabled.isEmpty { for name in names { try run(pass, step, name, first) } }
        case .rules(let rules):
            let active = rules.filter { !options.disabled.contains($0.name) }
            for name in names { try apply(active, step, name, first) }
        }
        guard result.records.count > before else { return }
        result.module.removeUncalledFunctions()
        result.module.removeUnusedConstants()
        var changed: Set<String>? = Set(result.records[before...].map(\.function))
        if case .module = step.work { changed = nil }
        if result.module.hasOpenTypes {
            do { try result.module.reinferTypes() } catch { throw PassError("\(step.name): \(error)") }
            changed = nil
        }
        if verifiesSteps { try verify(step.name, changed) }
    }

    /// Leaves the constants that are read, and verifies what no step has.
    mutating func finish() throws {
        result.module.removeUnusedConstants()
        if !verifiesSteps, !result.records.isEmpty { try verify("the pipeline", nil) }
    }

    private mutating func run(_ pass: any ModulePass, _ index: Int) throws {
        guard remaining > 0 else { return }
        let nodes = result.module.functions.reduce(0) { $0 + $1.nodeCount }
        let before = options.recordsOrigins ? result.module : nil
        var changes = 0
        let duration = try ContinuousClock().measure {
            do { changes = try pass.run(on: &result.module, limit: remaining) } catch let error as PassError { throw error } catch {
                throw PassError(pass.name, function: "*", "\(error)")
            }
        }
        if let before { result.origins?.update(from: before, to: result.module) }
        result.statistics[index].duration += duration
        guard changes > 0 else { return }
        record(index, "*", node: "", changes, result.module.functions.reduce(0) { $0 + $1.nodeCount } - nodes)
    }

    /// The first time the whole module, then what changed.
    private mutating func verify(_ name: String, _ changed: Set<String>?) throws {
        defer { isVerified = true }
        do { try result.module.verify(changed: isVerified ? changed : nil) } catch {
            throw PassError("\(name): the module no longer verifies:\n\(error)")
        }
    }

    private mutating func run(_ pass: any Pass, _ step: Pipeline.Step, _ function: String, _ index: Int) throws {
        guard var graph = result.module.function(function), remaining > 0 else { return }
        let (clock, nodes) = (ContinuousClock(), graph.nodeCount)
        var changes = 0
        let duration = try clock.measure {
            do { changes = try pass.run(on: &graph, of: result.module, limit: remaining) } catch {
                throw PassError(pass.name, function: function, "\(error)")
            }
        }
        result.statistics[index].duration += duration
        guard changes > 0 else { return }
        let before = options.recordsOrigins ? result.module : nil
        result.module.setFunction(graph)
        if let before { result.origins?.update(from: before, to: result.module) }
        record(index, function, node: "", changes, graph.nodeCount - nodes)
    }

    private mutating func record(_ index: Int, _ function: String, node: String, _ changes: Int, _ growth: Int) {
        let (step, name) = (result.statistics[index].step, result.statistics[index].name)
        result.statistics[index].matches += changes
        result.statistics[index].nodesAfter += growth
        result.records.append(PatchRecord(step: step, name: name, function: function, node: node, changes: changes))
        remaining -= changes
    }

    private mutating func apply(_ rules: [any Rule], _ step: Pipeline.Step, _ function: String, _ first: Int) throws {
        guard var graph = result.module.function(function), !rules.isEmpty else { return }
        // A terminating set of rules stays far below; a pair of rules that undo each other does not.
        let bound = 1000 + 16 * graph.nodeCount
        let before = result.records.count
        for _ in 0..<Self.maximumSweeps {
            let start = result.records.count
            try sweep(rules, &graph, first, stopAt: before + bound)
            if result.records.count == start || remaining <= 0 {
                if result.records.count > before { result.module.setFunction(graph) }
                return
            }
        }
        let last = result.records.last?.name ?? ""
        throw PassError(step.name, function: function, "no rest in \(Self.maximumSweeps) sweeps; '\(last)' matched last")
    }

    /// Asks the rules about every node in order, and about each node that a patch adds.
    private mutating func sweep(_ rules: [any Rule], _ graph: inout Graph, _ first: Int, stopAt bound: Int) throws {
        for id in graph.order {
            var pending = [id]
            while let next = pending.popLast() {
                guard remaining > 0 else { return }
                guard let added = try applyFirst(of: rules, at: next, &graph, first) else { continue }
                pending.append(next)
                pending.append(contentsOf: added.reversed())
                guard result.records.count < bound else {
                    let last = result.records.last?.name ?? ""
                    throw PassError(last, function: graph.name, "matches without end: no rest in \(bound) patches")
                }
            }
        }
    }

    /// Applies the first rule that matches at `id`; gives the nodes it added, or nil if none matched.
    private mutating func applyFirst(
        of rules: [any Rule], at id: NodeID, _ graph: inout Graph, _ first: Int
    ) throws -> [NodeID]? {
        guard let node = graph.node(id) else { return nil }
        for (offset, rule) in rules.enumerated() {
            if let anchors = rule.anchors, !anchors.contains(node.opName) { continue }
            let (start, nodes) = (ContinuousClock.now, graph.nodeCount)
            defer { result.statistics[first + offset].duration += ContinuousClock.now - start }
            do {
                guard let edits = try edits(of: rule, at: node, graph) else { continue }
                var (gone, replacements): ([NodeID], [(old: ValueID, new: ValueID)]) = ([], edits.replacements)
                var added = try graph.apply(edits, removed: &gone)
                if rule.name == options.fault?.rule { added = try injectFault(added, &graph, &gone, &replacements) }
                result.origins?.update(graph, added: added, gone: gone, replacements, at: id)
                for constant in edits.constants { result.module.setConstant(constant) }
                record(first + offset, graph.name, node: "\(node.opName) '\(node.name)'", 1, graph.nodeCount - nodes)
                if options.verifyEachPatch { try verifyNow(graph, rule.name) }
                return added
            } catch let error as PassError { throw error } catch {
                throw PassError(rule.name, function: graph.name, node: node, "\(error)")
            }
        }
        return nil
    }

    /// Negates what the last of `added` gives, if this patch is the one that is to be wrong; gives the nodes that are there then.
    /// - Parameters:
    ///   - gone: is given the nodes that became dead.
    ///   - replacements: is given the values that were replaced.
    private mutating func injectFault(
        _ added: [NodeID], _ graph: inout Graph, _ gone: inout [NodeID], _ replacements: inout [(old: ValueID, new: ValueID)]
    ) throws -> [NodeID] {
        faultyPatches += 1
        guard faultyPatches == options.fault?.number, let node = added.last.flatMap({ graph.node($0) }), let y = node.outputs.first,
            graph.valueType(of: y).tensor?.dtype.isFloat == true
        else { return added }
        var patch = Patch(for: graph, at: node.id)
        let again = try patch.add(node.op, node.inputs, name: node.name)
        patch.replace(y, with: try patch.apply(Unary<Neg>(), [again[0]], name: node.name))
        for (old, new) in zip(node.outputs, again).dropFirst() { patch.replace(old, with: new) }
        replacements += patch.edits.replacements
        return added.dropLast() + (try graph.apply(patch.edits, removed: &gone))
    }

    /// A function of its own so that the patch, which holds the graph, is gone before the graph is edited.
    private func edits(of rule: any Rule, at node: Node, _ graph: Graph) throws -> Patch.Edits? {
        try rule.patch(at: node, in: graph, of: result.module)?.edits
    }

    private mutating func verifyNow(_ graph: Graph, _ name: String) throws {
        result.module.setFunction(graph)
        if result.module.hasOpenTypes {
            do { try result.module.reinferTypes() } catch { throw PassError("\(name), patch \(result.patchCount): \(error)") }
        }
        try verify("\(name), patch \(result.patchCount)", nil)
    }
}
