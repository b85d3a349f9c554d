import Files
import Foundation
import Glibc

/// The files of a model that `init` would replace.
struct PresentModel {
    private let path: String
    /// The file, or those in a folder of names that `init` itself gives.
    private let files: [String]

    init(_ path: String) {
        self.path = path
        var status = stat()
        guard stat(path, &status) == 0 else {
            files = []
            return
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            // Devices and pipes are written through.
            files = status.st_mode & S_IFMT == S_IFREG ? [path] : []
            return
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        files = names.filter(PresentModel.belongs).sorted().map { "\(path)/\($0)" }
    }

    private static func belongs(_ name: String) -> Bool {
        ["config.json", "bundle.yaml", "model.safetensors", "model.safetensors.index.json"].contains(name)
            || name.wholeMatch(of: /model-\d{5}-of-\d{5}\.safetensors/) != nil
    }

    /// Removes those in a folder if that was asked for, so that no shard of an older model stays beside those of the new one. A file is
    /// replaced when the new one is complete.
    /// - Throws: `OutputError` if there are some and `overwrites` is false, or if one cannot be removed.
    func makeWay(_ overwrites: Bool) throws {
        guard let first = files.first else { return }
        guard overwrites else {
            let what = first == path ? "is there already" : "a model is there already (\(URL(fileURLWithPath: first).lastPathComponent))"
            throw OutputError(path, "\(what); --overwrite replaces it")
        }
        for file in files where file != path && unlink(file) != 0 {
            throw OutputError(file, "cannot be replaced: \(String(cString: strerror(errno)))")
        }
    }
}
