import IR
import Passes
import TestSupport
import Testing

@testable import Runtime

/// What a session tells of its nodes while it runs.
@Suite struct NodeResultTests {
    private static func text(outputs: String, types: String) -> String {
        """
        module @m stage(clean) {
          const @w : f32[8, 8]
          func @f(%x: f32[n, 8]) -> (\(types)) {
            %0 = linear(%x, @w) : f32[n, 8] "fc"
            %1 = relu(%0) : f32[n, 8] "relu"
            %2 = mul(%1, %0) : f32[n, 8] "mul"
            %3 = exp(%2) : f32[n, 8] "exp"
            %4 = concat(%3, %1) {axis: 1} : f32[n, 16] "both"
            %5 = transpose(%4) {permutation: [1, 0]} : f32[16, n] "turned"
            %6 = softmax(%5) {axis: 0} : f32[16, n] "soft"
            return \(outputs)
          }
        }
        """
    }

    private let whole: Module
    private let tapped: Module
    private let x: Tensor

    init() throws {
        var draw = SampleTensors(seed: 9)
        let weight = draw.floats([8, 8])
        func read(_ text: String) throws -> Module {
            var module = try Module(parsing: text)
            module.setConstant(Constant(key: "w", weight))
            return module
        }
        whole = try read(Self.text(outputs: "%6", types: "y: f32[16, n]"))
        tapped = try read(
            Self.text(
                outputs: "%0, %1, %2, %3, %4, %6",
                types: "fc: f32[n, 8], relu: f32[n, 8], mul: f32[n, 8], exp: f32[n, 8], both: f32[n, 16], soft: f32[16, n]"))
        x = draw.floats([5, 8])
    }

    @Test func areWhatTheNodesCompute() throws {
        let expected = try Interpreter.run(tapped, "f", ["x": x])
        let session = Session(try Plan(whole))
        var told: [String: Tensor] = [:]
        session.onResult = { told[$0.node] = $0.tensor }
        let watched = try session.run("f", ["x": x])
        // Those that a later operator of the same step writes over need not be told of.
        #expect(Set(told.keys).isSuperset(of: ["fc", "exp", "soft"]), "\(told.keys.sorted())")
        for (name, tensor) in told where expected[name] != nil {
            let other = try #require(expected[name])
            #expect(tensor.shape == other.shape && deviation(tensor, other) < 1e-5, "\(name)")
        }
        session.onResult = nil
        #expect(try session.run("f", ["x": x]) == watched)
    }

    @Test func anErrorOfTheListenerEndsTheRun() throws {
        struct Enough: Error {}
        let session = Session(try Plan(whole))
        var count = 0
        session.onResult = { _ in
            count += 1
            if count == 2 { throw Enough() }
        }
        #expect(throws: Enough.self) { try session.run("f", ["x": x]) }
        #expect(count == 2)
    }
}
