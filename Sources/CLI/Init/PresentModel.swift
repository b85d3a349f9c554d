import Files
import Foundation
import Glibc

/// The files of a model that `init` would replace, which stay until the new ones are complete.
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
        files = names.filter(PresentModel.belongs).sorted().map { FilePath.join(path, $0) }
    }

    /// The bundle in `folder`, whose models are looked at one by one.
    init(bundle folder: String) {
        path = folder
        files = ["bundle.yaml"].map { FilePath.join(folder, $0) }.filter(FilePath.exists)
    }

    private static func belongs(_ name: String) -> Bool {
        ["config.json", "model.safetensors", "model.safetensors.index.json"].contains(name)
            || name.wholeMatch(of: /model-\d{5}-of-\d{5}\.safetensors/) != nil
    }

    /// - Throws: `OutputError` if there are some and `overwrites` is false.
    func check(_ overwrites: Bool) throws {
        guard !overwrites, let first = files.first else { return }
        let what = first == path ? "is there already" : "a model is there already (\(FilePath.name(of: first)))"
        throw OutputError(path, "\(what); --overwrite replaces it")
    }

    /// Where the new model is written: beside the present one in its folder, until it is complete. A file is replaced as all files are.
    var place: String { files.isEmpty || files == [path] ? path : FilePath.join(path, "\(PresentModel.prefix)\(getpid())") }

    private static let prefix = ".tessera-new-"

    /// Puts the files `made` at ``place`` in place of the present ones, and removes the others of these: no shard of an older model stays
    /// beside those of the new one.
    /// - Returns: where the new ones are now.
    /// - Throws: `OutputError` for one that cannot be replaced.
    func replace(by made: [String]) throws -> [String] {
        if place == path { return made }
        let targets = made.map { FilePath.join(path, FilePath.name(of: $0)) }
        for (file, target) in zip(made, targets) where rename(file, target) != 0 {
            throw OutputError(target, "cannot be replaced: \(String(cString: strerror(errno)))")
        }
        for file in files where !targets.contains(file) && unlink(file) != 0 {
            throw OutputError(file, "cannot be removed: \(String(cString: strerror(errno)))")
        }
        rmdir(place)
        return targets
    }

    /// Removes what killed runs left of models that they did not complete.
    func removeAbandoned() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasPrefix(PresentModel.prefix) {
            guard let process = pid_t(name.dropFirst(PresentModel.prefix.count)), kill(process, 0) != 0, errno == ESRCH else { continue }
            let folder = FilePath.join(path, name)
            OutputFile.removeAbandoned(in: folder)
            for file in PresentModel(folder).files { unlink(file) }
            rmdir(folder)
        }
    }
}
