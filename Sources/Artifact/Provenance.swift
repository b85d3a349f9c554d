import Files
import Formats
import IR
import Passes

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
            file = FilePath.name(of: path)
            bytes = content.count
            sha256 = Checksum.text(of: content)
        }
    }

    /// What of the model is not in the file, since nothing that was to be kept reaches it.
    package struct LeftOut: Codable, Sendable, Equatable {
        package let functions: [String]
        package let parameters: Int
        /// Parameters of the whole model.
        package let of: Int

        /// nil if `kept` has all of `whole`.
        package init?(_ whole: Module, kept: Module) {
            let names = Set(kept.functions.map(\.name))
            functions = whole.entryPoints.map(\.name).filter { !names.contains($0) }
            if functions.isEmpty { return nil }
            of = LeftOut.parameters(whole)
            parameters = max(of - LeftOut.parameters(kept), 0)
        }

        private static func parameters(_ module: Module) -> Int {
            // Tied tensors once.
            module.constants.values.withDistinctStorage.reduce(0) { saturatingAdd($0, $1.type.elementCount.value ?? 0) }
        }
    }

    /// Version of the program that compiled it.
    package let program: String
    package let precision: String
    /// Flags that it was compiled with, in order.
    package let options: [String]
    package let sources: [Source]
    package let leftOut: LeftOut?
    /// What rounding did to each weight of a dense layer; nil if none was.
    package let rounded: [RoundedLayer]?

    package init(
        program: String, precision: String, options: [String], sources: [Source], leftOut: LeftOut? = nil, rounded: [RoundedLayer] = []
    ) {
        (self.program, self.precision, self.options) = (program, precision, options)
        (self.sources, self.leftOut, self.rounded) = (sources, leftOut, rounded.isEmpty ? nil : rounded)
    }
}
