import Foundation

/// Where a version of a model is, and what it looked like when it was last seen.
struct ModelFile: Sendable, Equatable {
    /// A file's identity, age and size.
    struct Stamp: Sendable, Equatable {
        let device, number: UInt64
        let seconds, nanoseconds, size: Int

        /// nil if there is no such file.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
            (seconds, nanoseconds, size) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_size))
            isFolder = status.st_mode & S_IFMT == S_IFDIR
        }

        let isFolder: Bool
    }

    let model: String
    let version: Int
    /// File or folder, or the name of a Hub repository.
    let path: String
    /// Of the file, or of the files of the folder by name; empty for what is no file.
    let stamps: [String: Stamp]
    /// Whether it was named, and does not just lie in the folder of models.
    let isListed: Bool

    /// - Parameter surroundings: a folder whose files belong to the model too.
    init(_ model: String, version: Int, path: String, surroundings: String? = nil, isListed: Bool) {
        (self.model, self.version, self.path, self.isListed) = (model, version, path, isListed)
        let own = Stamp(path)
        let folder = surroundings ?? (own?.isFolder == true ? path : nil)
        if let folder {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let all = names.compactMap { name in Stamp("\(folder)/\(name)").map { (name, $0) } }
            stamps = Dictionary(all.filter { !$0.1.isFolder && !$0.0.hasPrefix(".") }) { first, _ in first }
        } else {
            stamps = own.map { [path: $0] } ?? [:]
        }
    }

    /// Of its files together.
    var bytes: Int {
        stamps.values.reduce(0) { sum, stamp in
            let (larger, isTooLarge) = sum.addingReportingOverflow(stamp.size)
            // Files with holes may be of any size; none of such sizes is ever loaded.
            return isTooLarge || larger > ModelFile.mostBytes ? ModelFile.mostBytes : larger
        }
    }

    private static let mostBytes = 1 << 60
}
