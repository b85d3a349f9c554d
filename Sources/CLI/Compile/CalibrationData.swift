import Calibration
import Files
import Formats
import FourM
import IR
import Importers
import Inspect
import ONNXSessions
import Tessera

/// What `--calibrate` and `--data` name: pictures and captions that the models of a bundle are run over, or recorded inputs of functions.
struct CalibrationData {
    let places: [String]
    /// Most samples or calls of a function that are read; they are spread over all there are.
    let samples: Int
    /// That names it.
    var flag = "--calibrate"

    /// Whether the places name pictures or captions rather than recorded inputs.
    var holdsSamples: Bool { places.allSatisfy(SampleFiles.isNamed) }

    /// - Throws: `TesseraError` for a place where nothing is.
    func requirePlaces() throws {
        for place in places where !FilePath.exists(place) && !FilePattern.isPattern(place) {
            throw Refusal.missing("\(flag) \(place) does not exist")
        }
    }

    /// The names of the places without folders, for a file's provenance.
    var names: [String] { places.map { FilePath.name(of: $0) } }

    /// What of the pictures and captions all of `bundles` take, up to ``samples``.
    /// - Throws: `TesseraError` naming a place, or why nothing can be given.
    func samples(for bundles: LoadedBundle...) throws -> [ModelSample] {
        let all = try FlagName.named(flag) { try SampleFiles(places).all }
        for bundle in bundles { _ = try bundle.modalities() }
        let picture = bundles.lazy.compactMap { bundle in CalibrationData.fault { try bundle.input(nil) } }.first
        let caption = bundles.lazy.compactMap { bundle in CalibrationData.fault { try bundle.captionInput() } }.first
        let left = all.compactMap { $0.keeping(pictures: picture == nil, captions: caption == nil) }
        let faults = [
            ("pictures", picture, all.contains { $0.picture != nil }), ("captions", caption, all.contains { $0.caption != nil }),
        ]
        for (what, fault, isGiven) in faults where isGiven {
            guard let fault = fault.map({ TesseraError($0) }) else { continue }
            if left.isEmpty { throw TesseraError(fault.category, "\(flag): \(fault.message)") }
            Terminal.warn("\(flag): \(what) are left out: \(fault.message)")
        }
        return SampleFiles.spread(left, most: samples)
    }

    private static func fault(_ body: () throws -> String) -> (any Error)? {
        do { _ = try body() } catch { return error }
        return nil
    }

    /// Recorded inputs of functions of `module`: `FUNCTION/…`, or what lies in the folder itself where there is one function.
    func calls(of module: Module) throws -> [RecordedCall] {
        let graphs = module.entryPoints
        if graphs.count == 1 {
            let own = places.map { (FilePath.join($0, graphs[0].name), $0) }
            return try calls(of: graphs[0], own.map { FilePath.isFolder($0.0) ? $0.0 : $0.1 })
        }
        let made = try graphs.flatMap { graph in
            let own = places.map { FilePath.join($0, graph.name) }.filter(FilePath.isFolder)
            return try own.isEmpty ? [] : calls(of: graph, own)
        }
        guard made.isEmpty else { return made }
        throw Refusal.content(
            "\(list) has no folder called as a function of \(module.name), with an .npz or .safetensors file for each call in it; "
                + "its functions: \(graphs.map(\.name).prefix(12).joined(separator: ", "))")
    }

    private func calls(of graph: Graph, _ folders: [String]) throws -> [RecordedCall] {
        try entries(folders).map { entry in
            RecordedCall(graph.name) {
                let given = try FlagName.named(flag) { try TensorFolder.read(entry) }
                return CallRecorder.Call(graph.name, try InputFitting.fit(given, graph, from: entry) { Terminal.warn($0) })
            }
        }
    }

    /// Recorded inputs of an ONNX model: files, or folders as `--inputs` takes them.
    func calls(of session: ONNXSession) throws -> [RecordedCall] {
        let reader = ONNXInputs(session: session)
        return try entries(places).map { entry in
            RecordedCall(ONNXImporter.functionName) {
                let given = try reader.fitted(reader.read(entry).given)
                return CallRecorder.Call(ONNXImporter.functionName, given.compactMapValues(\.tensor))
            }
        }
    }

    private var list: String { "\(flag) \(places.joined(separator: ", "))" }

    /// Files and folders that hold a call each, up to ``samples``.
    private func entries(_ folders: [String]) throws -> [String] {
        let found = try folders.flatMap { folder in
            let listing = try FlagName.named(flag) { try FolderListing(folder, suffixes: ["npz", "safetensors"]) }
            return (listing.files + listing.folders).sorted().map { FilePath.join(folder, $0) }
        }
        guard found.isEmpty else { return CallRecorder.spread(found, most: samples) }
        throw Refusal.content(
            "\(flag) \(folders.joined(separator: ", ")) holds no .npz or .safetensors file, and no folder of .npy files, with the inputs of a call"
        )
    }
}
