import Formats
import Foundation
import Names

/// Models in several files: `NAME-00001-of-00003.safetensors`, …, and `NAME.safetensors.index.json`, which says what lies where.
enum ShardSet {
    private static let indexSuffixes = [".safetensors.index.json", ".bin.index.json"]
    /// Bytes; the index of a model with 100 000 tensors takes ten million.
    private static let largestIndex = 1 << 26

    /// Files that shard sets among `files` of the folder `snapshot` lack, sorted. What an unreadable index names is not known.
    static func missing(from files: [String], in snapshot: String) -> [String] {
        let present = Set(files)
        var missing: Set<String> = []
        // A model in one file needs no shards.
        for index in files
        where indexSuffixes.contains(where: index.hasSuffix) && !present.contains(String(index.dropLast(".index.json".count))) {
            missing.formUnion(shards(of: index, in: snapshot).filter { !present.contains($0) })
        }
        // A pull fetches shards before their index.
        for file in files {
            guard let shard = ShardName(file), !present.contains(shard.single), !shard.all(among: present).allSatisfy(present.contains)
            else { continue }
            // Variants have indices of other names, such as NAME.safetensors.index.fp16.json.
            let folder = folder(of: file)
            let hasIndex = files.contains { $0.hasSuffix(".json") && $0.contains(".index.") && self.folder(of: $0) == folder }
            if !hasIndex { missing.insert(shard.single + ".index.json") }
        }
        return missing.sorted()
    }

    /// The missing files as a message names them.
    static func list(_ missing: [String]) -> String {
        let shown = missing.prefix(8).map(ForeignText.clean).joined(separator: ", ")
        return missing.count > 8 ? "\(shown) and \(missing.count - 8) more" : shown
    }

    private struct Index: Decodable {
        let files: [String: String]

        private enum CodingKeys: String, CodingKey { case files = "weight_map" }
    }

    private static func shards(of index: String, in snapshot: String) -> [String] {
        let path = "\(snapshot)/\(index)"
        guard let bytes = try? MappedFile.bytes(path, limit: largestIndex),
            let read = try? ConfigValue(json: Data(bytes), file: path).decode(Index.self)
        else { return [] }
        let folder = folder(of: index)
        return read.files.values.map { folder + $0 }
    }

    /// `a/b/` of `a/b/c`; empty for a file at the root.
    private static func folder(of file: String) -> String {
        file.split(separator: "/", omittingEmptySubsequences: false).dropLast().map { $0 + "/" }.joined()
    }
}
