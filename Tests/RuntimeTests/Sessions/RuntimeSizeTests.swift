import IR
import Testing

@testable import Runtime

/// What inference cannot decide while sizes are symbols is decided before a kernel reads or writes.
@Suite struct RuntimeSizeTests {
    private struct Case {
        let text: String
        let inputs: [String: Tensor]

        init(_ signature: String, _ body: String, _ inputs: [String: Tensor]) {
            text = "module @m {\n  func @f\(signature) {\n    \(body)\n  }\n}\n"
            self.inputs = inputs
        }
    }

    private static let cases = [
        Case(
            "(%x: f32[n, 4], %i: i64[m, 4], %u: f32[m, 4]) -> (y: f32[n, 4])",
            "%0 = scatter_elements(%x, %i, %u) {axis: 1} : f32[n, 4]\nreturn %0",
            ["x": Tensor(zeros: .f32, [2, 4]), "i": Tensor(zeros: .i64, [1000, 4]), "u": Tensor(zeros: .f32, [1000, 4])]),
        Case(
            "(%x: f32[n, 4], %i: i64[m, 4]) -> (y: f32[m, 4])", "%0 = gather_elements(%x, %i) {axis: 1} : f32[m, 4]\nreturn %0",
            ["x": Tensor(zeros: .f32, [2, 4]), "i": Tensor(zeros: .i64, [1000, 4])]),
        Case(
            "(%x: f32[n]) -> (y: f32[100000 + n])",
            "%0 = pad(%x) {after: [0], before: [100000], mode: \"reflect\"} : f32[100000 + n]\nreturn %0", ["x": Tensor(zeros: .f32, [2])]),
        Case(
            "(%x: f32[n]) -> (y: f32[1 + n])", "%0 = pad(%x) {after: [1], before: [0], mode: \"edge\"} : f32[1 + n]\nreturn %0",
            ["x": Tensor(zeros: .f32, [0])]),
        Case(
            "(%x: f32[n]) -> (v: f32[5], i: i64[5])", "%0, %1 = top_k(%x) {axis: 0, k: 5} : f32[5], i64[5]\nreturn %0, %1",
            ["x": Tensor(zeros: .f32, [3])]),
    ]

    @Test(arguments: 0..<cases.count) func sizesThatDoNotFitAreRefused(index: Int) throws {
        let session = Session(try Plan(try Module(parsing: Self.cases[index].text)))
        let error = #expect(throws: RuntimeError.self) { try session.run("f", Self.cases[index].inputs) }
        #expect(error?.cause == .call && error?.node != nil, "\(error.map(String.init(describing:)) ?? "")")
    }

    @Test func statesShareNoMemory() throws {
        let text = """
            module @m {
              func @f(%a: f32[2], %b: f32[2]) -> (a: f32[2], b: f32[2]) {
                %0 = neg(%a) : f32[2]
                %1 = neg(%b) : f32[2]
                return %0, %1
              }
            }
            """
        let session = Session(try Plan(try Module(parsing: text)))
        let bytes = Bytes(zeroed: 8)
        let states = try ["a", "b"].map { _ in try #require(StateTensor(.f32, [2], adopting: bytes)) }
        #expect(throws: RuntimeError.self) { try session.run("f", [:], states: ["a": states[0], "b": states[1]]) }
        let view = try #require(states[0].view)
        #expect(throws: RuntimeError.self) { try session.run("f", ["b": view], states: ["a": states[0]]) }
    }
}
