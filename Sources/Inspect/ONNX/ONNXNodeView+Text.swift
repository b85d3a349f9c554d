import Names

extension ONNXNodeView {
    /// Lines for people: operator and name, operands and results by role, attributes, documentation, metadata.
    /// - Parameter isWhole: whether texts of several lines, such as stack traces, are shown whole.
    package func lines(isWhole: Bool) -> [String] {
        let place = functions.isEmpty ? "" : ", in \(functions.map { DocText.line($0) }.joined(separator: ", in "))"
        var lines = ["ONNX \(DocText.line(title)), \(DocText.line(domain)) \(version)\(place)"]
        let rows = inputs.enumerated().map { row($0, $1, "in") } + outputs.enumerated().map { row($0, $1, "out") }
        lines += Table([], rows, indent: "  ").text.split(separator: "\n").map(String.init)
        if !attributes.isEmpty { lines.append("  " + attributes.map(ONNXNodeView.text).joined(separator: ", ")) }
        if let docString { lines += ONNXNodeView.texts("doc string", docString, isWhole) }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { lines += ONNXNodeView.texts(key, value, isWhole) }
        if let page { lines.append("  " + ForeignText.escaped(page)) }
        return lines
    }

    private func row(_ index: Int, _ port: Port, _ kind: String) -> [String] {
        [kind, DocText.line(port.role ?? "\(index)"), port.name.isEmpty ? "left out" : DocText.line(port.name)]
    }

    private static func text(_ attribute: Attribute) -> String {
        "\(DocText.line(attribute.name))=\(attribute.value)\(attribute.isDefault ? " (default)" : "")"
    }

    private static func texts(_ title: String, _ text: String, _ isWhole: Bool) -> [String] {
        let parts = text.split(separator: "\n").map { ForeignText.escaped(String($0)) }
        guard isWhole, parts.count > 1 else { return ["  \(DocText.line(title)): \(DocText.line(text))"] }
        return ["  \(DocText.line(title)):"] + parts.map { "    " + $0 }
    }
}
