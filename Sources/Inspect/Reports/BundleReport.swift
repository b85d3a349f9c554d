import Artifact
import FourM
import FourMCodecs
import FourMModels
import Hub
import IR
import Importers

/// What there is to say of a bundle: its parts and whether they are sound, what goes in and what comes out; the shape of its JSON.
package struct BundleReport: Encodable {
    package struct Part: Encodable {
        /// `model`, `tokenizer`, `preview decoder`, `text tokenizer`, …
        package let role: String
        /// The modality of a tokenizer.
        package let modality: String?
        /// As the bundle names it: a path or a Hub repository.
        package let source: String
        /// Where that is on disk.
        package let path: String
        package let family: String?
        package let parameters: Int?
        /// On disk.
        package let bytes: Int?
        /// Of its weights when they are loaded: as they are if it is compiled, else in f32.
        package let memory: Int?
        /// What it was compiled for and how; nil for a checkpoint.
        package let compiled: Compiled?
        /// `ok`, or `broken`.
        package let check: String
        /// Why the part cannot be used.
        package let problem: String?

        package var isFromHub: Bool { ModelLocation.repository(source) != nil && !path.hasSuffix(source) }
    }

    /// Of a compiled model.
    package struct Compiled: Encodable, Hashable {
        package let program: String
        package let format: Int
        package let precision, target: String
        package let options: [String]

        init(_ artifact: Artifact) {
            let origin = artifact.provenance
            (program, format, precision) = (origin.program, artifact.version, origin.precision)
            (target, options) = (artifact.target, origin.options)
        }
    }

    /// A modality of the model.
    package struct Modality: Encodable {
        package let name, title, kind: String
        package let isInput, isOutput: Bool
        /// Token ids.
        package let vocabulary: Int?
        package let grid, imageSize: [Int]?
        package let maxTokens: Int?
        /// Scaling of pixels: (value in 0…1 - mean) / std.
        package let mean, std: [Double]?
        /// What `--input` takes.
        package let given: String
        /// Endings of what a generation writes, behind the modality's name.
        package let files: [String]
        /// Whether pictures need a tokenizer that the bundle lacks, so that tokens go in and come out.
        package let lacksTokenizer: Bool
    }

    package let name, about: String
    /// The folder, or the compiled file, that holds its parts.
    package let folder: String
    /// Format of the compiled file; nil for a folder.
    package let format: Int?
    package let parts: [Part]
    package let modalities: [Modality]

    /// Whether a part cannot be used.
    package var isBroken: Bool { parts.contains { $0.problem != nil } }

    /// - Parameter explain: what people read of an error.
    package init(_ bundle: FourM.Bundle, explain: @escaping (any Error) -> String = { "\($0)" }) {
        name = bundle.name
        about = bundle.about
        (folder, format) = (bundle.folder.path, bundle.archive?.version)
        let findings = BundleCheck(LoadedBundle(bundle)).findings()
        parts = findings.map { BundleReport.part($0, explain) }
        let model = findings.first { $0.part.role == .model }?.model?.module
        let scalings = model?.metadata.section(.normalization) ?? [:]
        let known = model.flatMap { try? ModelModality.read($0) } ?? [:]
        modalities = known.values.sorted { $0.name < $1.name }.map { BundleReport.modality($0, scalings.section(named: $0.name), bundle) }
    }

    private static func part(_ finding: BundleCheck.Finding, _ explain: (any Error) -> String) -> Part {
        let (part, facts, artifact) = (finding.part, finding.model?.module.metadata, finding.model?.artifact)
        let parameters = facts?.integer(.parameters)
        let isText = part.role == .textTokenizer && finding.problem == nil
        return Part(
            role: part.role.rawValue, modality: part.modality, source: part.source, path: finding.path,
            family: isText ? "wordpiece" : facts?.string(.family), parameters: parameters, bytes: finding.bytes,
            memory: artifact?.packed.byteCount ?? parameters.map { 4 * $0 }, compiled: artifact.map(Compiled.init),
            check: finding.problem == nil ? "ok" : "broken", problem: finding.problem.map(explain))
    }

    private static func modality(_ one: ModelModality, _ scaling: Attributes, _ bundle: FourM.Bundle) -> Modality {
        let lacks = one.kind == .imageTokens && !bundle.hasTokenizer(one.name)
        let forms = ModalityForms.of(one.name)
        return Modality(
            name: one.name, title: ModalityNames.title(one.name), kind: one.kind.rawValue, isInput: one.isInput, isOutput: one.isOutput,
            vocabulary: one.vocabularySize, grid: one.grid.map { [$0.rows, $0.columns] },
            imageSize: one.imageSize.map { [$0.height, $0.width] }, maxTokens: one.isSequence ? one.maxTokens : nil,
            mean: scaling.doubles(.mean), std: scaling.doubles(.std), given: lacks ? ".npy of tokens" : forms.given,
            files: one.isOutput ? (lacks ? [] : forms.files) + [".tokens.npy"] : [], lacksTokenizer: lacks)
    }
}
