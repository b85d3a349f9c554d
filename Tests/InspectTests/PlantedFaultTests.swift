import FourMModels
import IR
import Inspect
import Passes
import Runtime
import TestSupport
import Testing

/// Faults planted in random networks are named: by comparison, by bisection, and by reduction to the layer.
@Suite struct PlantedFaultTests {
    private static let seeds = UInt64(1)...36
    /// Some random networks have nothing to fuse.
    private static let bisected = UInt64(1)...60

    private func inputs(_ module: Module) throws -> [String: Tensor] {
        let graph = try #require(module.function("main"))
        return ["x": try RandomInputs(graph, in: module, ["n": 5], seed: 3).make("x").tensor]
    }

    private func trace(_ module: Module, _ options: PassOptions) throws -> NodeTrace {
        let session = Session(try ModelLoader.plan(module, options, precision: .f32))
        let trace = NodeTrace()
        trace.listen(to: session, function: "main")
        _ = try session.run("main", inputs(module))
        return trace
    }

    @Test(arguments: seeds) func comparisonNamesTheLayer(_ seed: UInt64) throws {
        let network = RandomNetwork(seed: seed)
        let kinds = RandomNetwork.Fault.allCases
        guard let planted = network.planting(kinds[Int(seed) % kinds.count], seed: seed) else { return }
        let plain = PassOptions(stopAfter: 0)
        let comparison = NodeComparison(try trace(network.module(), plain), try trace(planted.network.module(), plain))
        #expect(comparison.firstDivergence(1e-4)?.node == planted.node, "seed \(seed)")
        // With all rules, the first node that differs was made of the layer.
        let fused = NodeComparison(try trace(network.module(), PassOptions()), try trace(planted.network.module(), PassOptions()))
        let first = try #require(fused.firstDivergence(1e-4), "seed \(seed)")
        var recording = PassOptions()
        recording.recordsOrigins = true
        let result = try ModelLoader.rewritten(network.module(), to: .lowered, recording)
        let graph = try #require(result.module.function("main"))
        let sources = graph.nodes.filter { $0.name == first.node }.flatMap { result.origins?.sources(of: $0, in: "main") ?? [] }
        #expect(
            sources.contains { $0.hasSuffix("'\(planted.node)'") }, "seed \(seed): \(first.node) of \(sources), planted \(planted.node)")
    }

    @Test func enoughFaultsOfEachKindArePlanted() {
        let kinds = RandomNetwork.Fault.allCases
        let planted = Self.seeds.filter { RandomNetwork(seed: $0).planting(kinds[Int($0) % kinds.count], seed: $0) != nil }
        #expect(planted.count >= 30)
        #expect(Set(planted.map { $0 % UInt64(kinds.count) }).count == kinds.count)
    }

    /// Networks without any would pass the tests below unseen.
    @Test func enoughNetworksHaveFusions() throws {
        let fused = try Self.bisected.filter { seed in
            try RewriteSearch(RandomNetwork(seed: seed).module(), PassOptions(), precision: .f32).records.contains {
                $0.name.hasPrefix("fuse-")
            }
        }
        #expect(fused.count >= 30, "\(fused.count)")
        let reducible = try (UInt64(1)...8).filter { seed in
            try RewriteSearch(RandomNetwork(seed: seed).module(), PassOptions(), precision: .f32).records
                .contains { $0.name == "fuse-linear-residual" || $0.name == "fuse-linear-activation" }
        }
        #expect(reducible.count >= 4, "\(reducible.count)")
    }

    @Test(arguments: bisected) func bisectionNamesTheRewrite(_ seed: UInt64) throws {
        let module = try RandomNetwork(seed: seed).module()
        let clean = try RewriteSearch(module, PassOptions(), precision: .f32)
        let fusions = clean.records.filter { $0.name.hasPrefix("fuse-") }
        guard !fusions.isEmpty else { return }
        let wanted = fusions[Int(seed) % fusions.count]
        let number = fusions.filter { $0.name == wanted.name }.firstIndex(of: wanted).map { $0 + 1 } ?? 1
        var options = PassOptions()
        options.fault = InjectedFault(rule: wanted.name, number: number)
        let check = ToleranceCheck(function: "main", options: options, inputs: try inputs(module))
        let right = try check.right(module)
        let search = try RewriteSearch(module, options, precision: .f32)
        let culprit = try #require(try search.first { try check.error(module, right, after: $0) <= 1e-4 }, "seed \(seed)")
        #expect(
            culprit.rule == wanted.name && culprit.node == wanted.node && culprit.function == "main", "seed \(seed): \(culprit), \(wanted)")
        #expect(
            try clean.first { try ToleranceCheck(function: "main", inputs: inputs(module)).error(module, right, after: $0) <= 1e-4 } == nil)
    }

    /// A command sees text: of the clean stage, and of the lowered one where nothing before it is to blame.
    @Test(arguments: UInt64(1)...12) func rewritesOfLoweringAreSearchedToo(_ seed: UInt64) throws {
        let search = try RewriteSearch(RandomNetwork(seed: seed).module(), PassOptions(), precision: .f32)
        guard search.clean < search.total else { return }
        func packs(_ module: Module) -> Bool { module.functions.contains { $0.nodes.contains { $0.op is Pack } } }
        var stages: [Module.Stage] = []
        let found = try search.first { _, module in
            stages.append(module.stage)
            return !packs(module)
        }
        #expect(stages.first == .clean && found.seesLowering)
        guard try packs(search.module(after: search.total, at: .lowered)) else { return }
        let culprit = try #require(found.culprit)
        #expect(culprit.number > search.clean && culprit.number <= search.total && culprit.rule == "pack-weights", "\(culprit)")
        #expect(try !packs(search.module(after: culprit.number - 1, at: .lowered)))
        let blind = try search.first { _, module in module.stage != .lowered }
        #expect(blind.culprit == nil && !blind.seesLowering)
        #expect(throws: WorkError.self) { try search.first { _, _ in false } }
    }

    /// As evaluation gives them, whatever took a step of its own.
    @Test(arguments: UInt64(1)...12) func valuesOfTheWholeAreThoseOfEvaluation(_ seed: UInt64) throws {
        let module = try RandomNetwork(seed: seed).module()
        let graph = try #require(module.function("main"))
        let given = try inputs(module)
        let values = try ToleranceCheck(function: "main", inputs: given).values(module)
        var (known, all) = (0, 0)
        _ = try Interpreter.run(module, "main", values: given.mapValues { .tensor($0) }) { _, node, results in
            for (value, result) in zip(node.outputs, results) {
                all += 1
                guard let tensor = values.tensors[value], let right = result.tensor else { continue }
                known += 1
                #expect(NodeComparison.difference(right, tensor).error < 1e-3, "seed \(seed): \(node.opName) '\(node.name)'")
            }
        }
        #expect(values.tensors[graph.inputs[0]] == given["x"])
        #expect(known * 2 > all, "\(known) of \(all)")
    }

    @Test(arguments: UInt64(1)...8) func reductionLeavesTheRewrittenLayer(_ seed: UInt64) throws {
        let module = try RandomNetwork(seed: seed).module()
        let records = try RewriteSearch(module, PassOptions(), precision: .f32).records
        guard let wanted = records.first(where: { $0.name == "fuse-linear-residual" || $0.name == "fuse-linear-activation" }) else {
            return
        }
        var options = PassOptions()
        options.fault = InjectedFault(rule: wanted.name, number: 1)
        let check = ToleranceCheck(function: "main", reference: .evaluate, options: options)
        let values = try check.values(module)
        var reducer = Reducer { try check.error(of: $0, in: values) > 1e-3 }
        let part = try reducer.reduce(module, function: "main")
        let made = part.module
        let graph = try #require(made.function("main"))
        // The layer and what is fused into it; no size is left that could be smaller.
        #expect(graph.nodeCount <= 2 && graph.nodes.contains { $0.op is Linear }, "seed \(seed): \(graph)")
        #expect(made.fixedSizesAtMost(4), "seed \(seed): \(made)")
        #expect(try check.error(of: part, in: values) > 1e-3)
        #expect(throws: WorkError.self) {
            var idle = Reducer { _ in false }
            _ = try idle.reduce(module, function: "main")
        }
    }
}

extension Module {
    fileprivate func fixedSizesAtMost(_ most: Int) -> Bool {
        constants.values.flatMap(\.type.shape).compactMap(\.value).allSatisfy { $0 <= most }
    }
}
