import IR

/// What in a model does nothing, is there twice, or contradicts something else; the shape of its JSON.
package struct LintReport: Encodable {
    package enum Kind: String, Encodable, Sendable {
        case unusedInitializers = "unused-initializers", duplicateInitializers = "duplicate-initializers", deadNodes = "dead-nodes"
        case unusedConstants = "unused-constants", duplicateConstants = "duplicate-constants", uncalledFunctions = "uncalled-functions"
        case unusedInputs = "unused-inputs", repeatedNodeNames = "repeated-node-names", repeatedValueNames = "repeated-value-names"
        case missingValues = "missing-values", unorderedNodes = "unordered-nodes", oldOpset = "old-opset"
        case undeclaredDomains = "undeclared-domains", unusedDomains = "unused-domains", warnings, notFinite = "not-finite"

        /// For people, with a count before it.
        var title: (one: String, many: String) {
            switch self {
            case .unusedInitializers: ("initializer on which no result depends", "initializers on which no result depends")
            case .duplicateInitializers: ("initializer that repeats another", "initializers that repeat others")
            case .deadNodes: ("node on which no result depends", "nodes on which no result depends")
            case .unusedConstants: ("constant that no function reads", "constants that no function reads")
            case .duplicateConstants: ("constant that repeats another", "constants that repeat others")
            case .uncalledFunctions: ("private function that nothing calls", "private functions that nothing calls")
            case .unusedInputs: ("input on which no result depends", "inputs on which no result depends")
            case .repeatedNodeNames: ("name that several nodes have", "names that several nodes have")
            case .repeatedValueNames: ("name that several values have", "names that several values have")
            case .missingValues: ("value that is read and nothing gives", "values that are read and nothing gives")
            case .unorderedNodes: ("node that stands before one that it reads", "nodes that stand before one that they read")
            case .oldOpset: ("operator that the declared opset lacks", "operators that the declared opset lacks")
            case .undeclaredDomains: ("domain of operators without an opset", "domains of operators without an opset")
            case .unusedDomains: ("opset that no node uses", "opsets that no node uses")
            case .warnings: ("warning of the importer", "warnings of the importer")
            case .notFinite: ("tensor with numbers that are not finite", "tensors with numbers that are not finite")
            }
        }

        /// Whether the summary of a model tells of it: the others are harmless, or said there already.
        var isNotable: Bool {
            switch self {
            case .undeclaredDomains, .unusedDomains, .unorderedNodes, .warnings, .notFinite: false
            default: true
            }
        }
    }

    package struct Item: Encodable, Equatable {
        package let name: String
        /// What there is to say of it besides.
        package let detail: String?
        /// Of its data; absent where it has none.
        package let bytes: Int?

        init(_ name: String, _ detail: String? = nil, bytes: Int? = nil) { (self.name, self.detail, self.bytes) = (name, detail, bytes) }
    }

    package struct Finding: Encodable {
        package let kind: Kind
        package let title: String
        package let count: Int
        /// Sum of those of the items; absent where they have none.
        package let bytes: Int?
        package let items: [Item]

        /// nil for no items.
        init?(_ kind: Kind, _ items: [Item]) {
            if items.isEmpty { return nil }
            (self.kind, self.items, count) = (kind, items, items.count)
            title = items.count == 1 ? kind.title.one : kind.title.many
            let sizes = items.compactMap(\.bytes)
            bytes = sizes.isEmpty ? nil : sizes.reduce(0) { saturatingAdd($0, $1) }
        }
    }

    package let model: String
    /// Those that were found, each kind at most once.
    package internal(set) var findings: [Finding]
    /// Of all tensors.
    let bytes: Int

    private enum CodingKeys: String, CodingKey { case model, findings }

    func finding(_ kind: Kind) -> Finding? { findings.first { $0.kind == kind } }
}

extension LintReport {
    /// The report for people.
    /// - Parameter width: columns that it may take; nil for as many as it needs.
    package func text(width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        if findings.isEmpty { return "\(DocText.line(model)): nothing found\n" }
        let parts = findings.map { finding -> String in
            let size = finding.bytes.map { ", \(Human.bytes($0))" } ?? ""
            let hasSizes = finding.items.contains { $0.bytes != nil }
            let rows = finding.items.map { item in
                [DocText.line(item.name)] + (hasSizes ? [item.bytes.map(Human.bytes) ?? "-"] : []) + [DocText.line(item.detail ?? "")]
            }
            return "\(bold("\(finding.count) \(finding.title)"))\(size)\n"
                + Table([], rows, indent: "  ", right: hasSizes ? [1] : [], width: width).text
        }
        return "\(DocText.line(model))\n\n" + parts.joined(separator: "\n")
    }

    /// What the summary says of it: a line for each kind, with the first names.
    package var notes: [String] {
        let most = 3
        return findings.filter { $0.kind.isNotable && isLarge($0) }.map { finding in
            let size = finding.bytes.map { ", \(Human.bytes($0))" } ?? ""
            let names = finding.items.prefix(most).map { DocText.line($0.name) }.joined(separator: ", ")
            let more = finding.count > most ? ", … (--lint lists them)" : ""
            return "\(finding.count) \(finding.title)\(size): \(names)\(more)"
        }
    }

    /// Repeated tensors are told of where they are a hundredth of all.
    private func isLarge(_ finding: Finding) -> Bool {
        guard finding.kind == .duplicateInitializers || finding.kind == .duplicateConstants else { return true }
        return (finding.bytes ?? 0) > bytes / 100
    }
}
