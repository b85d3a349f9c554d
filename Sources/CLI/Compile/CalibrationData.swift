import Calibration
import Files
import Formats
import Foundation
import FourM
import FourMCodecs
import IR
import Importers
import Inspect
import Jobs
import Media
import ONNXSessions

/// What `--calibrate` names: pictures that the models of a bundle are run over, or recorded inputs of functions.
struct CalibrationData {
    let path: String
    /// Most pictures or calls of a function that are read; they are spread over all there are.
    let samples: Int
    /// That names it.
    var flag = "--calibrate"

    /// What each model of a bundle is given when it is run over the pictures, by what the bundle calls its file.
    func calls(of bundle: FourM.Bundle) throws -> [String: [CallRecorder.Call]] {
        let loaded = LoadedBundle(bundle)
        var recorders: [String: CallRecorder] = [:]
        loaded.onRun = { source, function, inputs in
            if recorders[source] == nil { recorders[source] = CallRecorder() }
            recorders[source]?.record(function, inputs)
        }
        loaded.onLoad = { Terminal.note("loading \($0)") }
        let files = try pictures(for: loaded)
        let rehearsal = try BundleRehearsal(loaded)
        let bar = ProgressBar("looking at pictures")
        for (number, file) in files.enumerated() {
            bar.update(Double(number) / Double(files.count), title: nil, detail: FilePath.name(of: file))
            try rehearsal.run(.file(file), number: number)
        }
        bar.finish()
        return recorders.mapValues(\.calls)
    }

    /// The pictures, for a model's input of that kind.
    func pictures(for bundle: LoadedBundle) throws -> [String] {
        try spread(FlagName.named(flag) { try InputFiles(path, of: bundle.input(nil)).values })
    }

    /// Whether the path holds pictures rather than recorded inputs.
    var holdsPictures: Bool {
        guard FilePath.isFolder(path) else { return FilePattern.isPattern(path) }
        let pictures = try? FolderListing(path, suffixes: Set(ImageFormat.suffixes)).files
        return pictures?.isEmpty == false
    }

    /// Recorded inputs of functions of `module`: `FUNCTION/…`, or what lies in the folder itself where there is one function.
    func calls(of module: Module) throws -> [CallRecorder.Call] {
        let graphs = module.entryPoints
        if graphs.count == 1 {
            let own = FilePath.join(path, graphs[0].name)
            return try read(FilePath.isFolder(own) ? own : path, graphs[0])
        }
        let made = try graphs.filter { FilePath.isFolder(FilePath.join(path, $0.name)) }.flatMap { graph in
            try read(FilePath.join(path, graph.name), graph)
        }
        guard made.isEmpty else { return made }
        throw Refusal.content(
            "\(flag) \(path) has no folder called as a function of \(module.name), with an .npz or .safetensors file for each call in it; "
                + "its functions: \(graphs.map(\.name).prefix(12).joined(separator: ", "))")
    }

    private func read(_ folder: String, _ graph: Graph) throws -> [CallRecorder.Call] {
        try spread(entries(folder)).map { entry in
            let given = try FlagName.named(flag) { try TensorFolder.read(entry) }
            return CallRecorder.Call(graph.name, try InputFitting.fit(given, graph, from: entry) { Terminal.warn($0) })
        }
    }

    /// Recorded inputs of an ONNX model: files, or folders as `--inputs` takes them.
    func calls(of session: ONNXSession) throws -> [CallRecorder.Call] {
        let reader = ONNXInputs(session: session)
        return try spread(entries(path)).map { entry in
            let given = try reader.fitted(reader.read(entry).given)
            return CallRecorder.Call(ONNXImporter.functionName, given.compactMapValues(\.tensor))
        }
    }

    /// Files and folders that hold a call each.
    private func entries(_ folder: String) throws -> [String] {
        let listing = try FolderListing(folder, suffixes: ["npz", "safetensors"])
        let found = (listing.files + listing.folders).sorted().map { FilePath.join(folder, $0) }
        guard found.isEmpty else { return found }
        throw Refusal.content(
            "\(flag) \(folder) holds no .npz or .safetensors file, and no folder of .npy files, with the inputs of a call")
    }

    private func spread(_ all: [String]) -> [String] { CallRecorder.spread(all, most: samples) }
}
