import Formats
import Foundation
import IR
import TestSupport
import Testing

@testable import CLI

@Suite struct ONNXCommandTests {
    /// y = x · w + 1 of x: f32[n, 2].
    private func model(in folder: TemporaryFolder, op: String = "MatMul") throws -> String {
        let graph = ONNXBytes.graph(
            [ONNXBytes.node(op, ["x", "w"], ["p"], name: "product"), ONNXBytes.node("Add", ["p", "one"], ["y"], name: "sum")],
            inputs: [ONNXBytes.value("x", 1, ["n", "2"])], outputs: [ONNXBytes.value("y", 1, ["n", "2"])],
            initializers: [ONNXBytes.floats("w", [1, 2, 3, 4], [2, 2]), ONNXBytes.floats("one", [1], [1])])
        let path = folder.file("m.onnx")
        try Data(ONNXBytes.model(graph)).write(to: URL(fileURLWithPath: path))
        return path
    }

    private let x = Tensor([1, 1], [1, 2])
    private let y = Tensor([5, 7], [1, 2])

    @Test(arguments: ["npy", "npz", "safetensors", "pb"]) func runsOnEachFormat(suffix: String) async throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        let path = folder.file(suffix == "pb" ? "input_0.pb" : suffix == "npy" ? "x.npy" : "in.\(suffix)")
        switch suffix {
        case "npy": try NumpyFile.write(x, to: path)
        case "npz": try NumpyArchive.write(["x": x], to: path)
        case "safetensors": try SafeTensorsWriter.write(["x": x], to: path)
        default: try Data(ONNXValueFile.bytes(.tensor(x), named: "x")).write(to: URL(fileURLWithPath: path))
        }
        let given = suffix == "npy" || suffix == "pb" ? folder.path : path
        let run = await Command("run", model, "--inputs", given, "--outputs", folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
        if suffix == "pb" {
            #expect(try ONNXValueFile.read(folder.file("out/output_0.pb"), as: .tensor(1, nil)) == .tensor(y))
        } else {
            #expect(try NumpyFile.read(folder.file("out/y.npy")) == y)
        }
    }

