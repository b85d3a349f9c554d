import Foundation
import IR
import TestSupport
import Testing

@testable import Formats

/// The reference data in `../shared/goldens/checkpoint`, beside the package.
enum CheckpointGoldens {
    static let folder = SharedData.path("goldens/checkpoint")

    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    static func json(_ name: String) throws -> ConfigValue {
        try ByteSlice(MappedFile.open(path(name))).withBytes { try JSONReader.parse($0, file: name) }
    }
}

extension Trait where Self == ConditionTrait {
    static var checkpointGoldens: Self {
        .enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence))
    }
}

/// A folder that is removed with its content when the value goes.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    func write(_ text: String, _ name: String) throws -> String { try write(Array(text.utf8), name) }
}

/// A safetensors file from its parts.
func safeTensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
    UInt64(header.utf8.count).littleEndianBytes + Array(header.utf8) + data
}

/// All bytes of a file.
func contents(_ path: String) throws -> [UInt8] { try ByteSlice(MappedFile.open(path)).withBytes { Array($0) } }

/// The error that `body` throws.
func checkpointError<T>(_ body: () throws -> T) -> CheckpointError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? CheckpointError
    }
}

func openSafeTensors(_ bytes: [UInt8]) throws -> SafeTensorsFile {
    try SafeTensorsFile(ByteSlice(copying: bytes).owner, path: "test.safetensors")
}
