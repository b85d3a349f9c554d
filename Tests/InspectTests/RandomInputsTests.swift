import IR
import Inspect
import Testing

@Suite struct RandomInputsTests {
    private let module: Module
    private let graph: Graph

    init() throws {
        module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @three : i64[1] = [3]
                  const @zero : i64[1] = [0]
                  const @five : i64[1] = [5]
                  func @f(%ids: i64[n], %mask: bool[n], %x: f32[n, 4], %table: f32[5, 4]) -> (y: f32[n, 4]) {
                    %0 = gather(%table, %ids) : f32[n, 4] "pick"
                    %1 = add(%0, %x) : f32[n, 4] "sum"
                    return %1
                  }
                  func @wrapped(%ids: i32[n], %table: f32[5, 4]) -> (y: f32[n, 4]) {
                    %0 = cast(%ids) {to: i64} : i64[n] "wide"
                    %1 = less(%0, @zero) : bool[n] "negative"
                    %2 = add(%0, @five) : i64[n] "from-the-end"
                    %3 = where(%1, %2, %0) : i64[n] "index"
                    %4 = gather(%table, %3) : f32[n, 4] "pick"
                    return %4
                  }
                  func @shifted(%ids: i64[n], %table: f32[5, 4]) -> (y: f32[n, 4]) {
                    %0 = add(%ids, @three) : i64[n] "shift"
                    %1 = gather(%table, %0) : f32[n, 4] "pick"
                    return %1
                  }
                  func @positions(%x: f32[b, n, 4], %table: f32[7, 4]) -> (y: f32[b, n, 4]) {
                    %0 = iota() {size: <n>} : i64[n] "count"
                    %1 = gather(%table, %0) : f32[n, 4] "pick"
                    %2 = add(%x, %1) : f32[b, n, 4] "sum"
                    return %2
                  }
                }
                """)
        graph = try #require(module.function("f"))
    }

    private func ids(of function: String) throws -> (values: Set<Int>, text: String) {
        let graph = try #require(module.function(function))
        let made = try RandomInputs(graph, in: module, ["n": 200], seed: 1).make("ids")
        return (Set(made.tensor.integers), made.text)
    }

    @Test func idsLieInTheTablesTheyPickFrom() throws {
        let plain = try ids(of: "f")
        #expect(plain.values == [0, 1, 2, 3, 4] && plain.text == "whole numbers from 0 to 4")
    }

    /// As ONNX counts: below 0 from the end.
    @Test func indicesThatMayCountFromTheEndAreFollowed() throws {
        #expect(try ids(of: "wrapped").values == [0, 1, 2, 3, 4])
    }

    @Test func constantsThatAreAddedCount() throws {
        let shifted = try ids(of: "shifted")
        #expect(shifted.values == [-3, -2, -1, 0, 1] && shifted.text == "whole numbers from -3 to 1")
    }

    /// Otherwise the last positions would lie outside of the table.
    @Test func usualSizesFitTablesOfPositions() throws {
        let graph = try #require(module.function("positions"))
        #expect(TypicalSizes(module).binding(for: graph) == ["n": 7])
        #expect(TypicalSizes(module).binding(forCalling: graph) == ["b": 1, "n": 7])
        #expect(try TypicalSizes(module).binding(for: #require(module.function("f")))["n"] != 7)
    }

    @Test func masksHideNothingAndSeedsDecide() throws {
        func made(_ seed: UInt64) -> RandomInputs { RandomInputs(graph, in: module, ["n": 3], seed: seed) }
        #expect(try made(1).make("mask").tensor == Tensor(zeros: .bool, [3]))
        #expect(try made(1).make("x").tensor == made(1).make("x").tensor && made(1).make("x").tensor != made(2).make("x").tensor)
        #expect(throws: (any Error).self) { try made(1).make("y") }
    }
}
