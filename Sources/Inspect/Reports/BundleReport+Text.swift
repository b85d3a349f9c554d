import Names

extension BundleReport {
    /// The report for people; `bold` makes a word stand out.
    /// - Parameter width: columns that tables may take; nil for as many as they need.
    package func text(width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        var text = "bundle  \(bold(name))\n"
        if !about.isEmpty { text += TextBlock.labelled("about   ", about, width: width) }
        text += (format == nil ? "folder" : "file  ") + "  \(folder)\n" + compilation(width) + "\n" + partTable(width)
        for part in parts { if let problem = part.problem { text += "\n" + TextBlock.labelled("broken: ", problem, width: width) } }
        if !modalities.isEmpty { text += "\ngoes in\n" + inputs(width) + "\ncomes out\n" + outputs(width) }
        return text
    }

    /// How its models were compiled: once if all were in one way.
    private func compilation(_ width: Int?) -> String {
        let compiled = parts.compactMap { part in part.compiled.map { (name: part.modality ?? part.role, how: $0.text) } }
        guard let first = compiled.first else { return "" }
        if compiled.allSatisfy({ $0.how == first.how }) { return TextBlock.labelled("        ", first.how, width: width) }
        return compiled.map { TextBlock.labelled("        ", "\($0.name): \($0.how)", width: width) }.joined()
    }

    private func partTable(_ width: Int?) -> String {
        let rows = parts.map { part in
            [
                part.modality ?? part.role, part.modality == nil ? part.family ?? "-" : part.role,
                part.parameters.map { Human.count(Double($0)) } ?? "-",
                part.bytes.map { Human.bytes($0) } ?? "-", part.memory.map { Human.bytes($0) } ?? "-", part.check,
                part.isFromHub ? part.source : shortened(part.path),
            ]
        }
        let total = parts.compactMap(\.memory).reduce(0, +)
        let sum = ["all", "", "", Human.bytes(parts.compactMap(\.bytes).reduce(0, +)), Human.bytes(total), isBroken ? "broken" : "ok", ""]
        return Table(["part", "kind", "parameters", "size", "memory", "check", "file"], rows + [sum], right: [2, 3, 4], width: width).text
    }

    private func inputs(_ width: Int?) -> String {
        let rows = modalities.filter(\.isInput).map { [$0.name, $0.title, size($0), values($0), $0.given] }
        return Table(["modality", "is", "size", "values", "give it as"], rows, indent: "  ", width: width).text
    }

    private func outputs(_ width: Int?) -> String {
        let rows = modalities.filter(\.isOutput).map { [$0.name, $0.title, size($0), values($0), $0.files.joined(separator: " ")] }
        return Table(["modality", "is", "size", "values", "files"], rows, indent: "  ", width: width).text
    }

    private func size(_ one: Modality) -> String {
        if let grid = one.grid { return "\(grid[0]) × \(grid[1]) of " + (one.imageSize.map { "\($0[0]) × \($0[1])" } ?? "the picture") }
        return one.maxTokens.map { "up to \($0)" } ?? "-"
    }

    private func values(_ one: Modality) -> String {
        if let ids = one.vocabulary { return "\(ids) ids" }
        guard let mean = one.mean, let std = one.std else { return "vectors" }
        func text(_ values: [Double]) -> String { values.map { "\($0)" }.joined(separator: " ") }
        return "(0…1 - \(text(mean))) / \(text(std))"
    }

    /// A path in the bundle's folder as seen from there.
    private func shortened(_ path: String) -> String {
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}

extension BundleReport.Compiled {
    fileprivate var text: String {
        let text = "compiled by \(program), format \(format), \(precision) for \(target)"
        // Files come from anywhere.
        return ForeignText.escaped(options.isEmpty ? text : "\(text), with \(options.joined(separator: " "))")
    }
}
