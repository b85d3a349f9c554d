import Foundation
import IR
import Runtime

/// The arena of a call of a function: what lies where, step by step.
package struct MemoryReport: Encodable {
    /// A function, or what runs of it between sizes that data decide.
    package struct Part: Encodable {
        package let arena: ArenaPlan
        /// The first step in which the most bytes are alive; nil where there are no steps.
        package let peakStep: Int?
        package let peakBytes: Int
        package let bytesPerStep: [Int]

        package init(_ arena: ArenaPlan) {
            self.arena = arena
            bytesPerStep = arena.bytesPerStep
            peakBytes = bytesPerStep.max() ?? 0
            peakStep = bytesPerStep.firstIndex(of: peakBytes)
        }

        /// What is alive in that step, the largest first.
        package var aliveAtPeak: [ArenaPlan.Buffer] {
            guard let peakStep else { return [] }
            return arena.buffers.filter { $0.firstStep <= peakStep && peakStep <= $0.lastStep }
                .sorted { ($1.bytes, $0.offset) < ($0.bytes, $1.offset) }
        }
    }

    package let model, function: String
    package let sizes: Binding
    package let parts: [Part]
    /// Inputs that are updated in place.
    package let states: [String]
    /// Of the function's inputs and outputs, which lie outside of the arena, its states once; nil where data decide sizes.
    package let callBytes: Int?
    package let weightBytes: Int

    /// - Parameters:
    ///   - name: function to look at; nil for the one with the largest arena.
    ///   - sizes: in place of the typical ones.
    /// - Throws: ``WorkError``, `RuntimeError` or `BindingError`.
    package init(_ session: Session, function name: String?, sizes: [SizeBinding]) throws {
        let module = session.plan.module
        let (typical, chosen) = try SizeBinding.checked(sizes, of: module)
        func plans(_ graph: Graph) throws -> (Graph, Binding, [ArenaPlan]) {
            let binding = typical.binding(for: graph, chosen)
            return (graph, binding, try session.arenaPlans(graph.name, binding: binding))
        }
        let (graph, binding, arenas): (Graph, Binding, [ArenaPlan])
        if let name {
            (graph, binding, arenas) = try plans(session.plan.function(name))
        } else {
            // What cannot be planned is told of where nothing can.
            let all = module.entryPoints.compactMap { try? plans($0) }
            let largest = all.max { ($0.2.map(\.bytes).max() ?? 0) < ($1.2.map(\.bytes).max() ?? 0) }
            guard let found = try largest ?? module.entryPoints.first.map(plans) else {
                throw WorkError("model '\(module.name)' has no functions", .content)
            }
            (graph, binding, arenas) = found
        }
        (model, function, self.sizes) = (module.name, graph.name, binding)
        parts = arenas.map { Part($0) }
        states = graph.stateNames.sorted()
        callBytes = MemoryReport.callBytes(graph, binding)
        weightBytes = session.plan.weightBytes
    }

    private static func callBytes(_ graph: Graph, _ binding: Binding) -> Int? {
        let given = graph.inputs + graph.outputs.filter { !graph.stateNames.contains($0.name) }.map(\.value)
        let bytes = given.map { value -> Int? in
            guard let type = graph.valueType(of: value).tensor, let sizes = try? type.sizes(binding) else { return nil }
            return Tensor.elementCount(sizes).flatMap { type.dtype.byteCount(of: $0) }
        }
        let known = bytes.compactMap { $0 }
        return known.count == bytes.count ? known.reduce(0, saturatingAdd) : nil
    }
}

