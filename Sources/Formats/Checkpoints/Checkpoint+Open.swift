import Files
import IR
import Names

extension Checkpoint {
    /// Opens
    /// - a safetensors file or one of `torch.save`, known by its first bytes; a shard is opened with its whole set;
    /// - a shard index (`….index.json`);
    /// - a folder, of which ``ModelFolder`` tells which files are the model.
    ///
    /// The configuration is `config`, else `NAME.json` beside a file `NAME.safetensors`, `NAME.pth` and the like, else `config.json` in a
    /// folder and beside an index, else what the file says, else the `config.json` beside it. Wrappers' prefixes are taken off the names of tensors (``TensorNames``).
    ///
    /// - Parameters:
    ///   - config: a configuration file to use instead.
    ///   - stateKey: where in the file the model is: keys of a torch file's dictionaries, then the start of names, joined by points.
    /// - Throws: ``CheckpointError`` naming file and tensor.
    package static func open(_ path: String, config: String? = nil, stateKey: String? = nil) throws(CheckpointError) -> Checkpoint {
        let checkpoint = try FilePath.isFolder(path) ? openFolder(path, stateKey) : openPath(path, stateKey)
        guard let config = config ?? siblingConfiguration(path) else { return checkpoint }
        return checkpoint.with(config: try Config.read(config))
    }

    /// Whether a file that begins with `start` is one that ``open(_:config:stateKey:)`` takes, or says by its name that it is meant to be.
    package static func recognises(_ start: [UInt8], path: String) -> Bool {
        let name = path.lowercased()
        return ([".json"] + ModelSuffix.all).contains(where: name.hasSuffix) || TorchArchive.recognises(start)
            || SafeTensorsHeader.recognises(start)
    }

    /// `NAME.json` can hold keys that the official reader does not take from a header, such as `modality_overrides`.
    private static func siblingConfiguration(_ path: String) -> String? {
        let stem = ModelFolder.stem(path)
        return stem != path && FilePath.exists(stem + ".json") ? stem + ".json" : nil
    }

    // MARK: Files

    private static func openPath(_ path: String, _ stateKey: String?) throws(CheckpointError) -> Checkpoint {
        if path.lowercased().hasSuffix(".json") { return try openIndex(path, name: stem(path), stateKey) }
        let folder = FilePath.folder(of: path)
        if let shard = ShardName(FilePath.name(of: path)), let set = try openSet(of: shard, folder, name: stem(path), stateKey) {
            return set
        }
        let checkpoint = try openFile(path, name: stem(path), stateKey)
        return checkpoint.describesModel ? checkpoint : try checkpoint.configured(by: folder)
    }

    private static func openFile(_ path: String, name: String, _ stateKey: String?) throws(CheckpointError) -> Checkpoint {
        let mapping = try MappedFile.open(path)
        if TorchArchive.recognises(start(of: mapping)) {
            return try Checkpoint(name: name, torch: TorchFile(mapping, path: path, stateKey: stateKey))
        }
        return try openStored(path, name: name, mapping).withPlainNames(stateKey)
    }

    private static func start(of mapping: Bytes) -> [UInt8] { ByteSlice(mapping).withBytes { Array($0.prefix(16)) } }

    /// The tensors of one file under the names that it gives them.
    private static func openStored(_ path: String, name: String, _ mapping: Bytes) throws(CheckpointError) -> Checkpoint {
        let start = start(of: mapping)
        if TorchArchive.recognises(start) {
            return try Checkpoint(name: name, merging: [TorchFile(mapping, path: path, isShard: true)], extraFiles: [])
        }
        guard path.lowercased().hasSuffix(".safetensors") || SafeTensorsHeader.recognises(start) else {
            throw ByteSlice(mapping).withBytes {
                CheckpointError.foreign($0, file: path, needed: "a safetensors file or one of torch.save")
            }
        }
        let file = try SafeTensorsFile(mapping, path: path)
        guard !file.isCompiled else {
            throw CheckpointError(
                .unsupported, file: path, "is a compiled model, whose weights are in the order of its kernels; a checkpoint is needed",
                advice: "give the checkpoint that it was compiled from")
        }
        return try Checkpoint(name: name, merging: [file])
    }

