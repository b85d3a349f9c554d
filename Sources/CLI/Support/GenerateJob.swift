import ArgumentParser
import Foundation
import FourM
import Media
import Passes
import Runtime

/// A whole generation as `generate` and `demo` run it: reads inputs, generates, writes folders and records.
struct GenerateJob {
    let sampling: SamplingOptions
    let global: GlobalOptions
    var precision = Precision.f32
    /// Title of contact sheets; nil takes the bundle's name.
    var title: String?

    /// Values of each input by modality, in the order given; folders opened, one entry for each sample.
    struct Inputs {
        var order: [GenerationInput] = []
        var values: [String: [String]] = [:]

        /// - Throws: `ValidationError` for arguments that are not MODALITY=VALUE; ``CommandFailure`` for empty folders.
        init(_ arguments: [String]) throws {
            for argument in arguments {
                guard let input = GenerationInput(argument) else {
                    throw ValidationError("--input must be MODALITY=FILE or MODALITY=\"text\", not '\(argument)'.")
                }
                if values[input.modality] == nil { order.append(input) }
                values[input.modality, default: []] += try Inputs.expand(input.value)
            }
        }

        /// Pictures, arrays and texts (as `@FILE`) of a folder in the order of their names; anything else stands for itself.
        private static func expand(_ value: String) throws -> [String] {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: value, isDirectory: &isFolder), isFolder.boolValue else { return [value] }
            let known = ["png", "jpg", "jpeg", "npy", "txt"]
            let names = try FileManager.default.contentsOfDirectory(atPath: value).sorted()
                .filter { known.contains(($0 as NSString).pathExtension.lowercased()) }
            guard !names.isEmpty else { throw CommandFailure("--input: folder \(value) holds no .png, .jpg, .npy or .txt file") }
            return names.map { name in
                let path = (value as NSString).appendingPathComponent(name)
                return name.lowercased().hasSuffix(".txt") ? "@" + path : path
            }
        }
    }

    /// Generates and writes; one record for each sample.
    func run(
        bundle path: String, inputs arguments: [String], targets: [String], settingsFile: String?, seed: UInt64, output: URL
    ) throws -> [ResultWriter.Record] {
        guard !output.path.isEmpty else { throw ValidationError("--output must name a folder.") }
        let inputs = try Inputs(arguments)
        let bundle = try LoadedBundle(path: path, precision: precision)
        try TemporaryFiles.makeFolder(output.path)
        bundle.onLoad = { what in global.note("loading \(what)") }
        let generator = Generator(bundle)
        var request = sampling.request(seed: seed)
        request.inputs = inputs.order
        request.targets = targets
        request.settings = try settingsFile.flatMap { try readSettings($0) }
        let settings = try generator.settings(request)
        let bar = ProgressBar("generating")
        generator.onProgress = { what, share in bar.update(share, detail: what) }
        let results = try generator.run(request, inputs.values)
        bar.finish()
        var writer = ResultWriter()
        writer.title = title ?? bundle.bundle.name
        writer.semsegClasses = bundle.bundle.semsegClasses
        let records = try write(results, writer, inputs, settings, seed: seed, generator, output)
        if global.verbose { try note(bundle, generator) }
        return records
    }

    private func readSettings(_ file: String) throws -> GenerationSettings? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw CommandFailure("--settings: \(file) cannot be read")
        }
        let config = try ConfigFile(yaml: text, file: file)
        let unread = ["seed", "num_variations", "sr_target_domains"].filter { config[$0] != nil }
        for key in config.ignoredKeys + unread { Terminal.warn("\(file): '\(key)' has no effect here") }
        guard let settings = try config.baseSettings() else { throw CommandFailure("--settings: \(file) names no target_domains") }
        return settings
    }

    private func write(
        _ results: [GenerationResult], _ writer: ResultWriter, _ inputs: Inputs, _ settings: GenerationSettings, seed: UInt64,
        _ generator: Generator, _ output: URL
    ) throws -> [ResultWriter.Record] {
        var records: [ResultWriter.Record] = []
        var used: Set<String> = []
        for (index, result) in results.enumerated() {
            let folder = results.count == 1 ? output : output.appendingPathComponent(name(index, inputs, &used))
            let targets = try writer.write(result, to: folder)
            try writer.contactSheet([result]).writePNG(to: folder.appendingPathComponent("sheet.png").path)
            let given = inputs.values.mapValues { $0[$0.count == 1 ? 0 : index] }
            let record = ResultWriter.Record(
                bundle: generator.bundle.bundle.folder.path, inputs: given, settings: settings, seed: seed, threads: Machine.threads,
                targets: targets, timings: generator.timings, contactSheet: "sheet.png")
            try AtomicText.write(try Output.json(record) + "\n", to: folder.appendingPathComponent("result.json").path)
            records.append(record)
        }
        if results.count > 1 { try writer.contactSheet(results).writePNG(to: output.appendingPathComponent("sheet.png").path) }
        return records
    }

    /// Folder of sample `index`: its file's name without suffix, or its number where that is taken or no plain name.
    private func name(_ index: Int, _ inputs: Inputs, _ used: inout Set<String>) -> String {
        let values = inputs.order.compactMap { inputs.values[$0.modality] }.filter { $0.count > 1 }.map { $0[index] }
        let paths = values.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }
        let path = paths.first { FileManager.default.fileExists(atPath: $0) } ?? ""
        let stem = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        let isPlain = !stem.isEmpty && !stem.hasPrefix(".") && stem != "sheet.png"
        let number = String(format: "%04d", index)
        let name = isPlain && !used.contains(stem) ? stem : isPlain ? "\(number)-\(stem)" : number
        used.insert(name)
        return name
    }

    private func note(_ bundle: LoadedBundle, _ generator: Generator) throws {
        let session = try bundle.model().session
        let (weights, arena) = (session.plan.weightBytes, session.peakArenaBytes)
        Terminal.note("model: peak memory \(Human.bytes(weights + arena)) = weights \(Human.bytes(weights)) + arena \(Human.bytes(arena))")
        let t = generator.timings
        Terminal.note(
            "seconds: load \(String(format: "%.3f", t.load)), inputs \(String(format: "%.3f", t.inputs)), sampling "
                + "\(String(format: "%.3f", t.sampling)), decoding \(String(format: "%.3f", t.decoding))")
    }
}
