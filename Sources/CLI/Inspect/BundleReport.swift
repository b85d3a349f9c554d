import Foundation
import FourM
import IR
import Importers

/// What `tessera inspect` says of a bundle; the shape of its JSON.
struct BundleReport: Encodable {
    struct Part: Encodable {
        /// `model`, `tokenizer`, `preview decoder` or `text tokenizer`.
        let role: String
        /// The modality of a tokenizer.
        let modality: String?
        let path: String
        let family: String?
        let parameters: Int?
        let bytes: Int?
        /// Why the part cannot be used.
        let problem: String?
    }

    let name, about, folder: String
    let parts: [Part]

    init(_ bundle: FourM.Bundle) {
        name = bundle.name
        about = bundle.about
        folder = bundle.folder.path
        var found: [Part] = []
        if let path = bundle.sources.model { found.append(BundleReport.model("model", nil, bundle.resolve(path), lora: bundle.adapters)) }
        if let path = bundle.sources.superResolutionModel {
            found.append(BundleReport.model("super resolution", nil, bundle.resolve(path)))
        }
        if let path = bundle.sources.textTokenizer { found.append(BundleReport.text(bundle.resolve(path))) }
        for (modality, path) in bundle.sources.tokenizers.sorted(by: { $0.key < $1.key }) {
            found.append(BundleReport.model("tokenizer", modality, bundle.resolve(path)))
        }
        for (modality, path) in bundle.previewDecoders.sorted(by: { $0.key < $1.key }) {
            found.append(BundleReport.model("preview decoder", modality, bundle.resolve(path)))
        }
        parts = found
    }

    private static func model(_ role: String, _ modality: String?, _ path: String, lora: [LoRASource] = []) -> Part {
        do {
            let module = try ModelLoader.imported(path, lora: lora)
            let facts = MetadataReader(module.metadata)
            return Part(
                role: role, modality: modality, path: path, family: facts.string("family"), parameters: facts.int("parameters"),
                bytes: module.constantBytes, problem: nil)
        } catch {
            return Part(
                role: role, modality: modality, path: path, family: nil, parameters: nil, bytes: nil, problem: ErrorText.of(error))
        }
    }

    private static func text(_ path: String) -> Part {
        do {
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
            _ = try TextTokenizer(contentsOf: URL(fileURLWithPath: path))
            return Part(
                role: "text tokenizer", modality: nil, path: path, family: "wordpiece", parameters: nil, bytes: size?.intValue, problem: nil
            )
        } catch {
            return Part(
                role: "text tokenizer", modality: nil, path: path, family: nil, parameters: nil, bytes: nil, problem: ErrorText.of(error))
        }
    }

    /// The report for people.
    var text: String {
        var text = "bundle  \(Terminal.styled(name, .bold))\n"
        if !about.isEmpty { text += "about   \(about)\n" }
        let rows = parts.map { part in
            [
                part.role, part.modality ?? "-", part.family ?? "-", part.parameters.map { Human.count(Double($0)) } ?? "-",
                part.bytes.map { Human.bytes($0) } ?? "-", part.problem.map { "unusable: \($0)" } ?? shortened(part.path),
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
