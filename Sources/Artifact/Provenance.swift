import Formats
import IR

/// Where a compiled model comes from. It holds neither times nor folders, so that the same input gives the same bytes.
package struct Provenance: Codable, Sendable, Equatable {
    /// A file that was compiled.
    package struct Source: Codable, Sendable, Equatable {
        /// Its name, without folders.
        package let file: String
        package let bytes: Int
        package let sha256: String

        /// - Throws: `CheckpointError` if the file cannot be read.
        package init(path: String) throws(CheckpointError) {
            let content = ByteSlice(try MappedFile.open(path))
            file = path.split(separator: "/").last.map { String($0) } ?? path
            bytes = content.count
            sha256 = Checksum.text(of: content)
        }
    }

    /// Version of the program that compiled it.
    package let program: String
    package let precision: String
    /// Flags that it was compiled with, in order.
    package let options: [String]
    package let sources: [Source]

    package init(program: String, precision: String, options: [String], sources: [Source]) {
        (self.program, self.precision, self.options, self.sources) = (program, precision, options, sources)
    }
}
