import IR
import Names

/// A checkpoint of `torch.save`: the tensors of a state dict, mapped, and the configuration saved with them.
///
/// Which dictionary is the state dict, ``StateDict`` tells; the configuration is what `config` or `args` (an `argparse.Namespace`) holds
/// beside it, or beside what it is in. Tensors that share a storage share its bytes.
struct TorchFile: Sendable {
    let path: String
    /// The tensors in the order of the state dict.
    let tensors: [Constant]
    /// Why entries of the state dict are no tensors here, by name.
    let unread: [String: String]
    /// `config`, or the training arguments in `args` as ``TorchArguments`` turns them into a configuration.
    let config: ConfigValue?
    /// Choices that were made, a line each.
    let notes: [String]
    /// What was passed over and how types were read, a line each.
    let details: [String]

    /// The file's content in memory; `path` is for messages.
    /// - Parameters:
    ///   - verify: false reads a zip form whose checksums are wrong, which nothing but the fuzzer should.
    ///   - stateKey: where the state dict is; see ``StateDict``.
    ///   - isShard: keeps names as they are, since a part of a model does not tell what stands before its names.
    /// - Throws: ``CheckpointError`` naming the file, and the tensor or the Python name at fault.
    init(
        _ bytes: Bytes, path: String, verify: Bool = true, stateKey: String? = nil, isShard: Bool = false
    ) throws(CheckpointError) {
        let archive = try TorchArchive(ByteSlice(bytes), path: path, verify: verify)
        let dictionary = try StateDict(archive.pickle, key: stateKey, keepsNames: isShard, file: path)
        var views = TorchViews(archive: archive, fileSize: bytes.count)
        var tensors: [Constant] = []
        tensors.reserveCapacity(dictionary.tensors.count)
        for (name, tensor) in dictionary.tensors { tensors.append(try views.constant(tensor, name)) }
        self.path = path
        self.tensors = tensors
        unread = dictionary.unread.mapValues(UnreadObject.reason)
        config = try TorchFile.config(archive.pickle, dictionary.path, shapes: TorchFile.shapes(tensors), path)
        notes = dictionary.notes.map(ForeignText.clean)
        details = TorchFile.conversions(dictionary.tensors.map(\.tensor.element)) + TorchFile.passedOver(archive.pickle.passedOver)
    }

    /// What `config` or `args` beside the state dict says, else beside the dictionary that it is in, and so on; a state dict that is the
    /// whole object has nothing beside it.
    private static func config(
        _ pickle: Pickle, _ path: [String], shapes: [String: [Int]], _ file: String
    ) throws(CheckpointError) -> ConfigValue? {
        for depth in path.indices.reversed() {
            let parent = path[..<depth].reduce(pickle.root) { pickle.value($1, of: $0) ?? .none }
            if let config = pickle.value("config", of: parent), pickle.entries(config) != nil {
                return try pickle.config(config, file: file)
            }
            if let args = pickle.value("args", of: parent), pickle.entries(args) != nil {
                return TorchArguments.config(try pickle.config(args, file: file), shapes: shapes)
            }
        }
        return nil
    }

    private static func conversions(_ elements: [TorchElement]) -> [String] {
        let counts = Dictionary(elements.filter(\.isConverted).map { ($0.name, 1) }, uniquingKeysWith: +)
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) tensors of \($0.key) are read as f16, which holds all its values" }
    }

    private static func passedOver(_ names: Set<String>) -> [String] {
        if names.isEmpty { return [] }
        let shown = names.sorted().prefix(20).map { ForeignText.clean(String($0.prefix(100))) }.joined(separator: ", ")
        return ["objects passed over, nothing of them was executed: \(shown)\(names.count > 20 ? " and \(names.count - 20) more" : "")"]
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
}
