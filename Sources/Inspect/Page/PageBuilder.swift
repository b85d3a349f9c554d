import Foundation
import IR
import Passes

/// Makes the data of a model's page.
package struct PageBuilder {
    /// What stands at its top, such as the name of the file.
    package var title: String
    /// Of the machine that reads it; nil leaves out what bounds a node.
    package var peaks: MachinePeaks?
    package var metrics = NodeMetrics()
    /// What nodes were fused from, where that was recorded.
    package var origins: NodeOrigins?
    /// What an ONNX file says of the nodes and values, for a model from one.
    package var onnx: ONNXOrigins?
    package var graphviz = Graphviz()
    /// Numbers of a model whose weights are looked at whole; of larger ones it is a sample of a quarter of so many.
    package var mostNumbers = 100_000_000
    /// Told the share of the work that is done, and what is being done.
    package var progress: (Double, String) -> Void = { _, _ in }

    package init(title: String) { self.title = title }

    /// - Parameters:
    ///   - report: of `module`.
    ///   - memory: of a function while it runs, where that is known.
    package func data(
        of module: Module, _ report: ModelReport, memory: (Graph) -> PageData.Memory? = { _ in nil }
    ) -> PageData {
        let weights = PageWeights(module, mostNumbers: mostNumbers) { progress(0.7 * $0, "weights") }
        var (layouts, functions): (BlockLayouts, [PageFunction]) = (BlockLayouts(), [])
        // The page opens with the first.
        for graph in module.functions.filter({ !$0.isPrivate }) + module.functions.filter(\.isPrivate) {
            functions.append(PageFunction(graph, self, weights, sizes: sizes(of: graph, module, report), layouts: &layouts))
        }
        progress(0.75, "pictures")
        let drawn = PageLayouts(layouts.drawn(with: graphviz))
        progress(0.95, "writing")
        let reports = Dictionary(report.functions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return PageData(
            title: title, stage: module.stage.rawValue, summary: PageBuilder.summary(report),
            notes: notes(functions, weights, drawn), metrics: shownMetrics(functions), ops: PageBuilder.operators(module),
            weights: weights.list, layouts: drawn.down, layoutsRight: drawn.right,
            functions: functions.map { $0.data(reports[$0.graph.name], layouts: drawn.places, memory: memory($0.graph)) })
    }

    /// The lines of the report; the page shows the stage elsewhere.
    private static func summary(_ report: ModelReport) -> [[String]] {
        joined([["model", report.name]] + report.facts.filter { $0[0] != "stage" })
    }

    /// `rows` with those without a title as part of the one before.
    static func joined(_ rows: [[String]]) -> [[String]] {
        rows.reduce(into: []) { rows, row in
            if row[0].isEmpty, let last = rows.indices.last { rows[last][1] += ", " + row[1] } else { rows.append(row) }
        }
    }

    private func sizes(of graph: Graph, _ module: Module, _ report: ModelReport) -> Binding {
        report.functions.first { $0.name == graph.name }?.sizes ?? TypicalSizes(module).binding(for: graph)
    }

    private static func operators(_ module: Module) -> [String: PageData.OperatorText] {
        var texts: [String: PageData.OperatorText] = [:]
        for graph in module.functions {
            for node in graph.nodes where texts[node.opName] == nil {
                let page = type(of: node.op).documentation
                texts[node.opName] = PageData.OperatorText(summary: page.summary, formula: page.formula)
            }
        }
        return texts
    }

    /// Those that a node has. Nodes of functions that others call do not count, as theirs alone would make the others' pass for 0.
    private func shownMetrics(_ functions: [PageFunction]) -> [PageData.Metric] {
        let nodes = functions.filter { !$0.graph.isPrivate }.flatMap(\.nodes)
        let known: [(PageData.Metric, (PageData.Node) -> Double?)] = [
            (PageData.Metric(key: "flops", label: "work", unit: "FLOP"), \.flops),
            (PageData.Metric(key: "bytes", label: "memory traffic", unit: "B"), \.bytes),
            (PageData.Metric(key: "ms", label: "time", unit: "ms"), \.milliseconds),
            (PageData.Metric(key: "error", label: "error", unit: ""), \.error),
        ]
        return known.filter { metric in nodes.contains { metric.1($0) != nil } }.map(\.0)
    }

    private func notes(_ functions: [PageFunction], _ weights: PageWeights, _ drawn: PageLayouts) -> [String] {
        var notes = weights.notes
        for function in functions where function.costProblem != nil {
            notes.append("work and memory of '\(function.graph.name)' are not known: \(function.costProblem ?? "")")
        }
        return notes + [drawn.note(graphviz)].compactMap { $0 }
    }
}
