import Files
import Foundation
import FourM
import FourMSettings
import IR
import Media

/// Embeds the files of a folder into an index, continuing one that is there.
package final class IndexBuilder {
    package let embedder: Embedder
    package let recipe: EmbeddingIndex.Recipe
    /// Files read and encoded together.
    package var batchSize = 8
    /// Seconds after which what is done so far is written.
    package var saveInterval = 60.0
    /// Told of the file just done and the share of the whole.
    package var onProgress: ((String, Double) -> Void)?
    /// Told of a file that cannot be read and why; it is left out.
    package var onSkip: ((String, any Error) -> Void)?

    /// What a run did.
    package struct Outcome: Sendable {
        package var index: EmbeddingIndex
        package var embedded = 0
        /// Taken over from the index that was there.
        package var kept = 0
        package var skipped: [String] = []
        /// What the folder holds besides, in words; empty if it is nothing.
        package var leftOut = ""
    }

    package init(_ embedder: Embedder, modality: String) throws {
        self.embedder = embedder
        recipe = EmbeddingIndex.Recipe(
            embedder.method, modality: modality, model: try embedder.bundle.modelIdentity(), sampling: embedder.sampling,
            ignoresOrientation: embedder.ignoresOrientation)
    }

    /// Makes or completes the index at `output`. Files that are gone leave it; changed ones are embedded again. Of what cannot be looked at,
    /// such as a folder that is closed for now, the vectors stay.
    ///
    /// What is done is written when the run is cancelled or fails too.
    /// - Throws: ``FourMError`` for an index that was made in another way or is damaged; `OutputError` if another run is at work on it; the
    ///   first file's error if no file can be read.
    package func run(folder: String, output: String) throws -> Outcome {
        let lock = try IndexBuilder.prepare(output)
        defer { withExtendedLifetime(lock) {} }
        let isPixels = try embedder.model.modality(recipe.modality).kind == .pixels
        let photos = try PhotoFolder(folder, arrays: !isPixels)
        var outcome = Outcome(index: EmbeddingIndex(recipe, folder: URL(fileURLWithPath: folder).standardizedFileURL.path))
        outcome.leftOut = photos.leftOut
        let known = try previous(output)
        let files = photos.files + known.keys.filter { photos.isLost($0.name) }.sorted { $0.name < $1.name }
        var open: [EmbeddingIndex.File] = []
        for file in files {
            guard let vector = known[file] else {
                open.append(file)
                continue
            }
            try outcome.index.add(file, vector)
            outcome.kept += 1
        }
        do {
            try embed(open, folder, output, of: files.count, &outcome)
        } catch {
            if outcome.embedded > 0 { try outcome.index.write(to: output) }
            throw error
        }
        try outcome.index.write(to: output)
        return outcome
    }

    /// Keeps other runs away from `output`, and removes what killed ones left beside it. Devices and pipes take what comes.
    private static func prepare(_ output: String) throws -> RunLock? {
        var status = stat()
        if output == "-" || (stat(output, &status) == 0 && status.st_mode & S_IFMT != S_IFREG) { return nil }
        let name = output.lastIndex(of: "/").map { String(output[output.index(after: $0)...]) } ?? output
        let folder = String(output.dropLast(name.count))
        let lock = try RunLock("\(folder).\(name.prefix(60)).lock", for: output)
        OutputFile.removeAbandoned(in: folder)
        return lock
    }

    private func previous(_ path: String) throws -> [EmbeddingIndex.File: [Float]] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        let index: EmbeddingIndex
        do { index = try EmbeddingIndex(path: path) } catch {
            throw FourMError("\(error). Remove \(path) to embed all files anew, or name another file")
        }
        guard index.recipe == recipe else {
            throw FourMError(
                "\(path) was made in another way (\(index.recipe.summary), now \(recipe.summary)); remove it or name another file")
        }
        return Dictionary(zip(index.files, index.vectors), uniquingKeysWith: { first, _ in first })
    }

    private func embed(
        _ open: [EmbeddingIndex.File], _ folder: String, _ output: String, of total: Int, _ outcome: inout Outcome
    ) throws {
        var saved = ContinuousClock.now
        var firstFailure: (any Error)?
        for start in stride(from: 0, to: open.count, by: max(batchSize, 1)) {
            let batch = Array(open[start..<min(start + max(batchSize, 1), open.count)])
            for (file, result) in zip(batch, try vectors(batch, folder)) {
                switch result {
                case .success(let vector):
                    try outcome.index.add(file, vector)
                    outcome.embedded += 1
                case .failure(let error):
                    firstFailure = firstFailure ?? error
                    outcome.skipped.append(file.name)
                    onSkip?(file.name, error)
                }
                onProgress?(file.name, Double(outcome.kept + outcome.embedded + outcome.skipped.count) / Double(total))
            }
            if ContinuousClock.now - saved > .seconds(saveInterval), outcome.embedded > 0 {
                try outcome.index.write(to: output)
                saved = .now
            }
        }
        if outcome.index.files.isEmpty, let firstFailure { throw firstFailure }
    }

    private func vectors(_ batch: [EmbeddingIndex.File], _ folder: String) throws -> [Result<[Float], any Error>] {
        try FileByFile.map(batch.map { (folder as NSString).appendingPathComponent($0.name) }) { paths in
            let tensor = try embedder.embed(try embedder.read([(recipe.modality, paths)]).set)
            return paths.indices.map { tensor.row($0).floats }
        }
    }
}