    // MARK: Folders

    private static func openFolder(_ folder: String, _ stateKey: String?) throws(CheckpointError) -> Checkpoint {
        let names = try names(in: folder)
        let name = FilePath.name(of: folder)
        let checkpoint: Checkpoint
        switch ModelFolder.choice(among: names) {
        case .file(let file, let isUsual):
            let path = FilePath.join(folder, file)
            if isUsual, let index = try completeIndex(beside: file, names, folder, stateKey, name: name) { return index }
            checkpoint = try openFile(path, name: name, stateKey)
                .noting(isUsual ? nil : "of the folder \(folder), \(file) is taken, the one model file there")
            if !FilePath.exists(FilePath.join(folder, configName)), let sibling = siblingConfiguration(path) {
                return checkpoint.with(config: try Config.read(sibling))
            }
        case .index(let index): return try openIndex(FilePath.join(folder, index), name: name, stateKey)
        case .shards(let shards): checkpoint = try openShards(shards, folder, name: name, stateKey)
        case .incomplete(let missing): throw lacks(missing, of: folder)
        case .several(let models):
            throw CheckpointError(
                .missing, file: folder, "the folder holds several models", advice: "name one of them: \(list(models, folder))")
        case .none:
            throw CheckpointError(
                .missing, file: folder,
                names.isEmpty ? "the folder holds no model" : "the folder holds no model, but \(list(names, nil))",
                advice: "a model is a .safetensors, .pth, .pt, .bin or .ckpt file, or shards of one")
        }
        return try checkpoint.configured(by: folder)
    }

    /// The model of an index beside the one file `file`, if that cannot be opened or holds only a part of what the index names, as an
    /// interrupted conversion leaves it; nil if the file holds all.
    private static func completeIndex(
        beside file: String, _ names: [String], _ folder: String, _ stateKey: String?, name: String
    ) throws(CheckpointError) -> Checkpoint? {
        guard let index = names.first(where: { $0.lowercased() == file.lowercased() + ".index.json" }) else { return nil }
        let path = FilePath.join(folder, index)
        let parts = try ShardIndex(path: path)
        guard parts.shards.allSatisfy({ FilePath.exists(FilePath.join(folder, $0)) }) else { return nil }
        guard let fault = fault(of: FilePath.join(folder, file), for: parts) else { return nil }
        return try openIndex(path, name: name, stateKey)
            .noting("\(FilePath.join(folder, file)) \(fault) and is left out: the shards of \(index) are taken")
    }

    /// What keeps the file at `path` from being the whole model of `index`, in words; nil if nothing does.
    private static func fault(of path: String, for index: ShardIndex) -> String? {
        do throws(CheckpointError) {
            let whole = try openStored(path, name: "", MappedFile.open(path))
            let known = Set(whole.tensors.keys).union(whole.aliases.keys).union(whole.unread.keys)
            return index.files.keys.filter { !known.contains($0) }.min().map { "lacks \($0)" }
        } catch { return "cannot be used (\(error.problem))" }
    }

    private static func names(in folder: String) throws(CheckpointError) -> [String] {
        let suffixes = Set(ModelSuffix.all.map { String($0.dropFirst()) } + ["json"])
        do throws(OutputError) {
            return try FolderListing(folder, suffixes: suffixes).files
        } catch { throw CheckpointError(.unreadable, file: folder, error.problem) }
    }

    /// `paths of the first few names`, below `folder` if one is given.
    private static func list(_ names: [String], _ folder: String?) -> String {
        let shown = names.prefix(12).map { name in ForeignText.clean(folder.map { FilePath.join($0, name) } ?? name) }
        return shown.joined(separator: ", ") + (names.count > shown.count ? " and \(names.count - shown.count) more" : "")
    }

    // MARK: Shards

