import IR
import Inspect
import Testing

@Suite struct CostTests {
    @Test func costCountsLiveValues() throws {
        // y = silu(x + x) over f32[n]: two operands alive with the result of each step at most.
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  func @f(%x: f32[n]) -> (y: f32[n]) {
                    %0 = add(%x, %x) : f32[n]
                    %1 = silu(%0) : f32[n]
                    return %1
                  }
                }

                """)
        let graph = try #require(module.function("f"))
        #expect(graph.symbols == ["n"])
        let cost = try CallCost(graph, ["n": 100])
        #expect(cost.workingBytes == 800)
        #expect(cost.flops >= 200)
        #expect(throws: BindingError.self) { try CallCost(graph, [:]) }
    }
}
