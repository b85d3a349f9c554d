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

    /// y = silu(x · wᵀ) with a weight of 8 × 4 that is transposed once.
    private func layer() throws -> Graph {
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @w : f32[4, 8]

                  func @f(%x: f32[n, 4]) -> (y: f32[n, 8]) {
                    %0 = transpose(@w) {permutation: [1, 0]} : f32[8, 4]
                    %1 = linear(%x, %0) : f32[n, 8]
                    %2 = reshape(%1) {shape: [n, 8]} : f32[n, 8]
                    %3 = silu(%2) : f32[n, 8]
                    return %3
                  }
                }

                """)
        return try #require(module.function("f"))
    }

    @Test func nodesCostWhatTheyReadAndWrite() throws {
        let costs = try FunctionCosts(layer(), ["n": 100])
        #expect(costs.nodes.count == 4)
        #expect(costs.nodes[0] == nil, "a node of constants alone is computed once")
        let product = try #require(costs.nodes[1])
        #expect(product.flops == 2 * 100 * 8 * 4)
        #expect(product.weightBytes == 8 * 4 * 4)
        #expect(product.operandBytes == 100 * 4 * 4)
        #expect(product.resultBytes == 100 * 8 * 4)
        let view = try #require(costs.nodes[2])
        #expect(view.bytes == 0)
        #expect(view.intensity == 0)
        let whole = try CallCost(layer(), ["n": 100])
        #expect(Int(costs.flops) == whole.flops)
        #expect(throws: BindingError.self) { try FunctionCosts(layer(), [:]) }
    }

    @Test func peaksBoundANode() {
        let peaks = MachinePeaks(f32Flops: 100, bf16Flops: nil, i8Ops: 400, bytesPerSecond: 10, threads: 1)
        let heavy = NodeCost(flops: 1000, weightBytes: 10, operandBytes: 0, resultBytes: 0)
        #expect(heavy.bound(on: peaks) == .compute)
        #expect(heavy.leastSeconds(on: peaks) == 10)
        let wide = NodeCost(flops: 1000, weightBytes: 100, operandBytes: 50, resultBytes: 50)
        #expect(wide.bound(on: peaks) == .memory)
        #expect(wide.leastSeconds(on: peaks) == 20)
        #expect(NodeCost(flops: 4000, weightBytes: 1, operandBytes: 0, resultBytes: 0, product: .i8).leastSeconds(on: peaks) == 10)
        #expect(NodeCost(flops: 4000, weightBytes: 1, operandBytes: 0, resultBytes: 0, product: .bf16).bound(on: peaks) == .memory)
    }
}
