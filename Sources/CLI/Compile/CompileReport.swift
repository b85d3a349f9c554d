import Compilation
import Files
import Runtime

/// What `compile` wrote; the shape of its JSON.
struct CompileReport: Encodable {
    typealias File = CompiledFile

    let files: [File]
    let precision, target: String
    /// Parts of a bundle that no kept path needs.
    let leftOut: [String]

    init(_ files: [File], precision: String, _ target: Machine.InstructionSet, leftOut: [String] = []) {
        (self.files, self.precision, self.target, self.leftOut) = (files, precision, target.name, leftOut)
    }

    /// What is no longer there, a line for each file, and one for the parts of a bundle.
    var leftOutLines: [String] {
        let parts = leftOut.isEmpty ? [] : ["left out: \(leftOut.joined(separator: ", "))"]
        return files.compactMap { file in file.leftOut.map { "\(FilePath.name(of: file.file)): left out \(ArtifactText.text(of: $0))" } }
            + parts
    }
}
