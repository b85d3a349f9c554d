import IR
import Passes
import Synchronization
import TestSupport
import Testing

/// Replaces a node by itself, for ever.
private struct Restless: Rule {
    let name = "restless"
    let documentation = "Never at rest."
    let promise = Promise.exact
    let anchors: Set<String>? = ["exp"]

    func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        var patch = Patch(for: graph, at: node.id)
        patch.replace(node.outputs[0], with: try patch.apply(node.op, node.inputs, name: node.name))
        return patch
    }
}

/// Proposes a value of another type.
private struct IllTyped: Rule {
    let name = "ill-typed"
    let documentation = "Proposes what does not fit."
    let promise = Promise.exact
    let anchors: Set<String>? = ["exp"]

    func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        var patch = Patch(for: graph, at: node.id)
        patch.replace(node.outputs[0], with: try patch.apply(Cast(to: .f16), node.inputs, name: node.name))
        return patch
    }
}

/// Makes a function read what does not exist.
private struct BreakTypes: Pass {
    let name = "break-module"
    let documentation = "Reads a constant that the module lacks."
    let promise = Promise.exact

    func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        guard let node = graph.nodes.first else { return 0 }
        let missing = try graph.constant("missing", graph.type(of: node.outputs[0]))
        graph.replaceUses(of: node.outputs[0], with: missing)
        let kept = try graph.apply(Unary<Exp>(), [missing], name: "reader")
        try graph.addOutput("extra", kept)
        return 1
    }
}

@Suite("PassManager") struct PassManagerTests {
    private let module: Module