    /// The set of a shard that was named: of the index that names it, else by the numbers in its name; nil for the one shard of one.
    private static func openSet(
        of shard: ShardName, _ folder: String, name: String, _ stateKey: String?
    ) throws(CheckpointError) -> Checkpoint? {
        let names = try names(in: folder)
        for index in names where index.lowercased().hasSuffix(".json") && index.lowercased().contains(".index.") {
            let path = FilePath.join(folder, index)
            guard let parts = try? ShardIndex(path: path), parts.shards.contains(shard.name) else { continue }
            return try openIndex(path, name: stem(path), stateKey).noting("\(shard.name) is one shard of \(path): all of them are taken")
        }
        // One that is not there is told of by its own name.
        guard shard.count > 1, FilePath.exists(FilePath.join(folder, shard.name)) else { return nil }
        switch ModelFolder.choice(of: shard, among: names) {
        case .shards(let shards):
            return try openShards(shards, folder, name: name, stateKey).configured(by: folder)
                .noting("\(shard.name) is one shard of \(shards.count): all of them are taken")
        case .incomplete(let missing): throw lacks(missing, of: folder)
        default: return nil
        }
    }

    private static func openIndex(_ path: String, name: String, _ stateKey: String?) throws(CheckpointError) -> Checkpoint {
        let index = try ShardIndex(path: path)
        let folder = FilePath.folder(of: path)
        let missing = index.shards.filter { !FilePath.exists(FilePath.join(folder, $0)) }
        guard missing.isEmpty else { throw lacks(missing, of: path) }
        return try openShards(index.shards, folder, name: name, stateKey, index: index).configured(by: folder)
    }

    private static func openShards(
        _ names: [String], _ folder: String, name: String, _ stateKey: String?, index: ShardIndex? = nil
    ) throws(CheckpointError) -> Checkpoint {
        let extra = index.map { [$0.path] } ?? []
        var (plain, torch): ([SafeTensorsFile], [TorchFile]) = ([], [])
        for shard in names {
            let path = FilePath.join(folder, shard)
            let mapping = try MappedFile.open(path)
            if TorchArchive.recognises(start(of: mapping)) {
                torch.append(try TorchFile(mapping, path: path, isShard: true))
            } else {
                plain.append(try SafeTensorsFile(mapping, path: path))
            }
        }
        guard torch.isEmpty || plain.isEmpty else {
            throw CheckpointError(
                .inconsistent, file: index?.path ?? folder, "some of the shards are safetensors files, others files of torch.save",
                advice: "fetch the model again")
        }
        let checkpoint =
            try torch.isEmpty
            ? Checkpoint(name: name, merging: plain, extraFiles: extra) : Checkpoint(name: name, merging: torch, extraFiles: extra)
        try index?.check(
            plain.map { ($0.path, $0.tensors.map(\.key)) } + torch.map { ($0.path, $0.tensors.map(\.key)) }, below: folder,
            known: Set(checkpoint.aliases.keys).union(checkpoint.unread.keys))
        return try checkpoint.withPlainNames(stateKey)
    }

    private static func lacks(_ missing: [String], of place: String) -> CheckpointError {
        CheckpointError(
            .missing, file: place, "\(missing.count == 1 ? "a shard is" : "\(missing.count) shards are") not there: \(list(missing, nil))",
            advice: "fetch \(missing.count == 1 ? "it" : "them"): without all shards the model is not whole")
    }

    // MARK: Parts

    private func configured(by folder: String) throws(CheckpointError) -> Checkpoint {
        let path = FilePath.join(folder, Checkpoint.configName)
        return FilePath.exists(path) ? with(config: try Config.read(path)) : self
    }

    private func noting(_ note: String?) -> Checkpoint {
        var made = self
        if let note { made.notes.insert(ForeignText.clean(note), at: 0) }
        return made
    }

    private static let configName = "config.json"

    /// The name of the file without `.safetensors`, `.index.json` and the like.
    private static func stem(_ path: String) -> String {
        var name = FilePath.name(of: path)
        for suffix in [".json", ".index"] where name.lowercased().hasSuffix(suffix) && name.count > suffix.count {
            name.removeLast(suffix.count)
        }
        let stem = ModelFolder.stem(name)
        return stem.isEmpty ? name : stem
    }
}
