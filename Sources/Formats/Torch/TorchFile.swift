import IR

/// A checkpoint of `torch.save`: the tensors of a state dict, mapped, and the configuration saved with them.
///
/// The state dict is the dictionary under `model` or `state_dict`, or the whole object; the configuration is what
/// `config` or `args` (an `argparse.Namespace`) holds beside it. Tensors that share a storage share its bytes.
package struct TorchFile: Sendable {
    package let path: String
    /// The tensors in the order of the state dict.
    package let tensors: [Constant]
    /// `config`, or the training arguments in `args` as ``TorchArguments`` turns them into a configuration.
    package let config: ConfigValue?

    /// - Throws: ``CheckpointError`` naming the file, and the tensor or the Python name at fault.
    package init(path: String) throws(CheckpointError) {
        try self.init(MappedFile.open(path), path: path)
    }

    /// The file's content in memory; `path` is for messages.
    package init(_ bytes: Bytes, path: String) throws(CheckpointError) {
        try self.init(bytes, path: path, verify: true)
    }

    /// - Parameter verify: false reads a zip form whose checksums are wrong, which nothing but the fuzzer should.
    init(_ bytes: Bytes, path: String, verify: Bool) throws(CheckpointError) {
        let archive = try TorchArchive(ByteSlice(bytes), path: path, verify: verify)
        let (dictionary, isNested) = try TorchFile.stateDict(archive)
        var views = TorchViews(archive: archive, fileSize: bytes.count)
        var tensors: [Constant] = []
        var places: [String: Int] = [:]
        for (name, tensor) in dictionary {
            let constant = try views.constant(tensor, name)
            if let place = places[name] {
                tensors[place] = constant
            } else {
                places[name] = tensors.count
                tensors.append(constant)
            }
        }
        self.path = path
        self.tensors = TorchFile.withoutModulePrefix(tensors)
        let pickle = archive.pickle
        if isNested, let config = pickle.value("config", of: pickle.root), pickle.entries(config) != nil {
            self.config = try pickle.config(config, file: path)
        } else if isNested, let args = pickle.value("args", of: pickle.root), pickle.entries(args) != nil {
            self.config = TorchArguments.config(try pickle.config(args, file: path), shapes: TorchFile.shapes(self.tensors))
        } else {
            config = nil
        }
    }

    /// Names of tensors that are the same bytes as an earlier one, with that one's name.
    var aliases: [String: String] {
        struct Place: Hashable {
            let owner: ObjectIdentifier
            let offset, count: Int
        }
        var first: [Place: Constant] = [:]
        var aliases: [String: String] = [:]
        for tensor in tensors {
            guard let bytes = tensor.bytes, bytes.count > 0 else { continue }
            let place = Place(owner: ObjectIdentifier(bytes.owner), offset: bytes.offset, count: bytes.count)
            let kept = first[place] ?? tensor
            first[place] = kept
            if kept.key != tensor.key && kept.type == tensor.type { aliases[tensor.key] = kept.key }
        }
        return aliases
    }

    private static func shapes(_ tensors: [Constant]) -> [String: [Int]] {
        Dictionary(tensors.map { ($0.key, $0.type.staticShape ?? []) }) { first, _ in first }
    }

    /// The state dict's tensors, and whether it is a part of the saved object.
    private static func stateDict(
        _ archive: TorchArchive
    ) throws(CheckpointError) -> (tensors: [(String, TorchTensor)], isNested: Bool) {
        let pickle = archive.pickle
        guard pickle.entries(pickle.root) != nil else {
            throw CheckpointError(
                .unsupported, file: archive.path, "holds \(pickle.kindName(pickle.root)), a dict of tensors is needed",
                advice: "save a state dict: torch.save(model.state_dict(), …)")
        }
        for key in ["model", "state_dict"] {
            guard let part = pickle.value(key, of: pickle.root), pickle.entries(part) != nil else { continue }
            let tensors = tensors(pickle, part)
            if !tensors.isEmpty { return (tensors, true) }
        }
        let whole = tensors(pickle, pickle.root)
        guard !whole.isEmpty else {
            throw CheckpointError(
                .missing, file: archive.path, "no tensors are under 'model' or 'state_dict', nor beside them",
                advice: "its keys are: \(keys(pickle).prefix(12).joined(separator: ", "))")
        }
        return (whole, false)
    }

    private static func tensors(_ pickle: Pickle, _ dictionary: PickleValue) -> [(String, TorchTensor)] {
        (pickle.entries(dictionary) ?? []).compactMap { entry in
            guard case .string(let name) = entry.key, case .tensor(let tensor) = pickle.node(entry.value) else { return nil }
            return (name, tensor)
        }
    }

    private static func keys(_ pickle: Pickle) -> [String] {
        (pickle.entries(pickle.root) ?? []).compactMap { entry in
            if case .string(let name) = entry.key { JSONText.quoted(String(name.prefix(40))) } else { nil }
        }
    }

    /// Distributed training wraps the model as `module`.
    private static func withoutModulePrefix(_ tensors: [Constant]) -> [Constant] {
        let prefix = "module."
        guard tensors.allSatisfy({ $0.key.hasPrefix(prefix) && $0.key != prefix }) else { return tensors }
        return tensors.map { Constant(key: String($0.key.dropFirst(prefix.count)), type: $0.type, bytes: $0.bytes) }
    }
}
