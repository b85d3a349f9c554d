import Foundation
import Testing

/// A case in a folder of its own whose files are links, but for the outputs, which can be changed.
struct GoldenCopy {
    let folder: URL
    private let root: URL

    init(_ name: String) throws {
        let files = FileManager.default
        let original = Goldens.folder(name)
        root = files.temporaryDirectory.appendingPathComponent("tessera-goldens-\(UUID().uuidString)")
        folder = root.appendingPathComponent(name)
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in try files.contentsOfDirectory(atPath: original.path) where file != Self.outputs {
            try files.createSymbolicLink(at: folder.appendingPathComponent(file), withDestinationURL: original.appendingPathComponent(file))
        }
        try files.copyItem(at: original.appendingPathComponent(Self.outputs), to: folder.appendingPathComponent(Self.outputs))
        try files.createSymbolicLink(at: root.appendingPathComponent("text"), withDestinationURL: Goldens.folder("text"))
    }

    func remove() { try? FileManager.default.removeItem(at: root) }

    /// Integers and booleans change their lowest bit, floats and bytes a high one.
    func changeFirstElement(of output: String) throws {
        let file = folder.appendingPathComponent(Self.outputs)
        var data = try Data(contentsOf: file)
        let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try #require(JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: [String: Any]])
        let entry = try #require(header[output], "there is no output \(output)")
        let (offsets, type) = (try #require(entry["data_offsets"] as? [Int]), try #require(entry["dtype"] as? String))
        try #require(offsets.count == 2 && offsets[0] < offsets[1])
        let (byte, mask): (Int, UInt8) =
            switch type {
            case "F32": (3, 0x40)
            case "F64": (7, 0x40)
            case "U8": (0, 0x80)
            default: (0, 1)
            }
        data[8 + length + offsets[0] + byte] ^= mask
        try data.write(to: file)
    }

    private static let outputs = "outputs.safetensors"
}
