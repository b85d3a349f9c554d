import Files
import Formats
import Foundation
import Inspect

/// The folder that a run writes to. One run at a time holds it, for as long as the object lives; the lock ends with the process, however that
/// ends. Where nothing was written, folders that were made for the run go again.
final class ResultFolder {
    private let descriptor: Int32
    /// Folders that were not there before, outermost first.
    private let made: [String]

    /// - Throws: ``WorkError`` if another run holds the folder; `OutputError` for one that may not be written to; what making it throws.
    init(_ path: String) throws {
        var missing: [String] = []
        var place = path
        while !place.isEmpty, place != "/", !FileManager.default.fileExists(atPath: place) {
            missing.insert(place, at: 0)
            place = (place as NSString).deletingLastPathComponent
        }
        try Folders.make(path)
        made = missing
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard access(path, W_OK | X_OK) == 0 else { throw OutputError(path, "may not be written to: \(String(cString: strerror(errno)))") }
        if descriptor >= 0, !DescriptorLock.take(descriptor) {
            throw WorkError("another run writes to \(path); wait for its end, or choose another output", .content)
        }
    }

    deinit {
        // Those that hold something stay.
        for folder in made.reversed() { rmdir(folder) }
        if descriptor >= 0 { close(descriptor) }
    }
}
