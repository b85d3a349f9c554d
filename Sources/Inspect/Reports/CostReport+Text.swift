import Foundation

extension CostReport {
    /// The report for people.
    /// - Parameters:
    ///   - top: nodes that are shown.
    ///   - width: columns that it may take; nil for as many as it needs.
    package func text(top: Int = 20, groupingFunctions: Bool = true, width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        let parts = [head(width), functionTable(groupingFunctions, width, bold), details.map { text($0, top, width, bold) } ?? ""]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func head(_ width: Int?) -> String {
        let note = stage == "imported" ? ": before fusion, which is not what runs" : ""
        let rates = [("f32", peaks.f32Flops), ("bf16", peaks.bf16Flops), ("int8", peaks.i8Ops)].compactMap { name, rate in
            rate.map { "\(name) \(Human.count($0))FLOP/s" }
        }
        let memory = "memory \(Human.count(peaks.bytesPerSecond))B/s"
        return TextBlock.fitted(
            "\(model), stage \(stage)\(note)\npeaks of this machine, \(peaks.threads) threads: \((rates + [memory]).joined(separator: ", "))\n",
            width: width)
    }

    private func functionTable(_ grouping: Bool, _ width: Int?, _ bold: (String) -> String) -> String {
        guard functions.count > 1 || details == nil else { return "" }
        let rows = kinds(grouping).map { title, function -> [String] in
            let sizes = ModelReport.text(of: function.sizes)
            guard let total = function.total else { return [title, "\(function.nodes)", "", "", "", "", function.problem ?? ""] }
            return [
                title, "\(function.nodes)", Human.flops(whole(total.flops)), Human.bytes(whole(total.weightBytes)),
                Human.bytes(whole(total.operandBytes + total.resultBytes)), Human.milliseconds(total.leastMilliseconds), sizes,
            ]
        }
        return bold("functions") + ": what one call takes, and the least time that the peaks allow\n"
            + Table(
                ["function", "nodes", "work", "weights", "values", "ms", "at"], rows, indent: "  ", right: [1, 2, 3, 4, 5], width: width
            ).text
    }

    /// Of functions that differ in their modality alone the longest, with a title that says so.
    private func kinds(_ grouping: Bool) -> [(title: String, function: Function)] {
        guard grouping else { return functions.map { ($0.name, $0) } }
        var (order, members): ([String], [String: [Function]]) = ([], [:])
        for function in functions {
            let kind = function.name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? function.name
            if members[kind] == nil { order.append(kind) }
            members[kind, default: []].append(function)
        }
        return order.compactMap { kind in
            guard let all = members[kind], let most = all.max(by: { time($0) < time($1) }) else { return nil }
            return (all.count == 1 ? most.name : "\(most.name), largest of \(all.count)", most)
        }
    }

    private func time(_ function: Function) -> Double { function.total?.leastMilliseconds ?? 0 }

    private func whole(_ value: Double) -> Int { Int(min(value, 9e18)) }

    private func text(_ details: Details, _ top: Int, _ width: Int?, _ bold: (String) -> String) -> String {
        let sizes = ModelReport.text(of: details.sizes)
        var text = "\(bold(details.function))\(sizes.isEmpty ? "" : " at \(sizes)"): nodes by their share of the least time\n"
        let shown = details.nodes.prefix(top)
        let rows = shown.map { row in
            [
                row.name, row.op, Human.flops(whole(row.cost.flops)), Human.bytes(whole(row.cost.bytes)), intensity(row.cost),
                row.bound.rawValue,
                Human.milliseconds(row.leastMilliseconds), percent(row.share),
            ]
        }
        let header = ["node", "operator", "work", "bytes", "FLOP/B", "bound", "ms", "share"]
        text +=
            Table(
                header, rows + [rest(details, shown.count), total(details)].compactMap { $0 }, indent: "  ", right: [2, 3, 4, 6, 7],
                width: width
            )
            .text
        if !details.calls.isEmpty {
            text += TextBlock.wrapped(
                "not counted: what is done inside of called functions (\(details.calls.joined(separator: ", ")))", indent: 2,
                width: width ?? 140)
        }
        return text + "\n" + blocks(details, width, bold)
    }

    private func rest(_ details: Details, _ shown: Int) -> [String]? {
        let rest = details.nodes.dropFirst(shown)
        guard !rest.isEmpty else { return nil }
        return row(
            "\(rest.count) others", rest.reduce(0) { $0 + $1.cost.flops }, rest.reduce(0) { $0 + $1.cost.bytes },
            rest.reduce(0) { $0 + $1.leastMilliseconds }, rest.reduce(0) { $0 + $1.share })
    }

    private func total(_ details: Details) -> [String] {
        row("all", details.total.flops, details.total.bytes, details.total.leastMilliseconds, 1)
    }

    private func row(_ name: String, _ flops: Double, _ bytes: Double, _ time: Double, _ share: Double) -> [String] {
        let ratio = bytes > 0 ? String(format: "%.1f", flops / bytes) : ""
        return [name, "", Human.flops(whole(flops)), Human.bytes(whole(bytes)), ratio, "", Human.milliseconds(time), percent(share)]
    }

    private func intensity(_ cost: NodeCost) -> String { cost.bytes > 0 ? String(format: "%.1f", cost.intensity) : "-" }

    private func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }

    /// Blocks that are shown lie in this many others at most, and have this share.
    private static let deepest = 2
    private static let leastShare = 0.005

    private func blocks(_ details: Details, _ width: Int?, _ bold: (String) -> String) -> String {
        let all = details.blocks.dropFirst()
        let shown = all.filter { $0.depth <= CostReport.deepest && $0.share >= CostReport.leastShare }
        guard !shown.isEmpty else { return "" }
        let rows = shown.map { block -> [String] in
            let margin = String(repeating: "  ", count: block.depth - 1)
            return [
                margin + block.title, "\(block.nodes)", Human.flops(whole(block.flops)), Human.bytes(whole(block.bytes)),
                Human.milliseconds(block.leastMilliseconds), percent(block.share), Bars.bar(block.share, width: 20),
            ]
        }
        let hidden = all.count - shown.count
        let note = hidden > 0 ? "  \(hidden) smaller and inner blocks: --json\n" : ""
        return bold("blocks") + ": nodes whose names begin alike\n"
            + Table(["block", "nodes", "work", "bytes", "ms", "share", ""], rows, indent: "  ", right: [1, 2, 3, 4, 5], width: width).text
            + note
    }
}
