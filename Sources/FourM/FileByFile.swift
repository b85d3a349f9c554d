import Files
import Formats
import FourMSettings
import Media

/// Work on batches of files of which some may be unreadable.
package enum FileByFile {
    /// Whether `error` speaks of what is in a file, or of a file that is not there.
    package static func isFault(_ error: any Error) -> Bool {
        error is MediaError || error is CheckpointError || error is InputError || (error as? FourMError)?.cause == .content
    }

    /// What `body` makes of `files`, an entry for each: of all together, or where one of them is at fault, of each by itself.
    /// - Throws: what `body` throws beside ``FourMError``, `MediaError`, `CheckpointError` and `InputError`, which belong to the file.
    package static func map<T>(_ files: [String], _ body: ([String]) throws -> [T]) throws -> [Result<T, any Error>] {
        do {
            return try body(files).map { .success($0) }
        } catch let error where isFault(error) || error is FourMError {
            if files.count <= 1 { return files.map { _ in .failure(error) } }
            return try files.flatMap { try map([$0], body) }
        }
    }
}
