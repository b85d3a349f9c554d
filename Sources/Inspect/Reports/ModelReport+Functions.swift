import IR

extension ModelReport {
    /// The functions; those that differ only in their modality, such as `logits.caption` and `logits.det`, as one if `grouping`.
    package func functionList(grouping: Bool, _ bold: (String) -> String) -> String {
        let note = stage == Module.Stage.imported.rawValue ? ", before fusion" : ""
        let groups = grouping ? FunctionGroup.all(functions) : functions.map { FunctionGroup([$0]) }
        let width = groups.map(\.title.count).max() ?? 0
        let time = peaks == nil ? "" : ", and the least time that this machine's peaks allow"
        return "functions: nodes, work and working memory of one call\(note)\(time)\n" + groups.map { $0.text(width, bold) }.joined()
    }
}

/// Functions of one kind: the same name up to the first dot, the same inputs, outputs of the same names.
package struct FunctionGroup {
    package private(set) var members: [ModelReport.Function]

    package init(_ members: [ModelReport.Function]) { self.members = members }

    /// In the order of the first member of each.
    package static func all(_ functions: [ModelReport.Function]) -> [FunctionGroup] {
        var groups: [FunctionGroup] = []
        for function in functions {
            if let index = groups.firstIndex(where: { $0.accepts(function) }) {
                groups[index].members.append(function)
            } else {
                groups.append(FunctionGroup([function]))
            }
        }
        return groups
    }

    private func accepts(_ other: ModelReport.Function) -> Bool {
        guard let first = members.first else { return true }
        return FunctionGroup.split(first.name).kind == FunctionGroup.split(other.name).kind && first.inputs == other.inputs
            && first.outputs.map(\.name) == other.outputs.map(\.name) && first.sizes == other.sizes
    }

    private static func split(_ name: String) -> (kind: String, modality: String) {
        guard let dot = name.firstIndex(of: ".") else { return (name, "") }
        return (String(name[..<dot]), String(name[name.index(after: dot)...]))
    }

    package var title: String {
        guard let first = members.first, members.count > 1 else { return members.first?.name ?? "" }
        return FunctionGroup.split(first.name).kind + ".*"
    }

    package func text(_ width: Int, _ bold: (String) -> String) -> String {
        guard let first = members.first else { return "" }
        let sizes = ModelReport.text(of: first.sizes)
        let title = bold(title) + String(repeating: " ", count: max(0, width - title.count))
        let place = sizes.isEmpty ? "" : members.contains { $0.cost == nil } ? " (taken is \(sizes))" : " at \(sizes)"
        var text = "  \(title)  \(facts)\(place)\n"
        if let about = first.about { text += "      \(DocText.line(about))\n" }
        if members.count > 1 {
            text += TextBlock.wrapped("* = " + members.map { FunctionGroup.split($0.name).modality }.joined(separator: ", "), indent: 6)
        }
        func about(_ port: ModelReport.Port) -> String { port.remarks.isEmpty ? "" : "  " + port.remarks }
        for port in first.inputs { text += "      in   \(port.name): \(port.type)\(about(port))\n" }
        for (index, port) in first.outputs.enumerated() { text += "      out  \(port.name): \(outputTypes(index))\(about(port))\n" }
        return text
    }

    /// Nodes, work and memory, a range where members differ; and the time of the longest.
    private var facts: String {
        func range(_ values: [Int], _ text: (Int) -> String) -> String {
            guard let low = values.min(), let high = values.max() else { return "" }
            return low == high ? text(low) : "\(text(low)) to \(text(high))"
        }
        let costs = members.compactMap(\.cost)
        let nodes = range(members.map(\.nodes)) { "\($0)" } + " nodes"
        guard costs.count == members.count else {
            return "\(nodes), cost unknown: \(members.compactMap(\.costProblem).first ?? "give all sizes")"
        }
        let times = members.compactMap(\.leastMilliseconds)
        let time = (times.max()).map { ", \(Human.milliseconds($0)) ms" } ?? ""
        return "\(nodes), \(range(costs.map(\.flops), Human.flops)), \(range(costs.map(\.workingBytes), Human.bytes))\(time)"
    }

    private func outputTypes(_ index: Int) -> String {
        var types: [String] = []
        for member in members where !types.contains(member.outputs[index].type) { types.append(member.outputs[index].type) }
        return types.joined(separator: " or ")
    }
}
