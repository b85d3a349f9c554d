import Files
import Formats
import Foundation
import IR
import Importers
import Inspect
import TestSupport
import Testing
import Training

@testable import TrainingJobs

@Suite struct GraphTests {
    @Test func lossesAreRead() throws {
        #expect(try LossFormula("loss").kind == .result && LossFormula("loss").output == "loss")
        let formula = try LossFormula("cross_entropy( logits , label )")
        #expect(formula.kind == .crossEntropy && formula.output == "logits" && formula.target == "label")
        #expect(formula.description == "cross_entropy(logits,label)")
        for wrong in ["", "mse(", "mse(a)", "mse(a,b", "mse(a,b)x", "mse(a,b,c)", "mse(,b)", "a,b", "result(a,b)", "hinge(a,b)", "a)"] {
            #expect(throws: WorkError.self, "\(wrong)") { try LossFormula(wrong) }
        }
    }

    /// The loss of the first batch.
    private func loss(_ shop: Workshop, _ formula: String) throws -> (Double, y: [Float], [String: Tensor]) {
        let task = try GraphTask(shop.options(formula)) { _ in }
        let inputs = try task.inputs(of: task.batch(0), step: 0).tensors
        let loss = try Trainer(task.function, task.settings).gradients(inputs)["loss"]?.doubles.first
        let x = try #require(inputs["x"])
        let y = try #require(Interpreter.run(task.function.module, "main", ["x": x])["y"])
        return (try #require(loss), y.floats, inputs)
    }

    @Test func lossesAreWhatTheyAreCalled() throws {
        let shop = try Workshop { arrays in
            arrays["truth"] = Tensor((0..<Workshop.rows * 2).map { Float($0 % 2) }, [Workshop.rows, 2])
            arrays["some"] = Tensor(integers: (0..<Workshop.rows).map { $0 % 3 - 1 }, [Workshop.rows])
        }
        func mean(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } / Double(values.count) }
        let (mse, y, inputs) = try loss(shop, "mse(y,target)")
        let t = try #require(inputs["target"]).floats
        #expect(abs(mse - mean(zip(y, t).map { ($0 - $1) * ($0 - $1) })) < 1e-6)
        let (l1, _, _) = try loss(shop, "l1(y,target)")
        #expect(abs(l1 - mean(zip(y, t).map { abs($0 - $1) })) < 1e-6)
        let (result, _, _) = try loss(shop, "y")
        #expect(abs(result - mean(y)) < 1e-6)
        func surprise(_ row: Int, _ label: Int) -> Float { -y[row * 2 + label] + log(exp(y[row * 2]) + exp(y[row * 2 + 1])) }
        let (entropy, _, classes) = try loss(shop, "cross_entropy(y,class)")
        let labels = try #require(classes["class"]).integers
        #expect(abs(entropy - mean(labels.enumerated().map { surprise($0, $1) })) < 1e-6)
        let (part, _, some) = try loss(shop, "cross_entropy(y,some)")
        let known = try #require(some["some"]).integers.enumerated().filter { $0.element >= 0 }
        #expect(abs(part - mean(known.map { surprise($0.offset, $0.element) })) < 1e-6)
        let (binary, _, truths) = try loss(shop, "binary_cross_entropy(y,truth)")
        let truth = try #require(truths["truth"]).floats
        #expect(abs(binary - mean(zip(y, truth).map { y, t in -t * log(1 / (1 + exp(-y))) - (1 - t) * log(1 - 1 / (1 + exp(-y))) })) < 1e-6)
    }

    @Test func theLossFallsAndOthersStay() throws {
        let shop = try Workshop()
        var options = try shop.options(steps: 60)
        options.parameters = ["b.*"]
        try shop.train(options, shop.settings())
        let losses = try TrainingLog.read(shop.file("out/log.jsonl")).compactMap { $0.values["loss"] }
        #expect(try #require(losses.last) < #require(losses.first) / 2)
        let (before, after) = (try IRTextFile.read(shop.file("mlp.ir")), try IRTextFile.read(shop.file("out/model/mlp.ir")))
        #expect(before.constants["a.weight"] == after.constants["a.weight"] && before.constants["a.bias"] == after.constants["a.bias"])
        #expect(before.constants["b.weight"] != after.constants["b.weight"])
        #expect(before.functions == after.functions)
    }

