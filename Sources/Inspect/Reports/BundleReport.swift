import Foundation
import FourM
import FourMModels
import FourMText
import Hub
import IR

/// What there is to say of a bundle; the shape of its JSON.
package struct BundleReport: Encodable {
    package struct Part: Encodable {
        /// `model`, `tokenizer`, `preview decoder` or `text tokenizer`.
        package let role: String
        /// The modality of a tokenizer.
        package let modality: String?
        /// As the bundle names it: a path or a Hub repository.
        package let source: String
        /// Where that is on disk.
        package let path: String
        package let family: String?
        package let parameters: Int?
        package let bytes: Int?
        /// Why the part cannot be used.
        package let problem: String?

        package var isFromHub: Bool { ModelLocation.repository(source) != nil && !path.hasSuffix(source) }
    }

    package let name, about, folder: String
    package let parts: [Part]

    /// - Parameter explain: what people read of an error.
    package init(_ bundle: FourM.Bundle, explain: @escaping (any Error) -> String = { "\($0)" }) {
        name = bundle.name
        about = bundle.about
        folder = bundle.folder.path
        func model(_ role: String, _ modality: String?, _ source: String, isMain: Bool = false) -> Part {
            BundleReport.model(role, modality, source, bundle, isMain: isMain, explain)
        }
        var found: [Part] = []
        if let path = bundle.sources.model { found.append(model("model", nil, path, isMain: true)) }
        if let path = bundle.sources.superResolutionModel {
            found.append(model("super resolution", nil, path))
        }
        if let path = bundle.sources.textTokenizer { found.append(BundleReport.text(path, bundle, explain)) }
        for (modality, path) in bundle.sources.tokenizers.sorted(by: { $0.key < $1.key }) {
            found.append(model("tokenizer", modality, path))
        }
        for (modality, path) in bundle.previewDecoders.sorted(by: { $0.key < $1.key }) {
            found.append(model("preview decoder", modality, path))
        }
        parts = found
    }

    /// - Parameter isMain: whether it is the model that the bundle's adapters are for.
    private static func model(
        _ role: String, _ modality: String?, _ source: String, _ bundle: FourM.Bundle, isMain: Bool,
        _ explain: (any Error) -> String
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
                problem: explain(error))
        }
    }

    private static func text(_ source: String, _ bundle: FourM.Bundle, _ explain: (any Error) -> String) -> Part {
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
                problem: explain(error))
        }
    }

    /// The report for people; `bold` makes a word stand out.
    package func text(bold: (String) -> String = { $0 }) -> String {
        var text = "bundle  \(bold(name))\n"
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
