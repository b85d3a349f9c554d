import Foundation

extension RunProfile {
    /// By what nodes are sorted.
    package enum Order: String, CaseIterable, Sendable {
        case time, order, flops, bytes, limit, name
    }

    /// The nodes in that order: slowest first, as they run, most work or data first, furthest below the machine's peaks in time first, by name.
    package func nodes(by order: Order) -> [Node] {
        func most(_ value: (Node) -> Double) -> [Node] {
            nodes.enumerated().sorted { (value($1.element), $0.offset) < (value($0.element), $1.offset) }.map(\.element)
        }
        switch order {
        case .time: return most { $0.figures.milliseconds }
        case .order: return nodes
        case .flops: return most { $0.figures.flops }
        case .bytes: return most { $0.figures.bytes }
        case .limit: return most { $0.figures.milliseconds * max(1 - ($0.figures.ofLimit ?? 1), 0) }
        case .name: return nodes.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }.map(\.element)
        }
    }

    /// Lines about the whole, then tables of operators, kernels, blocks and nodes.
    /// - Parameters:
    ///   - top: most blocks and most nodes.
    ///   - width: columns that it may take; nil for as many as it needs.
    package func text(top: Int, by order: Order, width: Int? = nil) -> String {
        var parts = [TextBlock.fitted(summary, width: width)]
        parts.append(RunProfile.table("operator", "nodes", operators, width))
        parts.append(RunProfile.table("kernel", "steps", kernels, width))
        if blocks.count > 1 { parts.append(blockTable(top, width)) }
        parts.append(nodeTable(top, order, width))
        return parts.joined(separator: "\n")
    }

    private var summary: String {
        let list = sizes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        let names = functions.joined(separator: " + ")
        var lines = [[names, list, precision, "\(threads) threads (\(instructionSet))"].filter { !$0.isEmpty }.joined(separator: "  ")]
        lines.append(
            "\(Human.milliseconds(medianMs)) ms a run (median of \(runs); least \(Human.milliseconds(minMs)), standard deviation "
                + "\(Human.milliseconds(sdMs))), of that \(Human.milliseconds(stepsMs)) in \(nodes.reduce(0) { $0 + $1.steps }) steps")
        let limit = limitMs.map { ", in which this machine's peaks allow them in \(Human.milliseconds($0)) ms" } ?? ""
        lines.append("\(Human.count(flops))FLOP and \(Human.bytes(Int(min(bytes, 9e18)))) a run\(limit)")
        lines.append("peaks: \(peakText)")
        lines.append("weights \(Human.bytes(weightBytes)), working memory \(Human.bytes(workingBytes))")
        if let counters { lines.append("counted in one more run: \(RunProfile.text(counters, busyThreads))") }
        if let counterNotice { lines.append(counterNotice) }
        return lines.joined(separator: "\n") + "\n"
    }

    private var peakText: String {
        let products = [("f32", peaks.f32Flops), ("bf16", peaks.bf16Flops), ("int8", peaks.i8Ops)].compactMap { name, rate in
            rate.map { "\(name) \(String(format: "%.0f", $0 / 1e9)) GFLOP/s" }
        }
        return (products + ["memory \(String(format: "%.1f", peaks.bytesPerSecond / 1e9)) GB/s"]).joined(separator: ", ")
    }

    private static func text(_ values: CounterValues, _ busy: Double?) -> String {
        var parts: [String] = []
        if let busy { parts.append("\(String(format: "%.2f", busy)) processors busy") }
        if let instructions = values.instructions { parts.append("\(Human.count(instructions)) instructions") }
        if let rate = values.perCycle { parts.append("\(String(format: "%.2f", rate)) a cycle") }
        if let misses = values.cacheMisses { parts.append("\(Human.count(misses)) cache misses") }
        if let faults = values.pageFaults { parts.append("page faults: \(Human.count(faults))") }
        return parts.joined(separator: ", ")
    }

    private static let figureTitles = ["ms", "share", "GFLOP/s", "GB/s", "of limit"]

    private static func cells(_ figures: Figures) -> [String] {
        [
            Human.milliseconds(figures.milliseconds), percent(figures.share), figures.flops > 0 ? rate(figures.gflops) : "-",
            figures.bytes > 0 ? rate(figures.gigabytes) : "-", figures.ofLimit.map(percent) ?? "-",
        ]
    }

    private static func percent(_ share: Double) -> String { String(format: share < 0.0995 ? "%.1f %%" : "%.0f %%", share * 100) }

    private static func rate(_ value: Double) -> String { String(format: value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value) }

    private static func table(_ title: String, _ counts: String, _ groups: [Group], _ width: Int?) -> String {
        let isCounted = groups.contains { $0.counters?.perCycle != nil }
        let rows = groups.map { [$0.name, "\($0.count)"] + cells($0.figures) + (isCounted ? counterCells($0.counters) : []) }
        let header = [title, counts] + figureTitles + (isCounted ? counterTitles : [])
        return Table(header, rows, right: Set(1..<header.count), width: width).text
    }

    private static let counterTitles = ["instr/cycle", "misses"]

    private static func counterCells(_ values: CounterValues?) -> [String] {
        [values?.perCycle.map { String(format: "%.2f", $0) } ?? "-", values?.cacheMisses.map { Human.count($0) } ?? "-"]
    }

    /// The blocks that take the most time, in their order, with those that they lie in.
    private func blockTable(_ top: Int, _ width: Int?) -> String {
        let order = blocks.indices.sorted { (blocks[$1].figures.milliseconds, $0) < (blocks[$0].figures.milliseconds, $1) }
        // A block takes as much time as those in it, so that its parent comes before it.
        let shown = order.prefix(top).sorted()
        let rows = shown.map { index in
            let block = blocks[index]
            let title = block.depth == 0 ? "all" : block.title
            return [String(repeating: "  ", count: block.depth) + title, "\(block.count)"] + RunProfile.cells(block.figures)
        }
        let left = blocks.count - shown.count
        let header = ["block", "nodes"] + RunProfile.figureTitles
        let table = Table(header, rows, right: Set(1..<header.count), width: width).text
        return table + (left > 0 ? "(\(left) more blocks; --top N shows more)\n" : "")
    }

    private func nodeTable(_ top: Int, _ order: Order, _ width: Int?) -> String {
        let sorted = nodes(by: order)
        let several = functions.count > 1
        let isCounted = nodes.contains { $0.counters?.perCycle != nil }
        let rows = sorted.prefix(top).map { node in
            [several ? "\(node.function): \(node.name)" : node.name, node.op, node.kernels.joined(separator: " ")]
                + RunProfile.cells(node.figures) + [node.bound?.rawValue ?? "-"] + (isCounted ? RunProfile.counterCells(node.counters) : [])
        }
        let header = ["node", "operator", "kernels"] + RunProfile.figureTitles + ["bound"] + (isCounted ? RunProfile.counterTitles : [])
        let table = Table(header, rows, right: Set(3..<8).union(9..<11), width: width).text
        return table + (sorted.count > top ? "(\(sorted.count - top) more nodes; --top N shows more)\n" : "")
    }
}
