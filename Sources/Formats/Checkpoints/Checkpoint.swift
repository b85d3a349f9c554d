import IR
import Names

/// Tensors and configuration of a model, from one file, several shards or a folder.
package struct Checkpoint: Sendable {
    /// Name of the folder, or of the file without its suffix.
    package internal(set) var name: String
    /// The tensors by name, aliases included.
    package internal(set) var tensors: [String: Constant]
    /// Names of tied tensors, with the names under which their data are stored.
    package internal(set) var aliases: [String: String]
    /// The model's configuration; empty if there is none.
    package internal(set) var config: Config
    /// Paths of the files read.
    package internal(set) var files: [String]
    /// Whether tensors that the model does not have are no error: training checkpoints hold such (fourm/vq/__init__.py
    /// loads them with `strict=False`).
    package internal(set) var isPartlyForModel: Bool
    /// LoRA adapters that were merged into the weights, a line for each file.
    package internal(set) var adapters: [String] = []
    /// What is under names of tensors but cannot be read as one, such as sparse tensors, and what helps.
    package internal(set) var unread: [String: String] = [:]
    /// What was chosen where there was a choice, a line each; users should see them.
    package internal(set) var notes: [String] = []
    /// What was passed over and how types were read, a line each.
    package internal(set) var details: [String] = []

    package init(
        name: String, tensors: [String: Constant], aliases: [String: String] = [:], config: Config, files: [String],
        isPartlyForModel: Bool = false
    ) {
        self.name = name
        self.tensors = tensors
        self.aliases = aliases
        self.config = config
        self.files = files
        self.isPartlyForModel = isPartlyForModel
    }

    /// The same under another name.
    package func renamed(_ name: String) -> Checkpoint {
        var made = self
        made.name = name
        return made
    }

    /// The tensor `name`.
    /// - Throws: ``CheckpointError`` of kind `missing`.
    package func tensor(_ name: String) throws(CheckpointError) -> Constant {
        guard let tensor = tensors[name] else {
            throw CheckpointError(
                .missing, file: files.first ?? self.name, subject: name, "the checkpoint has no such tensor")
        }
        return tensor
    }
}

extension Checkpoint {
    /// Joins opened files. A metadata entry whose key is no tensor and whose value is the name of one is an alias
    /// (safetensors' `save_model` leaves tied tensors out like that); the rest of the metadata is configuration. A tensor that is the same
    /// in two files, byte for byte, is one.
    init(name: String, merging files: [SafeTensorsFile], extraFiles: [String] = []) throws(CheckpointError) {
        var tensors: [String: Constant] = [:]
        var owners: [String: String] = [:]
        for file in files {
            for tensor in file.tensors {
                if let other = owners.updateValue(file.path, forKey: tensor.key), tensors[tensor.key] != tensor {
                    throw CheckpointError(.duplicate, file: file.path, subject: tensor.key, "it is in \(other) too, with other values")
                }
                tensors[tensor.key] = tensor
            }
        }
        var aliases: [String: String] = [:]
        var settings: [String: String] = [:]
        for (key, text) in files.flatMap({ $0.metadata.sorted { $0.key < $1.key } }) {
            if tensors[key] == nil && tensors[text] != nil {
                aliases[key] = aliases[key] ?? text
            } else {
                settings[key] = settings[key] ?? text
            }
        }
        for (alias, kept) in aliases {
            if let tensor = tensors[kept] {
                tensors[alias] = Constant(key: alias, type: tensor.type, bytes: tensor.bytes)
            }
        }
        let paths = files.map(\.path)
        let config = Config(HeaderText.parse(settings), file: paths.first ?? name)
        self.init(name: name, tensors: tensors, aliases: aliases, config: config, files: paths + extraFiles)
        details = SafeTensorsFile.conversions(files)
    }

    init(name: String, torch file: TorchFile) {
        self.init(
            name: name, tensors: Dictionary(file.tensors.map { ($0.key, $0) }) { first, _ in first }, aliases: file.aliases,
            config: file.config.map { Config($0, file: file.path) } ?? .empty(file: file.path), files: [file.path], isPartlyForModel: true)
        (unread, notes, details) = (file.unread, file.notes, file.details)
    }

    /// Joins shards written by torch.save.
    init(name: String, merging files: [TorchFile], extraFiles: [String] = []) throws(CheckpointError) {
        self.init(
            name: name, tensors: [:], config: .empty(file: files.first?.path ?? name), files: files.map(\.path) + extraFiles,
            isPartlyForModel: true)
        for file in files {
            let part = Checkpoint(name: name, torch: file)
            for (key, tensor) in part.tensors {
                guard let known = tensors.updateValue(tensor, forKey: key), known != tensor else { continue }
                throw CheckpointError(.duplicate, file: file.path, subject: key, "it is in another shard too, with other values")
            }
            aliases.merge(part.aliases) { first, _ in first }
            unread.merge(part.unread) { first, _ in first }
            for line in part.details where !details.contains(line) { details.append(line) }
        }
    }

    /// `self` with another configuration.
    func with(config: Config) -> Checkpoint {
        var made = self
        made.config = config
        if !files.contains(config.file) { made.files.append(config.file) }
        return made
    }

    /// `self` with names as models have them; see ``TensorNames``.
    /// - Parameter stateKey: what the names begin with, without the final point; all else is left out.
    func withPlainNames(_ stateKey: String?) throws(CheckpointError) -> Checkpoint {
        let prefix = stateKey.flatMap { $0.isEmpty ? nil : $0.hasSuffix(".") ? $0 : $0 + "." }
        guard let names = TensorNames(tensors.keys.sorted() + unread.keys.sorted(), prefix: prefix) else {
            throw CheckpointError(
                .missing, file: files.first ?? name, subject: prefix, "no tensor's name begins so (--state-key)",
                advice:
                    "names begin with: \(Set(tensors.keys.map { String($0.prefix { $0 != "." }) }).sorted().prefix(12).joined(separator: ", "))"
            )
        }
        if names.notes.isEmpty { return self }
        var made = self
        made.tensors = [:]
        for (key, tensor) in tensors {
            guard let name = names.renamed[key] else { continue }
            made.tensors[name] = Constant(key: name, type: tensor.type, bytes: tensor.bytes)
        }
        made.aliases = [:]
        for (alias, kept) in aliases {
            if let alias = names.renamed[alias], let kept = names.renamed[kept] { made.aliases[alias] = kept }
        }
        made.unread = Dictionary(unread.compactMap { key, reason in names.renamed[key].map { ($0, reason) } }) { first, _ in first }
        made.notes += names.notes.map(ForeignText.clean)
        return made
    }

    /// Whether the header says anything about the model; savers write `format` into every file.
    var describesModel: Bool { config.keys.contains { $0 != "format" } }
}
