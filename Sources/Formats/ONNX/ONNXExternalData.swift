import Files
import Foundation
import IR
import Synchronization

/// Files of weights beside a model. They lie in its folder or below it; a path or a link that leads out of it is refused.
enum ONNXExternalData {
    /// Files that are mapped already, as long as somebody uses them.
    private static let mapped = Mutex<[String: WeakBytes]>([:])

    private struct WeakBytes { weak var bytes: Bytes? }

    /// `length` bytes from `offset`, or as many as are `needed`.
    static func slice(
        _ location: String, _ offset: Int, _ length: Int?, _ needed: Int?, of tensor: ONNXTensor, _ file: String
    ) throws(CheckpointError) -> ByteSlice {
        let path = try checked(location, of: tensor, file)
        guard let count = length ?? needed else { throw tensor.fault(file, .malformed, "does not say how long its external data are") }
        if count == 0 { return ByteSlice(Bytes(zeroed: 0)) }
        let bytes = try open(path)
        guard let slice = ByteSlice(bytes, offset: offset, count: count) else {
            throw tensor.fault(
                file, .truncated, "needs \(count) bytes from \(offset) of '\(location)', which has \(bytes.count); get that file anew")
        }
        return slice
    }

    private static func checked(_ location: String, of tensor: ONNXTensor, _ file: String) throws(CheckpointError) -> String {
        let folder = FilePath.folder(of: file)
        let parts = location.split(separator: "/", omittingEmptySubsequences: false)
        guard !location.hasPrefix("/"), !parts.contains(".."), !location.utf8.contains(0) else {
            throw tensor.fault(file, .unsupported, "its data would be in '\(location)', outside the model's folder, which is not followed")
        }
        let path = FilePath.join(folder, location)
        guard FilePath.exists(path) else {
            throw tensor.fault(file, .missing, "its data are in '\(location)', which is not in the model's folder; copy it there")
        }
        let (root, real) = (resolved(folder), resolved(path))
        // A file of the model's folder may itself be a link, as in caches of a hub, if the model is one to the same folder.
        let modelRoot = FilePath.folder(of: resolved(file))
        guard real.hasPrefix(root + "/") || real.hasPrefix(modelRoot + "/") else {
            throw tensor.fault(file, .unsupported, "its data are in '\(location)', a link out of the model's folder, which is not followed")
        }
        return path
    }

    private static func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

    private static func open(_ path: String) throws(CheckpointError) -> Bytes {
        if let known = mapped.withLock({ $0[path]?.bytes }) { return known }
        let bytes = try MappedFile.open(path)
        mapped.withLock { $0[path] = WeakBytes(bytes: bytes) }
        return bytes
    }
}
