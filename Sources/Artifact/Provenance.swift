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

        init(functions: [String], parameters: Int, of: Int) { (self.functions, self.parameters, self.of) = (functions, parameters, of) }

        private static func parameters(_ module: Module) -> Int {
            // Tied tensors once.
            module.constants.values.withDistinctStorage.reduce(0) { saturatingAdd($0, $1.type.elementCount.value ?? 0) }
        }
    }

    /// A compiled model whose weights were packed again. What was rounded stayed as it was.
    package struct Repacking: Codable, Sendable, Equatable {
        /// Name of the file, without folders; in a bundle, of the model.
        package let file: String
        /// ``Artifact/digest``
        package let digest: String
        /// What it was packed for, and by which program.
        package let target, program: String

        /// - Throws: `CheckpointError` if the header lacks what tells it from others.
        package init(_ artifact: Artifact) throws(CheckpointError) {
            (file, digest) = (FilePath.name(of: artifact.path), try artifact.digest)
            (target, program) = (artifact.target, artifact.provenance.program)
        }
    }

    /// Version of the program that compiled it, or packed it again.
    package let program: String
    package let precision: String
    /// Flags that it was compiled with, in order.
    package let options: [String]
    package let sources: [Source]
    package let leftOut: LeftOut?
    /// What rounding did to each weight of a dense layer; nil if none was.
    package let rounded: [RoundedLayer]?
    /// Schemes of the layers that a budget gave more than the precision says; nil if it gave none more. Files of earlier versions lack it.
    package let raised: [String: String]?
    /// What it was packed from again, the last of them last; nil for what was compiled from the sources.
    package let repacked: [Repacking]?

    package init(
        program: String, precision: String, options: [String], sources: [Source], leftOut: LeftOut? = nil, rounded: [RoundedLayer] = [],
        raised: [String: String] = [:], repacked: [Repacking] = []
    ) {
        (self.program, self.precision, self.options) = (program, precision, options)
        (self.sources, self.leftOut) = (sources, leftOut)
        (self.rounded, self.repacked) = (rounded.isEmpty ? nil : rounded, repacked.isEmpty ? nil : repacked)
        self.raised = raised.isEmpty ? nil : raised
    }

    /// Of what was made of a model of this provenance by packing it again.
    package func repacked(_ step: Repacking, by program: String, options more: [String], leftOut later: LeftOut?) -> Provenance {
        let all = later.map { later in
            LeftOut(
                functions: (leftOut?.functions ?? []) + later.functions, parameters: (leftOut?.parameters ?? 0) + later.parameters,
                of: leftOut?.of ?? later.of)
        }
        return Provenance(
            program: program, precision: precision, options: options + more, sources: sources, leftOut: all ?? leftOut,
            rounded: rounded ?? [], raised: raised ?? [:], repacked: (repacked ?? []) + [step])
    }
}
