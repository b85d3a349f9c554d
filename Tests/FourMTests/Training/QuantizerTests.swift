import Formats
import Foundation
import IR
import Importers
import Passes
import TestSupport
import Testing

@testable import FourMModels

/// Quantizers while they are trained, as ml-4m computes them (`Tests/Quantizers/quantizers.py`).
@Suite("Quantizers in training") struct QuantizerTests {
    struct Values: Decodable, Sendable {
        let shape: [Int]
        let values: [Double]

        var tensor: Tensor { Tensor(values, shape, as: .f64) }
    }

    struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let settings: [String: Setting]
        let isStarted: Bool
        let input, scale: Values
        let before, after, gradients: [String: Values]
        let picks: [[Int]]
        let loss, code: Double
        let tokens: [Int]

        var testDescription: String { name }
    }

    /// A value of a configuration.
    enum Setting: Decodable, Sendable {
        case flag(Bool), number(Double), text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var value: ConfigValue {
            switch self {
            case .flag(let flag): .bool(flag)
            case .number(let number): .double(number)
            case .text(let text): .string(text)
            }
        }
    }

    struct Loss: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let result, target, gradient: Values
        let loss: Double

        var testDescription: String { name }
    }

    static let goldens: [Golden] = read("quantizers")
    static let losses: [Loss] = read("losses")

    private static func read<Item: Decodable>(_ name: String) -> [Item] {
        let file = CaseFile.folder.deletingLastPathComponent().appendingPathComponent("Quantizers/\(name).json")
        return (try? JSONDecoder().decode([Item].self, from: Data(contentsOf: file))) ?? []
    }

    @Test func areThere() { #expect(Self.goldens.count >= 20 && Self.losses.count == ReconstructionLoss.allCases.count) }

    @Test("a batch", arguments: goldens)
    func batch(_ golden: Golden) throws {
        let settings = try golden.quantizer
        var module = try golden.module
        var picks = golden.picks
        if golden.isStarted {
            let started = try CodebookStart.added(to: module, settings)
            let first = CodebookPicks.given(picks.removeFirst(), codes: settings.size)
            let buffers = try Interpreter.run(started, CodebookStart.function, ["image": golden.input.tensor, "codebook.picks": first])
            for (key, tensor) in buffers { module.setConstant(Constant(key: key, tensor)) }
        }
        let results = try golden.results(of: module, settings, picks: picks.first ?? [])
        close(results["loss"], golden.loss)
        close(results["loss.code"], golden.code)
        #expect(results["tokens"]?.integers == golden.tokens)
        for (key, expected) in golden.after {
            let distance = deviation(try #require(results[key], "\(key)"), expected.tensor)
            #expect(distance <= 1e-9, "\(key) deviates by \(distance)")
        }
        for (key, expected) in golden.gradients {
            let distance = deviation(try #require(results["grad.\(key)"], "\(key)"), try #require(expected.tensor.reshaped(golden.shape(of: key))))
            #expect(distance <= 1e-9, "the gradient of \(key) deviates by \(distance)")
        }
    }

    @Test("a loss", arguments: losses)
    func loss(_ golden: Loss) throws {
        let loss = try #require(ReconstructionLoss(rawValue: golden.name))
        let isOfClasses = loss == .crossEntropy
        var graph = Graph(name: "main")
        let result = try graph.addInput("result", TensorType(.f64, golden.result.shape.map { Dim($0) }))
        let target = try graph.addInput("target", TensorType(isOfClasses ? .i64 : .f64, golden.target.shape.map { Dim($0) }))
        let builder = GradientBuilder(graph)
        try builder.addOutput("loss", loss.loss(builder.traced(result), builder.traced(target)))
        var module = Module(name: "loss")
        module.setFunction(builder.graph)
        let made = try PassManager.run(module, .gradient(GradientRequest(parameters: [NamePattern(exactly: "%result")]))).module
        let given = Tensor(golden.target.values, golden.target.shape, as: isOfClasses ? .i64 : .f64)
        let results = try Interpreter.run(made, "gradient.main", ["result": golden.result.tensor, "target": given])
        close(results["loss"], golden.loss)
        #expect(deviation(try #require(results["grad.result"]), golden.gradient.tensor) <= 1e-10)
    }

    private func close(_ found: Tensor?, _ expected: Double) {
        #expect(abs((found?.doubles.first ?? .nan) - expected) <= 1e-10 * max(abs(expected), 1))
    }
}

extension QuantizerTests.Golden {
    var quantizer: QuantizerSettings {
        get throws {
            let fields = settings.map { (key: $0.key, value: $0.value.value) }
            return try QuantizerSettings(Config(.dict(ConfigDictionary(fields)), file: "settings"))
        }
    }

    /// A tokenizer whose encoder scales channels and whose decoder does nothing.
    var module: Module {
        get throws {
            let channels = input.shape[1]
            var module = try Module(
                parsing: """
                    module @quantizer stage(imported) {
                      const @scale : f64[\(channels), 1, 1]
                      func @tokenize(%image: f64[b, \(channels), h, w]) -> (latents: f64[b, \(channels), h, w]) {
                        %0 = mul(%image, @scale) : f64[b, \(channels), h, w]
                        return %0
                      }
                      func @decode_quant(%quant: f64[b, \(channels), h, w]) -> (decoded: f64[b, \(channels), h, w]) {
                        return %quant
                      }
                    }
                    """)
            module.setConstant(Constant(key: "scale", Tensor(scale.values, [channels, 1, 1], as: .f64)))
            for (key, value) in before { module.setConstant(Constant(key: key, value.tensor)) }
            return module
        }
    }

    func shape(of key: String) -> [Int] { key == "scale" ? [scale.shape[0], 1, 1] : gradients[key]?.shape ?? [] }

    /// Of the loss with its gradients.
    func results(of module: Module, _ settings: QuantizerSettings, picks: [Int]) throws -> [String: Tensor] {
        let made = try VQVAELoss(.mse, codebookWeight: 0.7).added(to: module, settings)
        let request = GradientRequest(
            function: VQVAELoss.function, parameters: gradients.keys.sorted().map { NamePattern(exactly: $0) }, keepsResults: true)
        let whole = try PassManager.run(made, .gradient(request, stage: made.stage)).module
        var inputs = ["image": input.tensor]
        if settings.takesPicks { inputs["codebook.picks"] = CodebookPicks.given(picks, codes: settings.size) }
        return try Interpreter.run(whole, "gradient.\(VQVAELoss.function)", inputs)
    }
}

/// Rows that are drawn for codes.
@Suite("Picks for codes") struct CodebookPicksTests {
    private let random = CounterRandom(seed: 3)

    @Test func areDifferentWhereThereAreEnough() {
        let picks = CodebookPicks.drawn(rows: 40, codes: 30, random).integers
        #expect(Set(picks).count == 30 && picks.allSatisfy { (0..<40).contains($0) })
        #expect(CodebookPicks.drawn(rows: 40, codes: 30, random).integers == picks)
        #expect(CodebookPicks.drawn(rows: 40, codes: 30, random.substream(1)).integers != picks)
    }

    @Test func takeEachBeforeAnyComesAgain() {
        let picks = CodebookPicks.drawn(rows: 5, codes: 12, random).integers
        #expect(picks.count == 12 && Set(picks.prefix(5)).count == 5 && picks.allSatisfy { (0..<5).contains($0) })
        #expect(CodebookPicks.drawn(rows: 0, codes: 2, random).integers == [0, 0])
    }

    @Test func thatAreGivenAreFilledUp() { #expect(CodebookPicks.given([4, 2], codes: 4).integers == [4, 2, 0, 0]) }
}
