import Foundation
import IR
import Passes
import TestSupport
import Testing

/// Gradients as PyTorch gives them (`Tests/Derivatives/torch_values.py`), where differences say nothing too: equal elements, zeros, kinks.
@Suite("Gradients of PyTorch") struct TorchGradientTests {
    struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        struct Values: Decodable, Sendable {
            let shape: [Int]
            let values: [Double]
        }

        let name, ir: String
        let inputs, gradients: [String: Values]
        let loss: Double

        var testDescription: String { name }

        static let all: [Golden] = {
            let file = CaseFile.folder.deletingLastPathComponent().appendingPathComponent("Derivatives/torch.json")
            return (try? JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))) ?? []
        }()
    }

    @Test func areThere() { #expect(Golden.all.count >= 30) }

    @Test("agrees", arguments: Golden.all)
    func agrees(_ golden: Golden) throws {
        let module = try Module(parsing: golden.ir)
        let request = GradientRequest(parameters: golden.gradients.keys.sorted().map { NamePattern(exactly: "%" + $0) })
        let made = try PassManager.run(module, .gradient(request, stage: module.stage)).module
        let graph = try #require(made.function("gradient.main"))
        let inputs = try golden.inputs.reduce(into: [String: Tensor]()) { inputs, input in
            let type = graph.type(of: try #require(graph.input(named: input.key)))
            inputs[input.key] = Tensor(input.value.values, input.value.shape, as: type.dtype)
        }
        let results = try Interpreter.run(made, "gradient.main", inputs)
        #expect(results.count == golden.gradients.count + 1)
        #expect(abs((results["loss"]?.doubles.first ?? .nan) - golden.loss) <= 1e-10 * max(abs(golden.loss), 1))
        for (name, expected) in golden.gradients {
            let distance = deviation(try #require(results["grad." + name]), Tensor(expected.values, expected.shape, as: .f64))
            #expect(distance <= 1e-10, "\(name) deviates by \(distance)")
        }
    }
}
