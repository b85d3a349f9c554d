/// A shard index, `model.safetensors.index.json`: `weight_map` says which file holds which tensor.
struct ShardIndex {
    let path: String
    /// File names by tensor.
    let files: [String: String]
    /// The file names, sorted.
    let shards: [String]

    init(path: String) throws(CheckpointError) {
        let root = try Config.read(path)
        guard root.contains("weight_map") else {
            throw CheckpointError(
                .malformed, file: path, "no `weight_map` is here, so this is no shard index",
                advice: "name the folder or the .safetensors file")
        }
        let map = try root.section("weight_map")
        var files: [String: String] = [:]
        for tensor in map.keys {
            let file = try map.string(tensor)
            guard ShardIndex.isPlain(file) else {
                throw CheckpointError(
                    .malformed, file: path, subject: tensor,
                    "shard \(JSONText.quoted(file)) is not the name of a .safetensors file in the same folder")
            }
            files[tensor] = file
        }
        guard !files.isEmpty else { throw CheckpointError(.malformed, file: path, "`weight_map` names no tensor") }
        self.path = path
        self.files = files
        shards = Set(files.values).sorted()
    }

    /// Every tensor must be in the shard named for it, and each shard must hold nothing else.
    func check(_ opened: [SafeTensorsFile], aliases: [String: String]) throws(CheckpointError) {
        var found: Set<String> = []
        for shard in opened {
            let name = FilePath.name(of: shard.path)
            for tensor in shard.tensors {
                guard files[tensor.key] == name else {
                    let place = files[tensor.key].map { "the index places it in \($0)" } ?? "the index does not list it"
                    throw CheckpointError(.inconsistent, file: shard.path, subject: tensor.key, place)
                }
                found.insert(tensor.key)
            }
        }
        if let tensor = files.keys.filter({ !found.contains($0) && aliases[$0] == nil }).min() {
            throw CheckpointError(
                .missing, file: path, subject: tensor, "\(files[tensor] ?? "its shard") does not hold it")
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && !name.hasPrefix(".")
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
    }
}
