import IR
import Testing

@testable import Passes

/// What nodes were made of, and what rules nearly took.
@Suite struct NearMissTests {
    private func module(_ body: String, _ results: String = "y: f32[n, 4]", _ returned: String) throws -> Module {
        try Module(
            parsing: """
                module @m stage(imported) {
                  const @w : f32[4, 4] = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0]
                  const @b : f32[4] = [1.0, 2.0, 3.0, 4.0]
                  func @main(%x: f32[n, 4]) -> (\(results)) {
                \(body)
                    return \(returned)
                  }
                }
                """)
    }

    @Test func aValueWithOtherReadersIsToldOf() throws {
        let module = try module(
            """
                %0 = linear(%x, @w) : f32[n, 4] "fc"
                %1 = gelu(%0) : f32[n, 4] "act"
            """, "y: f32[n, 4], z: f32[n, 4]", "%1, %0")
        let clean = try PassManager.run(module, .clean).module
        let misses = NearMiss.all(in: clean, [.clean])
        let miss = try #require(misses.first { $0.rule == "fuse-linear-activation" }, "\(misses)")
        #expect(miss.node == "gelu 'act'" && miss.reason.contains("result 0 of linear 'fc' is a result of the function"), "\(miss)")
    }

    @Test func anotherOperatorIsToldOf() throws {
        // A layer norm whose variance is taken without its square.
        let module = try module(
            """
                %0 = reduce_mean(%x) {axes: [-1], keep_dims: true} : f32[n, 1] "mean"
                %1 = sub(%x, %0) : f32[n, 4] "centred"
                %2 = abs(%1) : f32[n, 4] "spread"
                %3 = reduce_mean(%2) {axes: [-1], keep_dims: true} : f32[n, 1] "variance"
                %4 = fill() {shape: [], value: 1e-5, dtype: f32} : f32[] "eps"
                %5 = add(%3, %4) : f32[n, 1] "shifted"
                %6 = sqrt(%5) : f32[n, 1] "deviation"
                %7 = div(%1, %6) : f32[n, 4] "norm"
            """, "y: f32[n, 4]", "%7")
        let misses = NearMiss.all(in: try PassManager.run(module, .clean).module, [.clean])
        let miss = try #require(misses.first { $0.rule == "fuse-layer-norm" }, "\(misses)")
        #expect(miss.reason.contains("abs 'spread'") && miss.matched >= 4, "\(miss)")
    }

    @Test func whatMatchesIsNoNearMiss() throws {
        let module = try module(
            """
                %0 = linear(%x, @w) : f32[n, 4] "fc"
                %1 = gelu(%0) : f32[n, 4] "act"
            """, "y: f32[n, 4]", "%1")
        let clean = try PassManager.run(module, .clean).module
        #expect(NearMiss.all(in: clean, [.clean]).isEmpty)
    }

    @Test func fusedNodesKnowWhatTheyWere() throws {
        let module = try module(
            """
                %0 = linear(%x, @w) : f32[n, 4] "fc"
                %1 = add(%0, @b) : f32[n, 4] "bias"
                %2 = gelu(%1) : f32[n, 4] "act"
                %3 = add(%2, %x) : f32[n, 4] "sum"
            """, "y: f32[n, 4]", "%3")
        var options = PassOptions()
        options.recordsOrigins = true
        let result = try PassManager.run(module, .clean, options)
        let graph = try #require(result.module.function("main"))
        #expect(graph.nodeCount == 1)
        let origins = try #require(result.origins)
        #expect(
            Set(graph.nodes.flatMap { origins.sources(of: $0, in: "main") }) == ["linear 'fc'", "add 'bias'", "gelu 'act'", "add 'sum'"])
        // Its result is that of the last.
        let main = try #require(module.function("main"))
        #expect(Set(graph.nodes.flatMap { origins.nodes(behind: $0, in: "main") }) == Set(main.order))
        #expect(origins.value(behind: graph.outputs[0].value, in: "main") == main.outputs[0].value)
        #expect(origins.value(behind: graph.inputs[0], in: "main") == main.inputs[0])
        #expect(try PassManager.run(module, .clean).origins == nil)
    }
}