extension EmbeddingIndex.Recipe {
    /// For messages: `tok_imagebind_global from rgb@224 by fm.safetensors, 8973248 bytes`.
    var summary: String {
        let draws = sampling.map { ", temperature \($0.temperature), top-p \($0.topP), seed \($0.seed)" } ?? ""
        return "\(target ?? "encoder features") from \(modality) by \(model)\(draws)" + (ignoresOrientation ? ", orientation ignored" : "")
    }
}

/// The pictures and arrays of a folder.
package struct PhotoFolder: Sendable {
    /// By name, as paths below the folder.
    package private(set) var files: [EmbeddingIndex.File] = []
    /// `1 hidden file, 1 unreadable file`; empty if nothing was left out.
    package let leftOut: String
    /// Paths below the folder of what cannot be looked at.
    private var lost: [String]

    /// Pictures below `folder`, also in its subfolders; with `arrays` also `.npy` files. Hidden ones are left out.
    /// - Throws: ``FourMError`` for a folder that is none or holds no such file; `OutputError` for one that cannot be read.
    package init(_ folder: String, arrays: Bool = false) throws {
        let suffixes = ImageFormat.suffixes + (arrays ? ["npy"] : [])
        guard !FilePath.isFile(folder) else { throw FourMError("\(folder) is no folder; give a folder with pictures", .request) }
        guard FilePath.exists(folder) else { throw FourMError("\(folder) does not exist; give a folder with pictures") }
        let listing = try FolderListing(folder, suffixes: Set(suffixes), entersSubfolders: true)
        (leftOut, lost) = (listing.leftOut, listing.lost)
        for name in listing.files {
            var status = stat()
            guard stat(FilePath.join(folder, name), &status) == 0 else {
                lost.append(name)
                continue
            }
            files.append(EmbeddingIndex.File(name: name, bytes: Int(status.st_size), modified: status.st_mtim.tv_sec))
        }
        guard files.isEmpty else { return }
        let beside = leftOut.isEmpty ? "" : "; left out: \(leftOut)"
        throw FourMError("\(folder) holds no .\(suffixes.joined(separator: ", .")) file\(beside)")
    }

    /// Whether the file `name` of an earlier listing may be there still.
    func isLost(_ name: String) -> Bool { lost.contains { name == $0 || name.hasPrefix($0 + "/") } }
}
