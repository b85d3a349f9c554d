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
    }

    package init(_ embedder: Embedder, modality: String) throws {
        self.embedder = embedder
        recipe = EmbeddingIndex.Recipe(
            embedder.method, modality: modality, model: try embedder.bundle.modelIdentity(), sampling: embedder.sampling,
            ignoresOrientation: embedder.ignoresOrientation)
    }

    /// Makes or completes the index at `output`. Files that are gone leave it; changed ones are embedded again.
    ///
    /// What is done is written when the run is cancelled or fails too.
    /// - Throws: ``FourMError`` for an index that was made in another way or is damaged; `OutputError` if another run is at work on it; the
    ///   first file's error if no file can be read.
    package func run(folder: String, output: String) throws -> Outcome {
        let lock = try IndexBuilder.prepare(output)
        defer { withExtendedLifetime(lock) {} }
        let isPixels = try embedder.model.modality(recipe.modality).kind == .pixels
        let files = try PhotoFolder.files(below: folder, arrays: !isPixels)
        var outcome = Outcome(index: EmbeddingIndex(recipe, folder: URL(fileURLWithPath: folder).standardizedFileURL.path))
        let known = try previous(output)
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
package enum PhotoFolder {
    /// Pictures below `folder`, also in its subfolders, by name; with `arrays` also `.npy` files. Hidden ones are left out.
    /// - Throws: ``FourMError`` for a folder that cannot be read or holds none.
    package static func files(below folder: String, arrays: Bool = false) throws -> [EmbeddingIndex.File] {
        let suffixes = ["png", "jpg", "jpeg", "webp"] + (arrays ? ["npy"] : [])
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw FourMError("\(folder) is no folder; give a folder with pictures")
        }
        var found: [EmbeddingIndex.File] = []
        for name in try FolderListing(folder, suffixes: Set(suffixes), entersSubfolders: true).files {
            let target = URL(fileURLWithPath: (folder as NSString).appendingPathComponent(name)).resolvingSymlinksInPath().path
            guard let facts = try? FileManager.default.attributesOfItem(atPath: target) else { continue }
            let modified = (facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            found.append(
                EmbeddingIndex.File(name: name, bytes: (facts[.size] as? NSNumber)?.intValue ?? 0, modified: Int(modified)))
        }
        guard !found.isEmpty else { throw FourMError("\(folder) holds no .png or .jpg file" + (arrays ? " and no .npy file" : "")) }
        return found
    }
}