    @Test func oneInputByName() async throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        try NumpyFile.write(Tensor([1, 1], [1, 2], as: .f64), to: folder.file("anything.npy"))
        let run = await Command(
            "run", model, "--input", "x=\(folder.file("anything.npy"))", "--outputs", folder.file("out"), "--format", "pb", "--json")
        #expect(run.code == 0 && run.messages.contains("converted from f64 to f32"), "\(run.messages)")
        #expect(try ONNXValueFile.read(folder.file("out/output_0.pb"), as: .tensor(1, nil)) == .tensor(y))
        let json = try run.json()
        #expect((json["outputs"] as? [[String: Any]])?.first?["type"] as? String == "f32[1, 2]")
        let stranger = await Command("run", model, "--input", "z=\(folder.file("anything.npy"))", "--outputs", folder.file("out"))
        #expect(stranger.code == 2 && stranger.messages.contains("has no such input") && stranger.messages.contains("x: float[n, 2]"))
    }

    @Test func randomInputsOfGivenSizes() async throws {
        let folder = try TemporaryFolder()
        let run = await Command("run", try model(in: folder), "--random", "--bind", "n=3", "--outputs", folder.file("out"))
        #expect(run.code == 0 && run.output.contains("f32[3, 2]"), "\(run.messages)")
    }

    /// Exit code 3, and the last line says what is not supported.
    @Test func unsupportedOperatorsExitWithThree() async throws {
        let folder = try TemporaryFolder()
        let run = await Command("run", try model(in: folder, op: "Foo"), "--random", "--outputs", folder.file("out"))
        #expect(run.code == 3)
        #expect(run.messages.split(separator: "\n").last?.contains("Foo (version 17): 1 node: product") == true, "\(run.messages)")
    }

    /// What is in files is their fault, and is said with what is wanted.
    @Test func inputsThatDoNotFitAreSaid() async throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        try NumpyFile.write(Tensor([1, 2, 3], [1, 3]), to: folder.file("x.npy"))
        let run = await Command("run", model, "--inputs", folder.path, "--outputs", folder.file("out"))
        #expect(run.code == 1)
        for word in [folder.path, "f32[1, 3]", "x: float[n, 2]"] { #expect(run.messages.contains(word), "\(word): \(run.messages)") }
    }

    @Test func wrongFlagsAreRefused() async throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        for arguments in [["--part", "encoder"], ["--function", "encode"], ["--lora", "x"]] {
            let run = await Command(["run", model, "--random", "--outputs", folder.file("out")] + arguments)
            #expect(run.code == 2, "\(arguments): \(run.messages)")
        }
    }

    @Test func inspectSaysWhatItIs() async throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        let run = await Command("inspect", model)
        #expect(run.code == 0, "\(run.messages)")
        for word in ["ONNX model", "producer", "ai.onnx 17", "1 Add, 1 MatMul", "in   x: f32[n, 2]", "out  y: f32[n, 2]"] {
            #expect(run.output.contains(word), "\(word): \(run.output)")
        }
        let ir = await Command("inspect", model, "--ir", "--stage", "clean")
        #expect(ir.output.contains("linear"), "\(ir.output)")
    }

    /// With texts in the fields that are for people; `op` makes the product.
    private func documented(in folder: TemporaryFolder, op: String = "MatMul") throws -> String {
        let graph = ONNXBytes.graph(
            [ONNXBytes.node(op, ["x", "w"], ["y"], domain: op == "MatMul" ? "" : "vendor.x", name: "product")],
            inputs: [ONNXBytes.value("x", 1, ["n", "2"]).text(3, "features of a photo")], outputs: [ONNXBytes.value("y", 1, ["n", "2"])],
            initializers: [ONNXBytes.floats("w", [1, 2, 3, 4], [2, 2])]
        ).text(10, "About the graph.")
        let about = ProtobufBytes().text(4, "org.example").int(5, 7).text(6, "About\nthe model.")
            .message(14, ProtobufBytes().text(1, "author").text(2, "somebody"))
        let path = folder.file("documented.onnx")
        try Data(ONNXBytes.model(graph, domains: ["vendor.x": 2]) + about.bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func inspectSaysWhatTheFileSays() async throws {
        let folder = try TemporaryFolder()
        let model = try documented(in: folder)
        let run = await Command("inspect", model)
        #expect(run.code == 0, "\(run.messages)")
        for word in [
            "IR version", "org.example", "model version", "About the model.", "author: somebody", "About the graph.",
            "x: f32[n, 2]  features of a photo",
        ] { #expect(run.output.contains(word), "\(word): \(run.output)") }
        #expect(!run.output.contains("nothing here reads"), "\(run.output)")
        let json = try await Command("inspect", model, "--json").json()
        let facts = try #require(json["metadata"] as? [String: Any])
        #expect(facts["model_version"] as? Int == 7 && facts["model_domain"] as? String == "org.example")
    }

    /// What cannot be compiled is described all the same, and the exit code is that of the reason.
    @Test func inspectDescribesWhatIsNotSupported() async throws {
        let folder = try TemporaryFolder()
        let model = try documented(in: folder, op: "Fancy")
        let run = await Command("inspect", model)
        #expect(run.code == 3, "\(run.messages)")
        for word in [
            "vendor.x.Fancy", "not supported", "x: float[n, 2]  features of a photo", "y: float[n, 2]", "initializers", "16 B",
            "author: somebody",
        ] { #expect(run.output.contains(word), "\(word): \(run.output)") }
        #expect(run.messages.contains("vendor.x.Fancy (version 2): 1 node: product"), "\(run.messages)")
        let json = await Command("inspect", model, "--json")
        #expect(json.code == 3)
        let report = try json.json()
        #expect(report["modelVersion"] as? Int == 7 && (report["problem"] as? String)?.contains("not supported") == true)
        let operators = try #require(report["operators"] as? [[String: Any]])
        #expect(operators.first?["isSupported"] as? Bool == false && operators.first?["version"] as? Int == 2)
        // What asks for more than a summary gets the reason alone.
        let other = await Command("inspect", model, "--ir")
        #expect(other.code == 3 && other.output.isEmpty)
    }

    @Test func inspectDescribesWhatIsFaulty() async throws {
        let folder = try TemporaryFolder()
        let graph = ONNXBytes.graph(
            [ONNXBytes.node("Add", ["x", "nowhere"], ["y"], name: "bad")], inputs: [ONNXBytes.value("x", 1, ["2"])],
            outputs: [ONNXBytes.value("y", 1, ["2"])])
        let path = folder.file("bad.onnx")
        try Data(ONNXBytes.model(graph)).write(to: URL(fileURLWithPath: path))
        let run = await Command("inspect", path)
        #expect(run.code == 1 && run.messages.contains("nowhere"), "\(run.messages)")
        #expect(run.output.contains("x: float[2]") && run.output.contains("Add"), "\(run.output)")
        // Other inputs would not help.
        #expect(!run.messages.contains("depends on the inputs"), "\(run.messages)")
    }

    @Test func valuesOfTensors() async throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        let values = ["inspect", model, "--weights", "--node", "w"]
        let run = await Command(values + ["--values", "--save", folder.file("saved")])
        #expect(run.code == 0 && run.output.contains("[[1.0 2.0]\n [3.0 4.0]]"), "\(run.output) \(run.messages)")
        #expect(try NumpyFile.read(folder.file("saved/w.npy")) == Tensor([1, 2, 3, 4], [2, 2]))
        let json = try await Command(values + ["--values", "--json"]).json()
        let first = (json["tensors"] as? [[String: Any]])?.first?["first"] as? [Any]
        #expect(first?.compactMap { $0 as? Double } == [1, 2, 3, 4])
        for arguments in [["--values"], ["--weights", "--values"], ["--weights", "--node", "w", "--values", "--top", "3"]] {
            let wrong = await Command(["inspect", model] + arguments)
            #expect(wrong.code == 2, "\(arguments)")
        }
    }

    @Test func benchNeedsNoFunction() async throws {
        let folder = try TemporaryFolder()
        let run = await Command("bench", try model(in: folder), "--bind", "n=2", "--runs", "2", "--json")
        #expect(run.code == 0, "\(run.messages)")
        #expect(try run.json()["functions"] as? [String] == ["main"])
    }

    /// The values of an input decide what the others are summed over: there is no module but for given ones.
    @Test func structureThatInputsDecide() async throws {
        let folder = try TemporaryFolder()
        let graph = ONNXBytes.graph(
            [ONNXBytes.node("ReduceSum", ["x", "axes"], ["y"], name: "sum")],
            inputs: [ONNXBytes.value("x", 1, ["n", "2"]), ONNXBytes.value("axes", 7, ["1"])],
            outputs: [ONNXBytes.value("y", 1, ["a", "b"])],
            initializers: [])
        let path = folder.file("sum.onnx")
        try Data(ONNXBytes.model(graph)).write(to: URL(fileURLWithPath: path))
        try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
        try NumpyFile.write(Tensor([1, 2, 3, 4, 5, 6], [3, 2]), to: folder.file("in/x.npy"))
        try NumpyFile.write(Tensor(integers: [1], [1], as: .i64), to: folder.file("in/axes.npy"))
        let outputs = ["--outputs", folder.file("out")]
        let given = await Command(["bench", path, "--inputs", folder.file("in"), "--runs", "1", "--json"] + outputs)
        #expect(given.code == 0, "\(given.messages)")
        #expect(try NumpyFile.read(folder.file("out/y.npy")) == Tensor([3, 7, 11], [3, 1]))
        let zeros = await Command("bench", path, "--bind", "n=5", "--runs", "1", "--json")
        #expect(zeros.code == 0, "\(zeros.messages)")
        let inspect = await Command("inspect", path, "--bind", "n=5")
        #expect(inspect.code == 0 && inspect.messages.contains("axes: i64[1], x: f32[5, 2]"), "\(inspect.messages)")
        #expect(inspect.output.contains("out  y: f32[1, 2]"), "\(inspect.output)")
    }

    @Test func testTakesFoldersOfTheONNXTests() async throws {
        let folder = try TemporaryFolder()
        _ = try model(in: folder)
        let set = folder.file("case/test_data_set_0")
        try FileManager.default.createDirectory(atPath: set, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: folder.file("m.onnx"), toPath: folder.file("case/model.onnx"))
        try Data(ONNXValueFile.bytes(.tensor(x), named: "x")).write(to: URL(fileURLWithPath: set + "/input_0.pb"))
        try Data(ONNXValueFile.bytes(.tensor(y), named: "y")).write(to: URL(fileURLWithPath: set + "/output_0.pb"))
        let run = await Command("test", folder.file("case"), "--outputs", folder.file("out"))
        #expect(run.code == 0 && run.output.hasPrefix("PASS \(folder.file("case"))"), "\(run.output)")
        #expect(FileManager.default.fileExists(atPath: folder.file("out/case/test_data_set_0/output_0.pb")))
    }
}