    init() throws {
        module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @one : f32[] = [1.0]
                  const @unused : f32[2] = [1.0, 2.0]
                  func @main(%x: f32[n, 4]) -> (y: f32[n, 4]) {
                    %0 = mul(%x, @one) : f32[n, 4] "times.one"
                    %1 = exp(%0) : f32[n, 4] "work"
                    %2 = neg(%1) : f32[n, 4] "minus"
                    %3 = mul(%2, @one) : f32[n, 4] "again"
                    return %3
                  }
                }
                """)
    }

    private func onlyRules(_ rules: any Rule...) -> Pipeline {
        Pipeline("test", stage: .clean, [Step("all", rules, because: "Test.")])
    }

    @Test func setsTheStageAndDropsUnusedConstants() throws {
        let result = try PassManager.run(module, .clean)
        #expect(result.module.stage == .clean)
        #expect(result.module.constants.isEmpty)
        #expect(result.module.function("main")?.nodes.map(\.name) == ["work", "minus"])
        #expect(result.patchCount == 2)
        #expect(result.records.map(\.node) == ["mul 'times.one'", "mul 'again'"])
    }

    @Test func countsMatchesAndNodes() throws {
        let statistics = try PassManager.run(module, .clean).statistics
        let identities = try #require(statistics.first { $0.name == "identities" })
        #expect(identities.matches == 2)
        #expect(identities.nodesBefore == 4 && identities.nodesAfter == 2)
        #expect(identities.step == "tidy" && identities.stepIndex == 5)
        #expect(statistics.filter { $0.name != "identities" }.allSatisfy { $0.matches == 0 })
    }

    @Test func leavesOutDisabledRules() throws {
        let result = try PassManager.run(module, .clean, PassOptions(disabled: ["identities"]))
        #expect(result.module.function("main") == module.function("main"))
        #expect(!result.statistics.contains { $0.name == "identities" })
    }

    @Test func refusesUnknownNames() throws {
        let error = #expect(throws: PassError.self) {
            try PassManager.run(module, .clean, PassOptions(disabled: ["fuse-atention"]))
        }
        let text = try #require(error?.description)
        #expect(text.contains("'fuse-atention'") && text.contains("fuse-attention") && text.contains("dead-code"))
    }

    @Test(arguments: [0, 1, 2, 9]) func stopsAfter(_ count: Int) throws {
        let result = try PassManager.run(module, .clean, PassOptions(stopAfter: count))
        #expect(result.patchCount == min(count, 2))
        #expect(result.module.function("main")?.nodeCount == 4 - min(count, 2))
        try result.module.verify()
    }

    @Test func dumpsAfterEachStep() throws {
        let seen = Mutex<[String]>([])
        let options = PassOptions { index, name, module in
            seen.withLock { $0.append("\(index) \(name) \(module.function("main")?.nodeCount ?? -1)") }
        }
        _ = try PassManager.run(module, .clean, options)
        let dumps = seen.withLock { $0 }
        #expect(dumps.count == Pipeline.clean.steps.count)
        #expect(dumps.prefix(2) == ["0 dead-code 4", "1 known-sizes 4"] && dumps[5] == "5 tidy 2")
    }

    /// A dense layer behind a product with one: a patch of the clean pipeline, then one of the precision's.
    @Test func pipelinesOneAfterAnotherShareTheirOptions() throws {
        var module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @one : f32[] = [1.0]
                  const @w : f32[32, 128]
                  func @main(%x: f32[n, 128]) -> (y: f32[n, 32]) {
                    %0 = mul(%x, @one) : f32[n, 128]
                    %1 = linear(%0, @w, _) : f32[n, 32]
                    return %1
                  }
                }
                """)
        module.setConstant(Constant(key: "w", Tensor([Float](repeating: 0.5, count: 32 * 128), [32, 128])))
        let both: [Pipeline] = [.clean, .precision(.int8, halfRange: false)]
        func names(_ options: PassOptions) throws -> [String] {
            try PassManager.run(module, both, options).module.function("main")?.nodes.map(\.opName) ?? []
        }
        let rounded = ["dequantize", "dynamic_quantize", "dequantize", "linear"]
        #expect(try names(PassOptions()) == rounded)
        #expect(try names(PassOptions(disabled: ["quantize-linear"])) == ["linear"])
        #expect(try names(PassOptions(disabled: ["identities"])) == ["mul"] + rounded)
        #expect(try [0, 1, 2].map { try names(PassOptions(stopAfter: $0)) } == [["mul", "linear"], ["linear"], rounded])
        let seen = Mutex<[String]>([])
        let result = try PassManager.run(module, both, PassOptions { index, name, _ in seen.withLock { $0.append("\(index) \(name)") } })
        let steps = both.flatMap(\.steps).map(\.name)
        #expect(seen.withLock { $0 } == steps.enumerated().map { "\($0) \($1)" })
        #expect(result.records.map(\.name) == ["identities", "quantize-linear"])
        #expect(result.statistics.last?.stepIndex == steps.count - 1)
        let error = #expect(throws: PassError.self) { try names(PassOptions(disabled: ["cast-linear-weights"])) }
        #expect(error?.description.contains("'cast-linear-weights'") == true)
    }

    @Test func namesTheRuleThatFails() throws {
        let error = #expect(throws: PassError.self) { try PassManager.run(module, onlyRules(IllTyped())) }
        let text = try #require(error?.description)
        #expect(text.hasPrefix("ill-typed: in function 'main' at exp 'work'"))
    }

    @Test func endsRulesThatNeverRest() throws {
        let error = #expect(throws: PassError.self) { try PassManager.run(module, onlyRules(Restless())) }
        #expect(error?.description.contains("restless") == true)
    }

    @Test func verifiesAfterEachStep() throws {
        let pipeline = Pipeline("test", stage: .clean, [Step(BreakTypes(), because: "Test.")])
        let error = #expect(throws: PassError.self) { try PassManager.run(module, pipeline) }
        let text = try #require(error?.description)
        #expect(text.hasPrefix("break-module:") && text.contains("@missing"))
    }

    @Test func isIdempotent() throws {
        let once = try PassManager.run(module, .clean).module
        let twice = try PassManager.run(once, .clean)
        #expect(twice.module == once && twice.patchCount == 0)
    }
}

private typealias Step = Pipeline.Step