extension MemoryReport {
    /// The report for people.
    /// - Parameters:
    ///   - top: buffers that are shown.
    ///   - width: columns that it may take; nil for 100 where that matters.
    package func text(top: Int = 12, width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        let sizes = ModelReport.text(of: sizes)
        let call = callBytes.map { ", inputs and outputs \(Human.bytes($0))" } ?? ""
        var text = TextBlock.fitted(
            "\(bold(function))\(sizes.isEmpty ? "" : " at \(sizes)"): arena \(Human.bytes(parts.map(\.arena.bytes).max() ?? 0))\(call), "
                + "weights of the model \(Human.bytes(weightBytes))\n", width: width)
        if !states.isEmpty { text += TextBlock.fitted("updated in place: \(states.joined(separator: ", "))\n", width: width) }
        if parts.count > 1 { text += "data decide sizes inside: \(parts.count) parts have sizes that are known before\n" }
        if parts.isEmpty { text += "data decide all sizes: nothing is planned before it runs\n" }
        for (index, part) in parts.enumerated() {
            if parts.count > 1 { text += "\n\(bold("part \(index + 1)")): arena \(Human.bytes(part.arena.bytes))\n" }
            text += self.text(part, top, width, bold)
        }
        return text
    }

    private func text(_ part: Part, _ top: Int, _ width: Int?, _ bold: (String) -> String) -> String {
        guard let peak = part.peakStep, part.arena.steps.indices.contains(peak), part.peakBytes > 0 else {
            return "nothing lies in the arena: results go where the caller wants them\n"
        }
        let step = part.arena.steps[peak]
        let gaps = part.arena.bytes - part.peakBytes
        let note = gaps > 0 ? "; gaps between buffers take \(Human.bytes(gaps)) more" : ""
        let head =
            "most is alive in step \(peak + 1) of \(part.arena.steps.count), \(step.op) '\(step.node)': \(Human.bytes(part.peakBytes))\(note)\n"
        return TextBlock.fitted(head, width: width) + "\n" + alive(part, top, width, bold) + "\n" + chart(part, peak, width, bold)
    }

    private func alive(_ part: Part, _ top: Int, _ width: Int?, _ bold: (String) -> String) -> String {
        let all = part.aliveAtPeak
        var rows = all.prefix(top).map { buffer in
            [
                Human.bytes(buffer.bytes), buffer.isValue ? buffer.type : "scratch", buffer.name, place(buffer.firstStep, part.arena),
                place(buffer.lastStep, part.arena),
            ]
        }
        let rest = all.dropFirst(top)
        if !rest.isEmpty { rows.append([Human.bytes(rest.reduce(0) { $0 + $1.bytes }), "\(rest.count) others"]) }
        return bold("alive in that step") + "\n"
            + Table(["bytes", "value", "of node", "from step", "to step"], rows, indent: "  ", right: [0], width: width).text
    }

    private func place(_ step: Int, _ arena: ArenaPlan) -> String {
        arena.steps.indices.contains(step) ? "\(step + 1) \(arena.steps[step].node)" : "\(step + 1)"
    }

    private static let chartHeight = 8

    private static func trimmed(_ line: String) -> String { String(line.reversed().drop { $0 == " " }.reversed()) }

    private func chart(_ part: Part, _ peak: Int, _ width: Int?, _ bold: (String) -> String) -> String {
        let label = Human.bytes(part.peakBytes)
        let columns = max((width ?? 100) - label.count - 5, 20)
        let values = Bars.squeezed(part.bytesPerStep.map(Double.init), to: columns)
        let lines = Bars.curve(values, height: MemoryReport.chartHeight)
        let blank = String(repeating: " ", count: label.count)
        let curve = lines.enumerated().map { "  \($0 == 0 ? label : blank) │\(MemoryReport.trimmed($1))\n" }.joined()
        let (first, last) = ("1", "\(part.bytesPerStep.count)")
        let axis = first + String(repeating: " ", count: max(values.count - first.count - last.count, 1)) + last
        let steps = part.bytesPerStep.count > values.count ? ", each column the most of its steps" : ""
        return bold("bytes alive by step") + steps + "\n" + curve + "  \(blank) └" + String(repeating: "─", count: values.count) + "\n"
            + "  \(blank)  \(axis)\n"
    }
}
