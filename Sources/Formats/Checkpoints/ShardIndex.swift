import Files
import Names

/// A shard index, `model.safetensors.index.json` or `pytorch_model.bin.index.json`: `weight_map` says which file holds which tensor.
struct ShardIndex {
    let path: String
    /// File names by tensor, below the folder of the index.
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
            guard ModelFolder.isModel(file), OutsideName.isPlain(file), !file.hasPrefix(".") else {
                throw CheckpointError(
                    .malformed, file: path, subject: tensor,
                    "shard \(JSONText.quoted(file)) is not the name of a model's file in the folder of the index or below it")
            }
            files[tensor] = file
        }
        guard !files.isEmpty else { throw CheckpointError(.malformed, file: path, "`weight_map` names no tensor") }
        self.path = path
        self.files = files
        shards = Set(files.values).sorted()
    }

    /// Every tensor must be in the shard named for it, and no shard may hold one that the index does not list.
    /// - Parameters:
    ///   - opened: paths of the shards, with the names of their tensors.
    ///   - known: tensors that are there in another way.
    func check(_ opened: [(path: String, tensors: [String])], below folder: String, known: Set<String>) throws(CheckpointError) {
        var places: [String: [String]] = [:]
        for (path, tensors) in opened {
            for tensor in tensors {
                guard files[tensor] != nil else {
                    throw CheckpointError(.inconsistent, file: path, subject: tensor, "the index does not list it")
                }
                places[tensor, default: []].append(path)
            }
        }
        let lost = files.filter { tensor, file in
            !known.contains(tensor) && places[tensor]?.contains(FilePath.join(folder, file)) != true
        }
        guard let (tensor, file) = lost.min(by: { $0.key < $1.key }) else { return }
        if let place = places[tensor]?.first {
            throw CheckpointError(
                .inconsistent, file: place, subject: tensor, "it is here, but the index places it in \(file)",
                advice: "the index belongs to other shards: fetch both again")
        }
        throw CheckpointError(.missing, file: path, subject: tensor, "\(file) does not hold it")
    }
}
