import Foundation
import IR

/// Which operators functions are made of, how often, and their share of the work and the bytes of a call.
package struct OperatorReport: Encodable {
    package struct Row: Encodable {
        package let op: String
        /// Nodes that run in a call, and those of constants alone, which are computed once.
        package let nodes, onceNodes: Int
        /// nil where sizes are not known.
        package let flops, bytes: Double?
    }

    package struct Function: Encodable {
        package let name: String
        /// Whether other functions call it and nobody else: its work stands for one call.
        package let isPrivate: Bool
        package let sizes: Binding
        /// The most work first, then the most bytes.
        package let operators: [Row]
        /// Why there is no work.
        package let problem: String?
    }

    package let model, stage: String
    package let functions: [Function]
    /// Of all functions, each called once.
    package let total: [Row]
    /// Operators of the file that the module was imported from, with how many nodes have them, where the importer tells.
    package let source: String?

    /// - Parameter sizes: in place of the typical ones.
    /// - Throws: ``WorkError`` for a size that no function has.
    package init(_ module: Module, sizes: [SizeBinding]) throws {
        let (typical, chosen) = try SizeBinding.checked(sizes, of: module)
        functions = module.functions.map { Function($0, typical.binding(for: $0, chosen)) }
        // Shares of a part of the work would pass for those of all.
        let isKnown = functions.allSatisfy { $0.problem == nil }
        total = Row.sorted(Dictionary(grouping: functions.flatMap(\.operators), by: \.op).values.map { Row(joining: $0, isKnown: isKnown) })
        (model, stage) = (module.name, module.stage.rawValue)
        source = MetadataReader(module.metadata).text("operators")
    }
}

extension OperatorReport.Function {
    fileprivate init(_ graph: Graph, _ sizes: Binding) {
        (name, isPrivate, self.sizes) = (graph.name, graph.isPrivate, sizes)
        let nodes = graph.nodes
        let isOnce = FixedValues(graph).isComputedOnce
        var (costs, problem): ([NodeCost?]?, String?) = (nil, nil)
        do { costs = try FunctionCosts(graph, sizes).nodes } catch { problem = CostProblem.text(error, graph, sizes) }
        self.problem = problem
        operators = OperatorReport.Row.sorted(
            Dictionary(grouping: nodes.indices, by: { nodes[$0].opName }).map { op, own in
                OperatorReport.Row(
                    op, own.count { !isOnce[$0] }, own.count { isOnce[$0] }, costs.map { costs in own.compactMap { costs[$0] } })
            })
    }
}

extension OperatorReport.Row {
    fileprivate init(_ op: String, _ nodes: Int, _ onceNodes: Int, _ costs: [NodeCost]?) {
        (self.op, self.nodes, self.onceNodes) = (op, nodes, onceNodes)
        flops = costs?.reduce(0) { $0 + $1.flops }
        bytes = costs?.reduce(0) { $0 + $1.bytes }
    }

    /// - Parameters:
    ///   - rows: of one operator.
    ///   - isKnown: whether the work of all functions is.
    fileprivate init(joining rows: [OperatorReport.Row], isKnown: Bool) {
        op = rows.first?.op ?? ""
        (nodes, onceNodes) = (rows.reduce(0) { $0 + $1.nodes }, rows.reduce(0) { $0 + $1.onceNodes })
        func sum(_ part: (OperatorReport.Row) -> Double?) -> Double? {
            let known = rows.compactMap(part)
            return known.isEmpty || !isKnown ? nil : known.reduce(0, +)
        }
        (flops, bytes) = (sum(\.flops), sum(\.bytes))
    }

    fileprivate static func sorted(_ rows: [OperatorReport.Row]) -> [OperatorReport.Row] {
        rows.sorted { ($1.flops ?? 0, $1.bytes ?? 0, $1.nodes, $0.op) < ($0.flops ?? 0, $0.bytes ?? 0, $0.nodes, $1.op) }
    }
}

extension OperatorReport {
    /// The report for people.
    /// - Parameters:
    ///   - isEach: whether to show each function beside all together.
    ///   - width: columns that it may take; nil for as many as it needs.
    package func text(isEach: Bool, width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        var parts = ["\(model), stage \(stage)\n"]
        if functions.count > 1 {
            parts.append("\(bold("all \(functions.count) functions")), each called once\(unknown)\n" + table(total, width))
        }
        for function in functions where isEach || functions.count == 1 {
            let sizes = ModelReport.text(of: function.sizes)
            let note = function.problem.map { "; work unknown: \($0)" } ?? ""
            let title =
                "\(bold(function.name))\(sizes.isEmpty ? "" : " at \(sizes)")\(function.isPrivate ? ", called by others" : "")\(note)\n"
            parts.append(TextBlock.fitted(title, width: width) + table(function.operators, width))
        }
        if let source { parts.append(TextBlock.labelled("operators of the file: ", source, width: width)) }
        return parts.joined(separator: "\n")
    }

    /// Said of the sum where it is not there.
    private var unknown: String {
        let names = functions.filter { $0.problem != nil }.map(\.name)
        if names.isEmpty { return "" }
        return "; work unknown, as that of \(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? ", …" : "") is"
    }

    private func table(_ rows: [Row], _ width: Int?) -> String {
        let (work, bytes) = (rows.reduce(0) { $0 + ($1.flops ?? 0) }, rows.reduce(0) { $0 + ($1.bytes ?? 0) })
        func share(_ part: Double?, _ all: Double) -> Double { all > 0 ? (part ?? 0) / all : 0 }
        func percent(_ part: Double?, _ all: Double) -> String { part == nil ? "?" : String(format: "%.1f %%", share(part, all) * 100) }
        let hasOnce = rows.contains { $0.onceNodes > 0 }
        let room = width.map { min(max($0 - 64, 10), 30) } ?? 30
        let cells = rows.map { row in
            [row.op, "\(row.nodes)"] + (hasOnce ? ["\(row.onceNodes)"] : [])
                + [percent(row.flops, work), percent(row.bytes, bytes), Bars.bar(share(row.flops, work), width: room)]
        }
        let header = ["operator", "nodes"] + (hasOnce ? ["once"] : []) + ["work", "bytes", "share of the work"]
        return Table(header, cells, indent: "  ", right: Set(1..<(header.count - 1)), width: width).text
    }
}
