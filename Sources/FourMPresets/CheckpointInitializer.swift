import Files
import Formats
import Foundation
import FourMSettings
import IR

/// Writes checkpoints of a model's true shape with random weights, without ever holding them in memory.
package struct CheckpointInitializer {
    package let config: Config
    package let name: String
    /// Element type of the weights: f32, f16 or bf16.
    package var dtype = DType.f32
    package var seed: UInt64 = 0
    /// Most bytes of one file of a folder; more go into shards.
    package var shardSize = 5_000_000_000
    /// Told of all that is made.
    package var outputs: OutputGroup?
    /// Called with the share that is written.
    package var onProgress: (Double) -> Void = { _ in }

    package init(_ config: Config, name: String) {
        self.config = config
        self.name = name
    }

    /// What is to be written: names and types, in order.
    /// - Throws: as `ModelSkeleton.tensors`.
    package func tensors() throws -> [Constant] {
        try ModelSkeleton.tensors(config, name: name).map { Constant(key: $0.key, type: $0.type.with(dtype: dtype), bytes: nil) }
    }

    /// Writes `path`: one file, with the configuration in its header, if it ends in `.safetensors`; else a folder as the Hub has
    /// them, with `config.json` and `model.safetensors` or shards and their index. A cancelled task stops between two pieces.
    ///
    /// - Returns: the files written and the number of parameters.
    /// - Throws: `CheckpointError`, `ImportError`, ``SettingsError``; ``FourMError`` where the disk has no room.
    package func write(to path: String) throws -> (files: [String], parameters: Int, bytes: Int) {
        let tensors = try tensors()
        let sizes = try tensors.map { tensor in
            guard let size = tensor.type.byteCount, size <= 1 << 48 else {
                throw FourMError("\(name): tensor \(tensor.key) would be \(tensor.type), too large")
            }
            return size
        }
        let total = sizes.reduce(0, +)
        try checkSpace(total, path)
        let parameters = total / dtype.byteWidth
        if path.hasSuffix(".safetensors") {
            outputs?.willMake(path)
            let header = CheckpointInitializer.header(config.dictionary ?? ConfigDictionary())
            var written = 0
            try stream(tensors, header, path, &written, of: total)
            return ([path], parameters, total)
        }
        outputs?.willMake(path)
        try Folders.make(path)
        let files = try writeFolder(tensors, sizes, total, path)
        return (files, parameters, total)
    }

    private func writeFolder(_ tensors: [Constant], _ sizes: [Int], _ total: Int, _ folder: String) throws -> [String] {
        let shards = CheckpointInitializer.shards(tensors, sizes, limit: shardSize)
        var written = 0
        var places: [(String, String)] = []
        var files: [String] = []
        for (index, shard) in shards.enumerated() {
            let file = shards.count == 1 ? "model.safetensors" : String(format: "model-%05d-of-%05d.safetensors", index + 1, shards.count)
            outputs?.willMake("\(folder)/\(file)")
            try stream(shard, ["format": "pt"], "\(folder)/\(file)", &written, of: total)
            places += shard.map { ($0.key, file) }
            files.append("\(folder)/\(file)")
        }
        if shards.count > 1 {
            let map = ConfigDictionary(places.sorted { $0.0 < $1.0 }.map { (key: $0.0, value: .string($0.1)) })
            let index: ConfigValue = .dict(["metadata": .dict(["total_size": .int(total)]), "weight_map": .dict(map)])
            files.append("\(folder)/model.safetensors.index.json")
            try writeText(index.description + "\n", to: "\(folder)/model.safetensors.index.json")
        }
        files.append("\(folder)/config.json")
        try writeText(config.value.description + "\n", to: "\(folder)/config.json")
        return files
    }

    private func stream(
        _ tensors: [Constant], _ header: [String: String], _ path: String, _ written: inout Int, of total: Int
    ) throws {
        let weights = RandomWeights(seed: seed)
        var current: (key: String, fill: RandomWeights.Fill)?
        var done = written
        try SafeTensorsWriter.stream(tensors, metadata: header, to: path) { (tensor, start, bytes) throws(CheckpointError) in
            // The caller asks the task for the reason.
            if Task.isCancelled { throw CheckpointError(.unwritable, file: path, "was stopped") }
            if current?.key != tensor.key {
                current = (
                    tensor.key, RandomWeights.fill(tensor.key, tensor.type.staticShape ?? [], hasLearnedPositions: learns(tensor.key))
                )
            }
            if let fill = current?.fill { CheckpointInitializer.write(weights, fill, tensor, start, bytes) }
            done += bytes.count
            onProgress(Double(done) / Double(max(total, 1)))
        }
        written = done
    }

    /// Global features have learned positions; so have tokenizers whose arguments say so.
    private func learns(_ key: String) -> Bool {
        let parts = key.split(separator: ".")
        if parts.count == 3, parts[0].hasSuffix("_embeddings") {
            return ModalityTable.standard[String(parts[1])]?.hasSinCosPositions == false
        }
        let arguments = key.hasPrefix("encoder.") ? "enc_args" : "dec_args"
        return (try? config.optionalSection(arguments)?.bool("sincos_pos_emb", default: true)) == false
    }

    private static func write(
        _ weights: RandomWeights, _ fill: RandomWeights.Fill, _ tensor: Constant, _ start: Int, _ bytes: UnsafeMutableRawBufferPointer
    ) {
        let count = bytes.count / tensor.type.dtype.byteWidth
        if tensor.type.dtype == .f32 { return weights.write(fill, of: tensor.key, from: start, into: bytes.bindMemory(to: Float.self)) }
        let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        defer { floats.deallocate() }
        weights.write(fill, of: tensor.key, from: start, into: floats)
        let halves = bytes.bindMemory(to: UInt16.self)
        for index in 0..<count {
            halves[index] = tensor.type.dtype == .f16 ? Float16(floats[index]).bitPattern : BFloat16.bits(of: floats[index])
        }
    }

    /// Tensors in order, as many to a file as fit into `limit` bytes, at least one.
    static func shards(_ tensors: [Constant], _ sizes: [Int], limit: Int) -> [[Constant]] {
        var shards: [[Constant]] = [[]]
        var size = 0
        for (tensor, bytes) in zip(tensors, sizes) {
            if size + bytes > limit, shards[shards.count - 1].isEmpty == false {
                shards.append([])
                size = 0
            }
            shards[shards.count - 1].append(tensor)
            size += bytes
        }
        return shards
    }

    private func checkSpace(_ bytes: Int, _ path: String) throws {
        // The nearest one that is there: the others are made on the same disk.
        var folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        while folder != "/", !FileManager.default.fileExists(atPath: folder) { folder = (folder as NSString).deletingLastPathComponent }
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value, free < Int64(bytes) else { return }
        throw FourMError("\(path): \(bytes) bytes are to be written, but the disk has room for \(free)")
    }

    /// A configuration in the header of a file, as the reference writes it.
    package static func header(_ config: ConfigDictionary) -> [String: String] {
        Dictionary(config.entries.map { ($0.key, headerText($0.value)) }) { $1 }
    }

    /// As the reference writes header values: Python's notation.
    private static func headerText(_ value: ConfigValue) -> String {
        switch value {
        case .null: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .string(let text): text
        case .list(let values): "[\(values.map(quotedText).joined(separator: ", "))]"
        case .dict(let fields): "{\(fields.entries.map { "'\($0.key)': \(quotedText($0.value))" }.joined(separator: ", "))}"
        case .int, .double: value.description
        }
    }

    private static func quotedText(_ value: ConfigValue) -> String {
        if case .string(let text) = value { return "'\(text)'" }
        return headerText(value)
    }

    private func writeText(_ text: String, to path: String) throws {
        outputs?.willMake(path)
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in try file.append(Array(text.utf8)) }
    }
}
