import Files
import IR

extension Checkpoint {
    /// Opens
    /// - a `.safetensors` file, configured by its header or, if that says nothing and the file is called
    ///   `model.safetensors`, by the `config.json` beside it;
    /// - a shard index (`….index.json`), configured by the `config.json` beside it or else by the shards' headers;
    /// - a folder with `model.safetensors`, `model.safetensors.index.json` or `pytorch_model.bin`, configured likewise;
    /// - a file of `torch.save`, known by its first bytes and configured by what it holds (see ``TorchFile``).
    ///
    /// - Parameter config: a configuration file to use instead.
    /// - Throws: ``CheckpointError`` naming file and tensor.
    package static func open(_ path: String, config: String? = nil) throws(CheckpointError) -> Checkpoint {
        let checkpoint = try openTensors(path)
        guard let config else { return checkpoint }
        return checkpoint.with(config: try Config.read(config))
    }

    /// Whether a file that begins with `start` is one that ``open(_:config:)`` takes, or says by its name that it is meant to be.
    package static func recognises(_ start: [UInt8], path: String) -> Bool {
        [".json", ".safetensors"].contains(where: path.hasSuffix) || TorchArchive.recognises(start) || SafeTensorsHeader.recognises(start)
    }

    private static func openTensors(_ path: String) throws(CheckpointError) -> Checkpoint {
        if FilePath.isFolder(path) { return try openFolder(path) }
        if path.hasSuffix(".json") { return try openIndex(path, name: stem(path)) }
        let mapping = try MappedFile.open(path)
        let start = ByteSlice(mapping).withBytes { Array($0.prefix(16)) }
        if TorchArchive.recognises(start) { return try Checkpoint(name: stem(path), torch: TorchFile(mapping, path: path)) }
        guard path.hasSuffix(".safetensors") || SafeTensorsHeader.recognises(start) else {
            let kind = FileKind(ByteSlice(mapping).withBytes { Array($0.prefix(FileKind.headCount)) })
            throw CheckpointError(
                .unsupported, file: path,
                "is neither a safetensors file, nor one of torch.save, nor an index .json, nor a folder of them"
                    + (kind.map { ", but \($0.title)" } ?? ""), advice: kind?.remedy)
        }
        let checkpoint = try Checkpoint(name: stem(path), merging: [SafeTensorsFile(mapping, path: path)])
        let beside = FilePath.join(FilePath.folder(of: path), configName)
        guard !checkpoint.describesModel, FilePath.name(of: path) == modelName, FilePath.exists(beside) else {
            return checkpoint
        }
        return checkpoint.with(config: try Config.read(beside))
    }

    private static func openFolder(_ folder: String) throws(CheckpointError) -> Checkpoint {
        let single = FilePath.join(folder, modelName)
        let index = FilePath.join(folder, modelName + ".index.json")
        let name = FilePath.name(of: folder)
        if FilePath.exists(single) {
            let checkpoint = try Checkpoint(name: name, merging: [SafeTensorsFile(path: single)])
            return try checkpoint.configured(by: folder)
        }
        let torch = FilePath.join(folder, torchName)
        guard FilePath.exists(index) || !FilePath.exists(torch) else {
            return try Checkpoint(name: name, torch: TorchFile(path: torch)).configured(by: folder)
        }
        guard FilePath.exists(index) else {
            throw CheckpointError(
                .missing, file: folder, "the folder has neither \(modelName) nor \(modelName).index.json",
                advice: "name the file itself")
        }
        return try openIndex(index, name: name)
    }

    private static func openIndex(_ path: String, name: String) throws(CheckpointError) -> Checkpoint {
        let index = try ShardIndex(path: path)
        let folder = FilePath.folder(of: path)
        var shards: [SafeTensorsFile] = []
        for shard in index.shards { shards.append(try SafeTensorsFile(path: FilePath.join(folder, shard))) }
        let checkpoint = try Checkpoint(name: name, merging: shards, extraFiles: [path])
        try index.check(shards, aliases: checkpoint.aliases)
        return try checkpoint.configured(by: folder)
    }

    private func configured(by folder: String) throws(CheckpointError) -> Checkpoint {
        let path = FilePath.join(folder, Checkpoint.configName)
        return FilePath.exists(path) ? with(config: try Config.read(path)) : self
    }

    private static let modelName = "model.safetensors"
    private static let torchName = "pytorch_model.bin"
    private static let configName = "config.json"

    /// Suffixes of files that hold a model; `NAME.json` beside one is its configuration.
    package static let suffixes = [".safetensors", ".pth", ".pt", ".bin", ".ckpt"]

    private init(name: String, torch file: TorchFile) {
        self.init(
            name: name, tensors: Dictionary(file.tensors.map { ($0.key, $0) }) { first, _ in first },
            aliases: file.aliases, config: file.config.map { Config($0, file: file.path) } ?? .empty(file: file.path), files: [file.path],
            isPartlyForModel: true)
    }

    /// The name of the file without `.safetensors`, `.index.json` and the like.
    private static func stem(_ path: String) -> String {
        var name = FilePath.name(of: path)
        for suffix in [".json", ".index"] + suffixes where name.hasSuffix(suffix) && name != suffix {
            name.removeLast(suffix.count)
        }
        return name
    }
}
