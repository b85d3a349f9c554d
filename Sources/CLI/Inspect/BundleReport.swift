import Foundation
import FourM
import FourMModels
import FourMText
import Hub
import IR

/// What `tessera inspect` says of a bundle; the shape of its JSON.
struct BundleReport: Encodable {
    struct Part: Encodable {
        /// `model`, `tokenizer`, `preview decoder` or `text tokenizer`.
        let role: String
        /// The modality of a tokenizer.
        let modality: String?
        /// As the bundle names it: a path or a Hub repository.
        let source: String
        /// Where that is on disk.
        let path: String
        let family: String?
        let parameters: Int?
        let bytes: Int?
        /// Why the part cannot be used.
        let problem: String?

        var isFromHub: Bool { ModelLocation.repository(source) != nil && !path.hasSuffix(source) }
    }

    let name, about, folder: String
    let parts: [Part]

    init(_ bundle: FourM.Bundle) {
        name = bundle.name
        about = bundle.about
        folder = bundle.folder.path
        var found: [Part] = []
        if let path = bundle.sources.model { found.append(BundleReport.model("model", nil, path, bundle, isMain: true)) }
        if let path = bundle.sources.superResolutionModel {
            found.append(BundleReport.model("super resolution", nil, path, bundle))
        }
        if let path = bundle.sources.textTokenizer { found.append(BundleReport.text(path, bundle)) }
        for (modality, path) in bundle.sources.tokenizers.sorted(by: { $0.key < $1.key }) {
            found.append(BundleReport.model("tokenizer", modality, path, bundle))
        }
        for (modality, path) in bundle.previewDecoders.sorted(by: { $0.key < $1.key }) {
            found.append(BundleReport.model("preview decoder", modality, path, bundle))
        }
        parts = found
    }

    /// - Parameter isMain: whether it is the model that the bundle's adapters are for.
    private static func model(
        _ role: String, _ modality: String?, _ source: String, _ bundle: FourM.Bundle, isMain: Bool = false
    ) -> Part {
        var path = source
        do {
            path = try bundle.resolve(source)
            let module = try ModelLoader.imported(path, lora: isMain ? bundle.adapters() : [])
            let facts = MetadataReader(module.metadata)
            return Part(
                role: role, modality: modality, source: source, path: path, family: facts.string("family"),
                parameters: facts.int("parameters"),
                bytes: module.constantBytes, problem: nil)
        } catch {
            return Part(
                role: role, modality: modality, source: source, path: path, family: nil, parameters: nil, bytes: nil,
                problem: ErrorText.of(error))
        }
    }

    private static func text(_ source: String, _ bundle: FourM.Bundle) -> Part {
        var path = source
        do {
            path = try bundle.textTokenizerPath() ?? source
            let size = try FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath)[.size] as? NSNumber
            _ = try TextTokenizer(contentsOf: URL(fileURLWithPath: path))
            return Part(
                role: "text tokenizer", modality: nil, source: source, path: path, family: "wordpiece", parameters: nil,
                bytes: size?.intValue, problem: nil
            )
        } catch {
            return Part(
                role: "text tokenizer", modality: nil, source: source, path: path, family: nil, parameters: nil, bytes: nil,
                problem: ErrorText.of(error))
        }
    }

    /// The report for people.
    var text: String {
        var text = "bundle  \(Terminal.styled(name, .bold))\n"
        if !about.isEmpty { text += "about   \(about)\n" }
        let rows = parts.map { part in
            [
                part.role, part.modality ?? "-", part.family ?? "-", part.parameters.map { Human.count(Double($0)) } ?? "-",
                part.bytes.map { Human.bytes($0) } ?? "-",
                part.problem.map { "unusable: \($0)" } ?? (part.isFromHub ? part.source : shortened(part.path)),
            ]
        }
        return text + "\n" + Table(["part", "modality", "family", "parameters", "size", "path"], rows, right: [3, 4]).text
    }

    /// A path in the bundle's folder as seen from there.
    private func shortened(_ path: String) -> String {
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}
