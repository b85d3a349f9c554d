import ArgumentParser
import Files
import Formats
import Foundation
import FourMPresets
import IR
import Importers
import Inspect
import Names

/// `tessera init`
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a checkpoint with random weights: any model of the 4M zoo at its true size, or any configuration.",
        discussion: """
            To measure speed and memory, to plan a deployment, or to start training, before or without the published weights. \
            The same seed gives the same bytes on every machine. A model larger than the memory can be written.

            Examples:
              tessera init --list
              tessera init --preset 4m-xl -o models/4m-xl
              tessera init --preset EPFL-VILAB/4M-21_B --bundle -o models/4m-21-b
              tessera init --preset tok-rgb-16k --dtype bf16 -o rgb.safetensors
              tessera init --config mine.json --set dim=1024 -o mine --overwrite
            """)

    @Flag(help: "List the presets.")
    var list = false

    @Option(help: ArgumentHelp("A model of the zoo: its name here (--list) or on the Hub.", valueName: "name"))
    var preset: String?

    @Option(help: ArgumentHelp("A configuration file (config.json) instead.", valueName: "file"))
    var config: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Change a value of the configuration; JSON. Repeatable.", valueName: "key=value"))
    var changes: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("FILE.safetensors, or a folder as the Hub has them.", valueName: "path"))
    var output: String?

    @Flag(help: "Write a bundle: the model, a tokenizer for each of its image-like modalities, and a bundle.yaml.")
    var bundle = false

    @Option(help: ArgumentHelp("Text tokenizer that the bundle names.", valueName: "file"))
    var textTokenizer: String?

    @Option(help: "Element type of the weights: f32, f16 or bf16.")
    var dtype = "f32"

    @Option(parsing: .unconditional, help: "Seed of the random weights.", transform: OptionValue.seed)
    var seed: UInt64 = 0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Most bytes of one file, in GB; default 5. A folder has more files where needed.", valueName: "gb"),
        transform: OptionValue.number(0.001...1e6))
    var shardSize: Double?

    @Flag(help: "Replace the model that is at the output already.")
    var overwrite = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if list { return try checkList() }
        guard preset == nil || config == nil else {
            throw ValidationError("--preset and --config exclude each other; --set changes values of either")
        }
        guard preset != nil || config != nil else { throw ValidationError("give --preset or --config, or --list to see the presets") }
        guard let output, !output.isEmpty else { throw ValidationError("--output must name a .safetensors file or a folder") }
        let others = ModelSuffix.all.filter { $0 != ".safetensors" } + [".onnx", ".json"]
        if let suffix = others.first(where: output.lowercased().hasSuffix) {
            throw ValidationError("--output is a .safetensors file or a folder; \(suffix) is not written")
        }
        guard ["f32", "f16", "bf16"].contains(dtype) else { throw ValidationError("--dtype must be f32, f16 or bf16, not '\(dtype)'") }
        guard !bundle || (preset != nil && !output.hasSuffix(".safetensors")) else {
            throw ValidationError("--bundle needs --preset, and a folder as --output")
        }
        if textTokenizer != nil, !bundle { throw ValidationError("--text-tokenizer is for a bundle.yaml; give --bundle too") }
        if shardSize != nil, output.hasSuffix(".safetensors") {
            throw ValidationError("--shard-size is for a folder; '\(output)' is one file")
        }
        if let preset, ModelPreset.named(preset) == nil {
            let hint = NearNames.hint(
                preset.lowercased(), in: ModelPreset.all.flatMap { [$0.name] + $0.aliases }, otherwise: "'tessera init --list' lists them")
            throw ValidationError("there is no preset '\(preset)'; \(hint)")
        }
        _ = try ConfigChanges(changes)
    }

    /// Only the form of the list can be chosen.
    private func checkList() throws {
        let given = [
            ("--preset", preset != nil), ("--config", config != nil), ("--set", !changes.isEmpty), ("--output", output != nil),
            ("--bundle", bundle), ("--text-tokenizer", textTokenizer != nil), ("--dtype", dtype != "f32"), ("--seed", seed != 0),
            ("--shard-size", shardSize != nil), ("--overwrite", overwrite),
        ]
        if let flag = given.first(where: \.1)?.0 { throw ValidationError("\(flag) has no effect with --list, which writes no model") }
    }

    func run() throws {
        try global.apply()
        if list { return try writeList() }
        guard let output else { return }
        try check(output)
        let outputs = OutputGroup()
        do { try report(write(to: output, outputs)) } catch {
            outputs.discard()
            throw error
        }
        outputs.complete()
    }

    /// Finds out before the work that the output cannot be made. The folder of a file is made too.
    private func check(_ output: String) throws {
        guard output.hasSuffix(".safetensors") else { return try FlagName.checkFolder("--output", output) }
        let folder = FilePath.folder(of: output)
        try FilePath.exists(folder) ? FlagName.checkFile("--output", output) : FlagName.checkFolder("--output", folder)
    }

    struct Row: Encodable {
        let path: String
        let files: [String]
        let parameters: Int
        let bytes: Int
    }

    private func write(to output: String, _ outputs: OutputGroup) throws -> [Row] {
        if let preset = preset.flatMap({ ModelPreset.named($0) }) {
            let config = try ConfigChanges(changes).applied(to: preset.config, of: preset.name)
            return bundle ? try writeBundle(preset, config, output, outputs) : [try write(config, preset.name, to: output, outputs)]
        }
        guard let file = config, case .dict(let fields) = try Config.read(file).value else { return [] }
        let name = URL(fileURLWithPath: output).deletingPathExtension().lastPathComponent
        return [try write(try ConfigChanges(changes).applied(to: fields, of: file), name, to: output, outputs)]
    }

    private func write(_ fields: ConfigDictionary, _ name: String, to path: String, _ outputs: OutputGroup) throws -> Row {
        var initializer = CheckpointInitializer(Config(.dict(fields), file: config ?? name), name: name)
        initializer.outputs = outputs
        initializer.dtype = DType(rawValue: dtype) ?? .f32
        initializer.seed = seed
        initializer.shardSize = Int((shardSize ?? 5) * 1e9)
        _ = try initializer.tensors()
        let present = PresentModel(path)
        try present.check(overwrite)
        present.removeAbandoned()
        let bar = ProgressBar("writing \(name)")
        initializer.onProgress = { bar.update($0, detail: path) }
        if path.hasSuffix(".safetensors") {
            outputs.willMake(path)
            try Folders.make(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        }
        let made = try initializer.write(to: present.place)
        bar.finish()
        let files = try present.replace(by: made.files)
        return Row(path: path, files: files, parameters: made.parameters, bytes: made.bytes)
    }

    private func writeBundle(
        _ preset: ModelPreset, _ config: ConfigDictionary, _ folder: String, _ outputs: OutputGroup
    ) throws -> [Row] {
        guard preset.kind == .transformer else {
            throw Refusal.usage("--bundle: \(preset.name) is a tokenizer; a bundle is made around a transformer")
        }
        if let textTokenizer, !FilePath.isFile(textTokenizer) {
            throw Refusal.missing("--text-tokenizer \(textTokenizer) is no file; name the tokenizer's .json file")
        }
        try PresentModel(bundle: folder).check(overwrite)
        var rows = [try write(config, preset.name, to: "\(folder)/\(preset.name)", outputs)]
        var lines = ["name: \(preset.name), random weights", "model: \(preset.name)"]
        if let textTokenizer { lines.append("text_tokenizer: \(ConfigValue.string(URL(fileURLWithPath: textTokenizer).path))") }
        lines.append("tokenizers:")
        var written: Set<String> = []
        for (modality, tokenizer) in preset.tokenizers.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(modality): \(tokenizer.name)")
            guard written.insert(tokenizer.name).inserted else { continue }
            rows.append(try write(tokenizer.config, tokenizer.name, to: "\(folder)/\(tokenizer.name)", outputs))
        }
        outputs.willMake("\(folder)/bundle.yaml")
        try OutputFile.write(lines.joined(separator: "\n") + "\n", to: "\(folder)/bundle.yaml")
        return rows
    }

    private func report(_ rows: [Row]) throws {
        if json { return try Output.writeJSON(rows) }
        for row in rows {
            let files = row.files.count > 2 ? ", \(row.files.count) files" : ""
            Output.line("\(row.path)\t\(Human.count(Double(row.parameters))) parameters, \(Human.bytes(row.bytes)) (\(dtype))\(files)")
        }
    }

    private func writeList() throws {
        struct Entry: Encodable {
            let name: String
            let aliases: [String]
            let kind: ModelPreset.Kind
            let summary: String
            let hubNames: [String]
            let parameters: Int
        }
        let entries = try ModelPreset.all.map { preset in
            let tensors = try ModelSkeleton.tensors(Config(.dict(preset.config), file: preset.name), name: preset.name)
            let parameters = tensors.reduce(0) { $0 + ($1.type.elementCount.value ?? 0) }
            return Entry(
                name: preset.name, aliases: preset.aliases, kind: preset.kind, summary: preset.summary, hubNames: preset.hubNames,
                parameters: parameters)
        }
        if json { return try Output.writeJSON(entries) }
        Output.table(
            ["preset", "or", "parameters", "is", "on the Hub"],
            entries.map {
                [
                    $0.name, $0.aliases.joined(separator: ", "), Human.count(Double($0.parameters)), $0.summary,
                    $0.hubNames.joined(separator: ", "),
                ]
            })
    }
}
