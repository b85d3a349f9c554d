import Foundation
import IR
import Importers

extension ModelReport {
    /// The report for people; `bold` makes a word stand out.
    /// - Parameter width: columns that it may take; nil for as many as it needs.
    package func text(groupingFunctions: Bool = true, width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        let list = functionList(grouping: groupingFunctions, bold)
        let parts = [
            overview(width, bold), notableText(width), modalityTable(width), normalization(width), diffusion(width),
            TextBlock.fitted(list, width: width),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func facts(_ key: String) -> MetadataReader? {
        if case .dictionary(let fields)? = metadata[key]?.value { MetadataReader(fields) } else { nil }
    }

    private func overview(_ width: Int?, _ bold: (String) -> String) -> String {
        Table([], [["model", bold(name)]] + facts, width: width).text
    }

    /// What there is to say of the model in one line each: titles and values. Of several files all but the first have no title.
    package var facts: [[String]] {
        let all = MetadataReader(metadata.mapValues(\.value))
        var rows = [["family", familyTitle], ["stage", stage]]
        for (index, file) in files.enumerated() {
            rows.append([index == 0 ? "files" : "", "\(file.path)  \(Human.bytes(file.bytes))"])
        }
        rows.append(["parameters", "\(Human.count(Double(parameters)))  (\(Human.exact(parameters)))"])
        let types = bytesByType.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let total = types.reduce(0) { $0 + $1.value }
        let shares = types.map { "\($0.key) \(Human.bytes($0.value))" }.joined(separator: ", ")
        rows.append(["weights", shares.isEmpty ? "none" : "\(Human.bytes(total))  (\(shares))"])
        if let largest = largestSizes { rows.append(["largest sizes", ModelReport.text(of: largest)]) }
        if let peak {
            rows.append(["activations", "at most \(Human.bytes(peak.bytes)): \(peak.function) at \(ModelReport.text(of: peak.sizes))"])
        }
        if let shape = architecture { rows.append(["architecture", shape]) }
        if let size = all.int("codebook_size") {
            let books = all.int("num_codebooks") ?? 1
            let norm = all.bool("norm_codes") == true ? ", normalised codes" : ""
            // Each head of memcodes has its share of the dimensions; the books of the other quantizer share all.
            let share = all.text("quantizer") == "memcodes" ? books : 1
            let dimensions = all.int("latent_dim").map { "\($0 / max(share, 1))" } ?? "?"
            rows.append(["codebook", "\(books > 1 ? "\(books) × " : "")\(size) codes of \(dimensions) dimensions\(norm)"])
        }
        for (key, title) in [
            ("ir_version", "IR version"), ("producer", "producer"), ("opsets", "opsets"), ("operators", "operators"),
            ("model_domain", "model domain"), ("model_version", "model version"), ("input", "input"), ("domain", "domain"),
            ("channels", "channels"), ("n_labels", "labels"), ("grid", "token grid"),
            ("patch_size", "patch"), ("image_size", "image size"), ("masks", "masks"), ("adapters", "LoRA"), ("warnings", "warnings"),
            ("notes", "notes"),
        ] {
            if let value = all.text(key) { rows.append([title, value]) }
        }
        if let functions = all.section("onnx_functions") { rows += ONNXFunctionView.rows(functions) }
        if let annotations = all.section("quantization_annotations") {
            let count = annotations.fields.count
            rows.append(["annotations", "quantization of \(count) value\(count == 1 ? "" : "s")"])
        }
        if let doc = all.string("doc_string") { rows.append(["doc string", DocText.line(doc)]) }
        rows += DocText.rows("properties", all.section("properties")?.fields.compactMapValues { MetadataReader(["": $0]).text("") } ?? [:])
        return rows
    }

    /// `batch=1 tokens=196`
    static func text(of sizes: Binding) -> String {
        sizes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    private var familyTitle: String {
        switch family {
        case "4m_transformer": "4M transformer (4m_transformer)"
        case "vqvae": "image tokenizer, one-pass decoder (vqvae)"
        case "divae": "image tokenizer, diffusion decoder (divae)"
        case ONNXImporter.family: "ONNX model (onnx)"
        default: family
        }
    }

    private var architecture: String? {
        guard let facts = facts("architecture") else { return nil }
        var parts = ["\(facts.int("encoder_depth") ?? 0) + \(facts.int("decoder_depth") ?? 0) layers"]
        if let dim = facts.int("dim") { parts.append("dim \(dim)") }
        if let heads = facts.int("num_heads") { parts.append("\(heads) heads") }
        if let hidden = facts.int("mlp_hidden") {
            parts.append("\(facts.bool("gated_mlp") == true ? "gated " : "")\(facts.string("activation") ?? "") MLP of \(hidden)")
        }
        if facts.bool("qk_norm") == true { parts.append("normalised queries and keys") }
        if let registers = facts.int("num_register_tokens"), registers > 0 { parts.append("\(registers) register tokens") }
        if facts.bool("decoder_causal_mask") == true { parts.append("causal decoder") }
        if facts.bool("decoder_sep_mask") == true { parts.append("decoder masks by modality") }
        return parts.joined(separator: ", ")
    }

    private func modalityTable(_ width: Int?) -> String {
        guard !modalities.isEmpty else { return "" }
        let rows = modalities.map { one -> [String] in
            let use = [one.isInput ? "in" : nil, one.isOutput ? "out" : nil].compactMap { $0 }.joined(separator: " ")
            let tokens = one.grid.map { "\($0[0]) × \($0[1]) grid" } ?? one.maxTokens.map { "up to \($0)" } ?? "-"
            let image = one.imageSize.map { "\($0[0]) × \($0[1])" } ?? "-"
            return [
                one.name, one.kind.replacing("_", with: " "), use, one.vocabulary.map { "\($0)" } ?? "-", tokens, image,
                one.channels.map { "\($0)" } ?? "-",
            ]
        }
        return "modalities\n"
            + Table(["name", "kind", "use", "vocabulary", "tokens", "pixels", "channels"], rows, indent: "  ", right: [3], width: width)
            .text
    }

    private func notableText(_ width: Int?) -> String {
        notable.isEmpty ? "" : "worth knowing\n" + notable.map { TextBlock.labelled("  - ", $0, width: width) }.joined()
    }

    private func normalization(_ width: Int?) -> String {
        let facts = facts("normalization")
        var rows: [[String]] = []
        if let facts, let row = ModelReport.normalization("image", facts) { rows.append(row) }
        for name in facts?.fields.keys.sorted() ?? [] {
            if let one = facts?.section(name), let row = ModelReport.normalization(name, one) { rows.append(row) }
        }
        if rows.isEmpty { return unstatedNormalization(width) }
        return "normalisation of pixels: (value in 0…1 - mean) / std\n" + Table([], rows, indent: "  ", width: width).text
    }

    /// What pixels are scaled by, and the values that the model then gets.
    private static func normalization(_ name: String, _ facts: MetadataReader) -> [String]? {
        guard let means = facts.doubles("mean"), let stds = facts.doubles("std"), let mean = facts.text("mean"), let std = facts.text("std")
        else {
            return nil
        }
        let pairs = zip(means, stds).filter { $1 > 0 }
        let range = pairs.map { -$0 / $1 }.min().flatMap { low in
            pairs.map { (1 - $0) / $1 }.max().map { String(format: "values %.3g … %.3g", low, $0) }
        }
        return [name, "mean \(mean)", "std \(std)", range ?? ""]
    }

    /// Of an image tokenizer whose file says nothing: what the codecs of colours do then.
    private func unstatedNormalization(_ width: Int?) -> String {
        let all = MetadataReader(metadata.mapValues(\.value))
        guard family == "vqvae" || family == "divae", all.string("input") == "image", let channels = all.int("channels"), channels == 3
        else {
            return ""
        }
        return TextBlock.fitted(
            "normalisation of pixels: the file states none; taken is (value in 0…1 - 0.5) / 0.5, values -1 … 1\n", width: width)
    }

    private func diffusion(_ width: Int?) -> String {
        guard let facts = facts("diffusion") else { return "" }
        let rows = facts.fields.keys.sorted().compactMap { key in facts.text(key).map { [key.replacing("_", with: " "), $0] } }
        return "diffusion decoder\n" + Table([], rows, indent: "  ", width: width).text
    }
}
