import IR

/// Tensors and configuration of a model, from one file, several shards or a folder.
package struct Checkpoint: Sendable {
    /// Name of the folder, or of the file without its suffix.
    package private(set) var name: String
    /// The tensors by name, aliases included.
    package let tensors: [String: Constant]
    /// Names of tied tensors, with the names under which their data are stored.
    package let aliases: [String: String]
    /// The model's configuration; empty if there is none.
    package let config: Config
    /// Paths of the files read.
    package let files: [String]
    /// Whether tensors that the model does not have are no error: training checkpoints hold such (fourm/vq/__init__.py
    /// loads them with `strict=False`).
    package let isPartlyForModel: Bool
    /// LoRA adapters that were merged into the weights, a line for each file.
    package internal(set) var adapters: [String] = []

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
    /// (safetensors' `save_model` leaves tied tensors out like that); the rest of the metadata is configuration.
    init(name: String, merging files: [SafeTensorsFile], extraFiles: [String] = []) throws(CheckpointError) {
        var tensors: [String: Constant] = [:]
        var owners: [String: String] = [:]
        for file in files {
            for tensor in file.tensors {
                if let other = owners.updateValue(file.path, forKey: tensor.key) {
                    throw CheckpointError(.duplicate, file: file.path, subject: tensor.key, "it is in \(other) too")
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
    }

    /// `self` with another configuration.
    func with(config: Config) -> Checkpoint {
        let files = files.contains(config.file) ? files : files + [config.file]
        var made = Checkpoint(
            name: name, tensors: tensors, aliases: aliases, config: config, files: files, isPartlyForModel: isPartlyForModel)
        made.adapters = adapters
        return made
    }

    /// Whether the header says anything about the model; savers write `format` into every file.
    var describesModel: Bool { config.keys.contains { $0 != "format" } }
}
