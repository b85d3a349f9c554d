import Files
import Formats
import Foundation
import IR
import Inspect

/// What ONNX Runtime computes at every node of an ONNX model, by its Python package, if that is there.
enum ONNXRuntimeReference {
    /// Every result without rewriting, `NODE` and `NODE:1`, … by the names of nodes, as the importer calls them.
    private static let script = """
        import json, sys
        import numpy as np
        try:
            import onnx, onnxruntime as ort
        except ImportError as error:
            sys.exit(f"MISSING {error}")
        path, given, target = sys.argv[1:4]
        model = onnx.load(path)
        present = {value.name for value in model.graph.output}
        keys = {}
        for node in model.graph.node:
            for index, name in enumerate(node.output):
                if name:
                    keys[name] = (node.name or node.output[0]) + (f":{index}" if index else "")
                    if name not in present:
                        model.graph.output.append(onnx.ValueInfoProto(name=name))
        file = given + "/model.onnx"
        onnx.save_model(model, file, save_as_external_data=model.ByteSize() > 1 << 30, location="weights")
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        inputs = {name: np.load(place) for name, place in json.load(open(given + "/inputs.json")).items()}
        names = [value.name for value in session.get_outputs()]
        results = session.run(names, {value.name: inputs[value.name] for value in session.get_inputs() if value.name in inputs})
        np.savez(target, **{keys.get(name, name): value for name, value in zip(names, results) if isinstance(value, np.ndarray) and value.dtype != object})
        """

    /// - Throws: `TesseraError` if Python or one of its packages is not there, or it refuses the model.
    static func run(_ model: String, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let folder = NSTemporaryDirectory() + "/tessera-onnxruntime-\(UUID().uuidString)"
        try Folders.make(folder + "/inputs")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var places: [String: String] = [:]
        for (index, input) in inputs.sorted(by: { $0.key < $1.key }).enumerated() {
            let place = "\(folder)/inputs/\(index).npy"
            try NumpyFile.write(input.value, to: place)
            places[input.key] = place
        }
        try OutputFile.write(IndentedJSON.text(places), to: folder + "/inputs.json")
        try python([script, FilePath.absolute(model), folder, folder + "/results.npz"], folder)
        return try NumpyArchive.read(folder + "/results.npz")
    }

    private static func python(_ arguments: [String], _ folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c"] + arguments
        let log = folder + "/messages"
        guard FileManager.default.createFile(atPath: log, contents: nil), let handle = FileHandle(forWritingAtPath: log) else {
            throw Refusal.resources("\(folder) cannot be written to")
        }
        (process.standardOutput, process.standardError, process.standardInput) = (handle, handle, FileHandle.nullDevice)
        do { try process.run() } catch { throw Refusal.missing("--reference onnxruntime: python3 cannot be run: \(error)") }
        process.waitUntilExit()
        try? handle.close()
        guard process.terminationStatus != 0 || process.terminationReason != .exit else { return }
        let said = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").suffix(1500)
        if process.terminationStatus == 127 { throw Refusal.missing("--reference onnxruntime: there is no python3") }
        if said.contains("MISSING") {
            throw Refusal.missing(
                "--reference onnxruntime needs the Python packages onnx, onnxruntime and numpy: pip install onnx onnxruntime")
        }
        throw Refusal.content("--reference onnxruntime: ONNX Runtime refuses the model or its inputs:\n\(said)")
    }
}
