import ArgumentParser
import Files
import Formats
import Foundation
import FourM
import FourMModels
import Hub
import IR
import Importers
import Inspect
import Names
import Passes
import Runtime

/// The MODEL argument of commands that look at one model, and what it may be configured by.
struct ModelArgument: ParsableArguments {
    @Argument(
        help:
            "A .safetensors or torch .pth file, a folder, a shard index (.index.json) or the name of a pulled Hub repository, ORG/NAME[@REVISION]."
    )
    var model: String

    @Option(help: ArgumentHelp("Configuration file (.json) to use instead of the model's own.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Where in the file the model is, if there are several: a key such as model_ema, or keys and the start of names joined by points.",
            valueName: "key"))
    var stateKey: String?

    @Option(help: ArgumentHelp("Half of a tokenizer, encoder or decoder; the other is not looked at.", valueName: "half"))
    var part: TokenizerPart = .whole

    @Option(
        help: ArgumentHelp(
            "Merge the LoRA adapters of this file, times scale (default 1), into the weights; may be repeated.", valueName: "file[:scale]"))
    var lora: [LoRASource] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Scale of LoRA adapters in the model's own file, instead of its configuration's lora_scale or 1.", valueName: "scale"))
    var loraScale: Double?

    /// Whether a flag says how the model is to be read.
    var isConfigured: Bool { !lora.isEmpty || loraScale != nil || config != nil || stateKey != nil || part != .whole }

    func validate() throws {
        if stateKey?.isEmpty == true { throw ValidationError("--state-key needs a key, such as model_ema.") }
        if let loraScale, !loraScale.isFinite { throw ValidationError("--lora-scale must be a number, not \(loraScale).") }
    }

    /// Whether the argument is a bundle: a folder with a `bundle.yaml`, or that file.
    var isBundle: Bool {
        FourM.Bundle.isBundle((try? ModelLocation.find(model).path) ?? model)
    }

    /// - Throws: `HubError` if there is neither a path nor a pulled repository of that name; `CheckpointError`.
    func checkpoint() throws -> Checkpoint {
        let location = try ModelLocation.find(model)
        if let missing = lora.first(where: { !FileManager.default.fileExists(atPath: $0.path) }) {
            throw ModelArgument.missing(missing)
        }
        let checkpoint = try ModelLoader.checkpoint(
            location.path, config: config, stateKey: stateKey, lora: lora, loraScale: loraScale)
        for note in checkpoint.notes { Terminal.note("note: \(note)") }
        guard loraScale == nil || checkpoint.adapters.count > lora.count else {
            throw Refusal.content("--lora-scale: \(model) holds no LoRA adapters of its own; --lora FILE:SCALE scales those of a file")
        }
        return location.repository.map { checkpoint.renamed($0.name) } ?? checkpoint
    }

    /// A file that is not there, or the part behind the last colon of one that is.
    private static func missing(_ source: LoRASource) -> any Error {
        if let colon = source.path.lastIndex(of: ":"), FileManager.default.fileExists(atPath: String(source.path[..<colon])) {
            let scale = source.path[source.path.index(after: colon)...]
            return ValidationError(
                "--lora \(source.path): the scale '\(scale)' is not a number; give FILE or FILE:SCALE, such as FILE:0.5.")
        }
        return Refusal.missing("--lora \(source.path) does not exist; give a .safetensors or .pth file with LoRA adapters")
    }

    /// The module as imported.
    func imported() throws -> Module { try FourMImporter.importModel(checkpoint(), part: part) }

    /// - Throws: `TesseraError` for a bundle, which is several models.
    func requireSingleModel() throws {
        guard isBundle else { return }
        throw Refusal.usage("\(model) is a bundle of several models; name one of them ('tessera inspect \(model)' lists them)")
    }
}

extension TokenizerPart: ExpressibleByArgument {}

extension SizeBinding: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }

    /// ``check(_:against:of:)`` with the flag in its message.
    static func checkFlag(_ bindings: [SizeBinding], against known: Set<String>, of what: String) throws {
        try FlagName.named("--bind") { try check(bindings, against: known, of: what) }
    }
}

/// How the clean pipeline, and that of `--precision` after it, are run: `--disable RULE`, `--stop-after N`, `--dump-after FOLDER`.
struct PipelineOptions: ParsableArguments {
    @Option(
        name: .customLong("disable"), help: ArgumentHelp("Leave out a rule or pass of the pipeline; may be repeated.", valueName: "rule"))
    var names: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stop after this many rewrites in total, to find by halves which one does harm.", valueName: "n"))
    var stopAfter: Int?

    @Option(help: ArgumentHelp("Write the IR after each step of the pipeline into this folder.", valueName: "folder"))
    var dumpAfter: String?

    /// Whether any of the flags was given.
    var isGiven: Bool { !names.isEmpty || stopAfter != nil || dumpAfter != nil }

    func validate() throws {
        if let stopAfter, stopAfter < 0 { throw ValidationError("--stop-after must be 0 or more, not \(stopAfter).") }
        let pipelines = [.clean] + Precision.allCases.compactMap { $0.pipeline(halfRange: Machine.prefersHalfRangeWeights) }
        let known = pipelines.flatMap(\.transformations).map(\.name)
        guard let stranger = names.first(where: { !known.contains($0) }) else { return }
        let hint = NearNames.hint(stranger, in: known, otherwise: "'tessera passes' lists them")
        throw ValidationError("--disable \(stranger): there is no such rule; \(hint)")
    }

    var options: PassOptions {
        PassOptions(disabled: Set(names), stopAfter: stopAfter, dumpAfter: dumpAfter.map(PipelineOptions.dump))
    }

    /// Writes `NN-step.ir` after each step.
    private static func dump(into folder: String) -> @Sendable (Int, String, Module) throws -> Void {
        { index, step, module in
            try Folders.make(folder)
            let name = String(format: "%02d-%@.ir", index + 1, step)
            try OutputFile.write(module.description, to: (folder as NSString).appendingPathComponent(name))
        }
    }
}

extension LoRASource: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
