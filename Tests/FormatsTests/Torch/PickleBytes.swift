import IR

@testable import Formats

/// Writes pickles operation by operation.
enum PickleBytes {
    static func whole(_ parts: [UInt8]...) -> [UInt8] { [0x80, 2] + parts.joined() + [0x2E] }

    static func text(_ text: String) -> [UInt8] { [0x58] + UInt32(text.utf8.count).littleEndianBytes + Array(text.utf8) }

    static func int(_ value: Int32) -> [UInt8] { [0x4A] + value.littleEndianBytes }

    /// LONG1 of 8 bytes.
    static func long(_ value: Int) -> [UInt8] { [0x8A, 8] + value.littleEndianBytes }

    static func global(_ module: String, _ name: String) -> [UInt8] { [0x63] + Array("\(module)\n\(name)\n".utf8) }

    static func tuple(_ items: [UInt8]...) -> [UInt8] { [0x28] + items.joined() + [0x74] }

    static func list(_ items: [UInt8]...) -> [UInt8] { [0x5D, 0x28] + items.joined() + [0x65] }

    static func dict(_ entries: [(String, [UInt8])]) -> [UInt8] {
        [0x7D, 0x28] + entries.flatMap { text($0.0) + $0.1 } + [0x75]
    }

    static func call(_ module: String, _ name: String, _ arguments: [UInt8]...) -> [UInt8] {
        global(module, name) + [0x28] + arguments.joined() + [0x74, 0x52]
    }

    static func namespace(_ entries: [(String, [UInt8])]) -> [UInt8] {
        global("argparse", "Namespace") + [0x29, 0x81] + dict(entries) + [0x62]
    }

    static let none: [UInt8] = [0x4E]
    static let yes: [UInt8] = [0x88]
    static let emptyTuple: [UInt8] = [0x29]

    static func storage(_ type: String, _ key: String, _ count: Int) -> [UInt8] {
        tuple(text("storage"), global("torch", type), text(key), text("cpu"), long(count)) + [0x51]
    }

    static func tensor(_ storage: [UInt8], offset: Int = 0, _ shape: [Int], _ strides: [Int]) -> [UInt8] {
        func sizes(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap { long($0) } + [0x74] }
        return call("torch._utils", "_rebuild_tensor_v2", storage, long(offset), sizes(shape), sizes(strides), [0x89], none)
    }
}

/// Files of `torch.save` from their parts.
enum TorchBytes {
    static func zip(_ pickle: [UInt8], _ storages: [String: [UInt8]], extra: [String: [UInt8]] = [:]) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        var entries = [entry("archive/data.pkl", pickle), entry("archive/byteorder", Array("little".utf8))]
        for (key, bytes) in storages.sorted(by: { $0.key < $1.key }) { entries.append(entry("archive/data/\(key)", bytes)) }
        for (name, bytes) in extra.sorted(by: { $0.key < $1.key }) { entries.append(entry(name, bytes)) }
        try ZipWriter.write(entries, to: folder.file("a.pth"))
        return try contents(folder.file("a.pth"))
    }

    private static func entry(_ name: String, _ bytes: [UInt8]) -> ZipWriter.Entry {
        ZipWriter.Entry(name: name, parts: [ByteSlice(copying: bytes)])
    }

    static let stackedHead: [UInt8] =
        [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        + PickleBytes.whole([0x4D] + UInt16(1001).littleEndianBytes)
        + PickleBytes.whole(PickleBytes.dict([("little_endian", PickleBytes.yes)]))

    /// The older form; `storages` with their numbers of elements.
    static func stacked(_ pickle: [UInt8], _ storages: [(key: String, count: Int, bytes: [UInt8])]) -> [UInt8] {
        var keys: [UInt8] = [0x5D, 0x28]
        for storage in storages { keys += PickleBytes.text(storage.key) }
        var file = stackedHead + pickle + PickleBytes.whole(keys + [0x65])
        for storage in storages { file += UInt64(storage.count).littleEndianBytes + storage.bytes }
        return file
    }

    static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { $0.bitPattern.littleEndianBytes } }

    static func open(_ bytes: [UInt8]) throws -> TorchFile {
        try TorchFile(ByteSlice(copying: bytes).owner, path: "test.pth")
    }
}

extension TorchFile {
    func tensor(_ name: String) -> Tensor? { tensors.first { $0.key == name }?.tensor }
}
