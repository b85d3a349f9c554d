import ArgumentParser
import Formats
import Foundation
import FourMModels
import Hub
import IR
import Importers
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

    /// Whether a flag asks for adapters.
    var hasAdapters: Bool { !lora.isEmpty || loraScale != nil }

    func validate() throws {
        if let loraScale, !loraScale.isFinite { throw ValidationError("--lora-scale must be a number, not \(loraScale).") }
    }

    /// Whether the argument is a bundle: a folder with a `bundle.yaml`, or that file.
    var isBundle: Bool {
        ModelOrBundle.isBundle((try? ModelLocation.find(model).path) ?? model)
    }

    /// - Throws: `HubError` if there is neither a path nor a pulled repository of that name; `CheckpointError`.
    func checkpoint() throws -> Checkpoint {
        let location = try ModelLocation.find(model)
        if let missing = lora.first(where: { !FileManager.default.fileExists(atPath: $0.path) }) {
            throw ModelArgument.missing(missing)
        }
        let checkpoint = try ModelLoader.checkpoint(
            location.path, config: config ?? ModelLoader.siblingConfiguration(location.path), lora: lora, loraScale: loraScale)
        guard loraScale == nil || checkpoint.adapters.count > lora.count else {
            throw CommandFailure("--lora-scale: \(model) holds no LoRA adapters of its own; --lora FILE:SCALE scales those of a file")
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
        return CommandFailure("--lora \(source.path) does not exist; give a .safetensors or .pth file with LoRA adapters")
    }

    /// The module as imported.
    func imported() throws -> Module { try FourMImporter.importModel(checkpoint(), part: part) }

    /// - Throws: ``CommandFailure`` for a bundle, which is several models.
    func requireSingleModel() throws {
        guard isBundle else { return }
        throw CommandFailure("\(model) is a bundle of several models; name one of them ('tessera inspect \(model)' lists them)")
    }
}

extension TokenizerPart: ExpressibleByArgument {}

extension Graph {
    /// `tokens: f32[batch, tokens, 128]`, one entry for each input.
    var inputList: [(name: String, type: TensorType)] { inputs.map { (inputName(of: $0) ?? "", type(of: $0)) } }

    var outputList: [(name: String, type: TensorType)] { outputs.map { ($0.name, type(of: $0.value)) } }

    /// Names of the sizes that inputs, operators and outputs leave open.
    var symbols: Set<String> {
        var found: Set<String> = []
        let types = (inputList + outputList).map(\.type) + nodes.flatMap { $0.outputs.map { type(of: $0) } }
        for type in types { for dim in type.shape { found.formUnion(dim.symbols) } }
        for node in nodes { for value in node.op.attributes.values { found.formUnion(value.symbols) } }
        return found
    }
}

extension AttributeValue {
    fileprivate var symbols: Set<String> {
        switch self {
        case .dim(let dim): dim.symbols
        case .dims(let dims): dims.reduce(into: []) { $0.formUnion($1.symbols) }
        default: []
        }
    }
}

/// `--bind name=value`: the size of a symbol.
struct SizeBinding: ExpressibleByArgument, Equatable {
    let name: String
    let size: Int

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let size = Int(parts[1]), (0...1 << 40).contains(size) else { return nil }
        (name, self.size) = (String(parts[0]), size)
    }

    /// The sizes by name; of two for the same name the later counts.
    static func table(_ bindings: [SizeBinding]) -> Binding { bindings.reduce(into: [:]) { $0[$1.name] = $1.size } }

    /// - Throws: ``CommandFailure`` for a name that is none of `known`.
    static func check(_ bindings: [SizeBinding], against known: Set<String>, of what: String) throws {
        guard let stranger = bindings.first(where: { !known.contains($0.name) }) else { return }
        let list = known.isEmpty ? "it has none" : "it has: \(known.sorted().joined(separator: ", "))"
        throw CommandFailure("--bind \(stranger.name)=\(stranger.size): \(what) has no size called '\(stranger.name)'; \(list)")
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
            try TemporaryFiles.write(module.description, to: (folder as NSString).appendingPathComponent(name))
        }
    }
}

extension LoRASource: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
