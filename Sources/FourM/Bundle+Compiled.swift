import Yams

extension Bundle {
    /// The text of a `bundle.yaml` that names `files` in place of what this bundle names, and nothing else; adapters are merged into the model
    /// by then.
    /// - Throws: `YamlError` if a name cannot be written.
    package func yaml(naming files: [BundlePart: String]) throws -> String {
        func scalar(_ text: String) -> Node { Node(text, Tag(.str)) }
        func table(_ role: BundlePart.Role, _ sources: [String: String]) -> Node? {
            let pairs = sources.sorted { $0.key < $1.key }.compactMap { key, source in
                files[BundlePart(role, source, modality: key)].map { (scalar(key), scalar($0)) }
            }
            return pairs.isEmpty ? nil : Node(pairs)
        }
        func one(_ role: BundlePart.Role, _ source: String?) -> Node? {
            source.flatMap { files[BundlePart(role, $0)] }.map(scalar)
        }
        var pairs: [(String, Node?)] = [
            ("name", scalar(name)), ("about", about.isEmpty ? nil : scalar(about)), ("model", one(.model, sources.model)),
            ("sr_model", one(.superResolution, sources.superResolutionModel)),
            ("text_tokenizer", one(.textTokenizer, sources.textTokenizer)),
        ]
        pairs.append(("tokenizers", table(.tokenizer, sources.tokenizers)))
        pairs.append(("preview_decoders", table(.previewDecoder, previewDecoders)))
        if !semsegClasses.isEmpty { pairs.append(("semseg_classes", Node(semsegClasses.map(scalar), .implicit, .flow))) }
        pairs.append(("box_bins", Node("\(boxBins)")))
        pairs.append(("detokenizer_steps", Node("\(sources.detokenizerSteps)")))
        return try Yams.serialize(node: Node(pairs.compactMap { key, node in node.map { (Node(key), $0) } }), allowUnicode: true)
    }
}