    @Test func averagesAreWrittenAndEvaluated() throws {
        let shop = try Workshop()
        var options = try shop.options()
        options.averageDecay = 0.5
        options.evaluationData = shop.file("data.npz")
        let report = try shop.train(options, shop.settings())
        #expect(shop.names("out/model").contains("mlp.average.ir") && report.evaluation["loss"] != nil)
        #expect(try shop.bytes("out/model/mlp.average.ir.safetensors") != shop.bytes("out/model/mlp.ir.safetensors"))
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let shop = try Workshop { arrays in
            arrays["short"] = Tensor(zeros: .f32, [3, 2])
            arrays["wide"] = Tensor(zeros: .f32, [Workshop.rows, 3])
            arrays["text"] = Tensor(bools: [Bool](repeating: true, count: Workshop.rows), [Workshop.rows])
        }
        func refused(_ loss: String, _ change: (inout GraphOptions) -> Void = { _ in }) throws -> String {
            var options = try shop.options(loss)
            change(&options)
            let error = #expect(throws: (any Error).self) { _ = try GraphTask(options) { _ in } }
            return error.map { "\($0)" } ?? ""
        }
        #expect(try refused("z").contains("no result 'z'"))
        #expect(try refused("mse(y,goal)").contains("lacks goal; it holds class"))
        #expect(try refused("mse(y,short)").contains("'short' has 3 rows"))
        #expect(try refused("mse(y,wide)").contains("'wide' is f32[24, 3]"))
        #expect(try refused("cross_entropy(y,text)").contains("'text' is bool"))
        #expect(try refused("cross_entropy(y,wide)").contains("without its classes"))
        #expect(try refused("mse(y,x)") != "", "the target is an input already")
        #expect(try refused("mse(y,target)") { $0.parameters = ["c.*"] }.contains("'c.*'"))
        #expect(try refused("mse(y,target)") { $0.function = "other" }.contains("no function 'other'"))
        #expect(try refused("mse(y,target)") { $0.batch = 25 }.contains("a batch of 25 samples is more than the 24"))
        #expect(try refused("mse(y,target)") { $0.warmup = 13 }.contains("warm-up"))
        #expect(try refused("mse(y,target)") { $0.model = shop.file("data.npz") }.contains("neither an ONNX model"))
        #expect(try refused("mse(y,target)") { $0.data = shop.file("nothing.npz") }.contains("does not exist"))
    }

    /// What has no derivative is refused with its name before anything is trained.
    @Test(.enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence)))
    func operatorsWithoutDerivativeAreNamed() throws {
        let shop = try Workshop()
        let path = SharedData.path("onnx/exports/rnns-script-17/model.onnx")
        let main = try #require(try ONNXImporter.importModel(ONNXModel(path: path)).function("main"))
        let arrays = main.signature.inputs.map { input -> (String, Tensor) in
            let type = input.type.element
            return (input.name, Tensor(zeros: type.dtype, [4] + type.shape.dropFirst().map { $0.value ?? 3 }))
        }
        try NumpyArchive.write(Dictionary(uniqueKeysWithValues: arrays), to: shop.file("zeros.npz"))
        var options = GraphOptions(model: path, loss: try LossFormula(main.outputs[0].name), data: shop.file("zeros.npz"))
        options.batch = 2
        let error = #expect(throws: (any Error).self) { _ = try GraphTask(options) { _ in } }
        #expect(error.map { "\($0)" }?.contains("at lstm") == true, "\(String(describing: error))")
    }

    /// An ONNX model comes back as one, with the weights that were trained.
    @Test(
        .enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence)), arguments: ["gelu-mlp-dynamo-21", "gelu-mlp-script-11"])
    func onnxStaysONNX(name: String) throws {
        let shop = try Workshop()
        let source = SharedData.path("onnx/exports/\(name)/model.onnx")
        let module = try ONNXImporter.importModel(ONNXModel(path: source))
        let main = try #require(module.function("main"))
        let output = main.outputs[0].name
        let width = try #require(main.valueType(of: main.inputs[0]).tensor?.shape.last?.value)
        let x = Tensor((0..<40 * 3 * width).map { Float(sin(Double($0))) }, [40, 3, width])
        try NumpyArchive.write(
            [main.inputName(of: main.inputs[0]) ?? "": x, "target": Tensor(zeros: .f32, x.shape)], to: shop.file("x.npz"))
        var options = GraphOptions(model: source, loss: try LossFormula("mse(\(output),target)"), data: shop.file("x.npz"))
        options.batch = 8
        options.length = .epochs(4)
        try shop.train(options, shop.settings())
        let trained = try ONNXImporter.importModel(ONNXModel(path: shop.file("out/model/model.onnx")))
        #expect(trained.parameterCount == module.parameterCount)
        let losses = try TrainingLog.read(shop.file("out/log.jsonl")).compactMap { $0.values["loss"] }
        #expect(try #require(losses.last) < #require(losses.first) / 2, "\(losses)")
        let graph = try #require(trained.function("main"))
        #expect(graph.outputs.map(\.name) == main.outputs.map(\.name))
        #expect(graph.inputs.map { graph.inputName(of: $0) } == main.inputs.map { main.inputName(of: $0) })
    }
}
