import Artifact
import Files
import Formats
import Foundation
import FourM
import IR

/// One `.tess` file of all that a bundle's folder holds, whose models are compiled.
struct SingleFile {
    let path: String

    /// Has `compile` fill a folder beside the file, which is gone afterwards, and writes what it holds as the file.
    func write(_ compile: (_ folder: String, _ scratch: OutputGroup) throws -> [CompileReport.File]) throws -> [CompileReport.File] {
        let name = ".tessera-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16)).parts"
        let folder = FilePath.join(FilePath.folder(of: path), name)
        let scratch = OutputGroup()
        scratch.willMake(folder)
        defer { scratch.discard() }
        let made = try compile(folder, scratch)
        try write(bundle: FourM.Bundle(path: folder), text: InputFile.text(FilePath.join(folder, "bundle.yaml"), limit: 1 << 20))
        return made.map { $0.renamed(FilePath.join(path, FilePath.name(of: $0.file))) }
    }

    /// - Parameter text: of its `bundle.yaml`.
    private func write(bundle: FourM.Bundle, text: String) throws {
        var (models, files): ([String: Artifact], [String: ByteSlice]) = ([:], [:])
        for part in bundle.parts {
            let place = try bundle.resolve(part.source)
            if part.role == .textTokenizer {
                files[part.source] = ByteSlice(try MappedFile.open(place))
            } else {
                models[part.source] = try Artifact(path: place)
            }
        }
        try ArtifactFile.write(bundle: text, models: models, files: files, to: path)
    }
}
