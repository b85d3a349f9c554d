import Files
import Foundation
import IR

/// Finds ONNX models on the disk.
package enum ONNXModelFile {
    /// The ONNX file that `path` is, or that a folder holds besides nothing else that is a model; nil for anything else.
    package static func find(_ path: String) -> String? {
        guard FilePath.isFolder(path) else { return isOne(path) ? path : nil }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard !names.contains(where: { name in otherModels.contains { name.lowercased().hasSuffix($0) } }) else { return nil }
        if names.contains("model.onnx") { return FilePath.join(path, "model.onnx") }
        let models = names.filter { $0.lowercased().hasSuffix(".onnx") }
        return models.count == 1 ? FilePath.join(path, models[0]) : nil
    }

    private static let otherModels = [".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".yaml", ".index.json"]

    /// Whether the file's name or its first bytes say so.
    private static func isOne(_ path: String) -> Bool {
        guard FilePath.exists(path), let handle = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? handle.close() }
        if path.lowercased().hasSuffix(".onnx") { return true }
        guard let head = try? handle.read(upToCount: FileKind.headCount) else { return false }
        return FileKind(Array(head)) == .onnx
    }
}
