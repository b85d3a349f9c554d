import Foundation
import Names
import Runtime

/// The arena of a call as a picture: a rectangle for each buffer, from its first step to its last, over the bytes that it takes.
package struct MemoryPicture {
    package let svg: String

    private static let plot = (left: 80.0, top: 62.0, width: 1000.0, height: 480.0)
    /// Operators that have a colour of their own; the others share one.
    private static let named = 6

    package init(_ report: MemoryReport, part: MemoryReport.Part) {
        let arena = part.arena
        let ops = MemoryPicture.operators(arena)
        let body = [
            MemoryPicture.title(report, part), MemoryPicture.legend(ops), MemoryPicture.axes(part),
            arena.buffers.map { MemoryPicture.rectangle($0, arena, ops) }.joined(), MemoryPicture.mark(part),
        ]
        let (plot, style) = (MemoryPicture.plot, MemoryPicture.style)
        let (width, height) = (Int(plot.left + plot.width) + 20, Int(plot.top + plot.height) + 50)
        svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" font-family="system-ui, sans-serif" font-size="13">
            <style>\(style)</style>
            <rect class="paper" width="100%" height="100%"/>
            \(body.joined())</svg>

            """
    }

    private static let style = """
        .paper{fill:#fff}text{fill:#222}.axis{stroke:#999}.faint{fill:#666}.peak{stroke:#222;stroke-dasharray:3 3}
        .b{stroke:#fff;stroke-width:.6}.c0{fill:#4878a8}.c1{fill:#d98b3a}.c2{fill:#5f9e5a}.c3{fill:#b5595f}.c4{fill:#8a6fae}.c5{fill:#3f9c9c}
        .c6{fill:#9a9a9a}.s{fill:#c9c3b4}
        @media (prefers-color-scheme: dark){.paper{fill:#16181b}text{fill:#e6e6e6}.faint{fill:#a0a0a0}.axis{stroke:#777}.peak{stroke:#e6e6e6}
        .b{stroke:#16181b}.c0{fill:#6f9fd0}.c1{fill:#e0a25c}.c2{fill:#7fbf79}.c3{fill:#d07a80}.c4{fill:#ab93cc}.c5{fill:#5fbcbc}
        .c6{fill:#8d8d8d}.s{fill:#5c584e}}
        """

    /// The operators whose results take the most bytes.
    private static func operators(_ arena: ArenaPlan) -> [String] {
        var bytes: [String: Double] = [:]
        for buffer in arena.buffers where buffer.isValue && arena.steps.indices.contains(buffer.firstStep) {
            bytes[arena.steps[buffer.firstStep].op, default: 0] += Double(buffer.bytes)
        }
        return bytes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(named).map(\.key)
    }

    private static func title(_ report: MemoryReport, _ part: MemoryReport.Part) -> String {
        let sizes = ModelReport.text(of: report.sizes)
        let what = "\(report.model) \(report.function)" + (sizes.isEmpty ? "" : " at \(sizes)")
        let peak = part.peakStep.map { ", \(Human.bytes(part.peakBytes)) alive in step \($0 + 1)" } ?? ""
        return text(plot.left, 24, XMLText.escaped(what), size: 16)
            + text(plot.left, 44, "arena \(Human.bytes(part.arena.bytes))\(peak)", kind: "faint")
    }

    private static func legend(_ ops: [String]) -> String {
        var (x, made) = (plot.left + plot.width, "")
        for (name, kind) in (ops.enumerated().map { ($1, "c\($0)") } + [("others", "c\(named)"), ("scratch", "s")]).reversed() {
            x -= Double(name.count) * 7 + 26
            made += "<rect class=\"\(kind)\" x=\"\(x)\" y=\"33\" width=\"11\" height=\"11\"/>" + text(x + 15, 43, XMLText.escaped(name))
        }
        return made
    }

    private static func axes(_ part: MemoryReport.Part) -> String {
        let bottom = plot.top + plot.height
        var made = "<path class=\"axis\" fill=\"none\" d=\"M\(plot.left) \(plot.top)V\(bottom)H\(plot.left + plot.width)\"/>"
        for quarter in 0...4 {
            let y = bottom - plot.height * Double(quarter) / 4
            made += text(
                plot.left - 6, y + 4, Human.bytes(Int(Double(part.arena.bytes) * Double(quarter) / 4)), anchor: "end", kind: "faint")
        }
        let steps = part.arena.steps.count
        for tick in 0...4 where steps > 1 {
            let step = Int((Double(steps - 1) * Double(tick) / 4).rounded())
            made += text(x(Double(step) + 0.5, steps), bottom + 18, "\(step + 1)", anchor: "middle", kind: "faint")
        }
        return made + text(plot.left + plot.width / 2, bottom + 38, "step", anchor: "middle", kind: "faint")
    }

    private static func mark(_ part: MemoryReport.Part) -> String {
        guard let peak = part.peakStep else { return "" }
        let x = number(x(Double(peak) + 0.5, part.arena.steps.count))
        return "<path class=\"peak\" d=\"M\(x) \(plot.top)V\(plot.top + plot.height)\"/>\n"
    }

    private static func rectangle(_ buffer: ArenaPlan.Buffer, _ arena: ArenaPlan, _ ops: [String]) -> String {
        let steps = arena.steps.count
        guard arena.bytes > 0, steps > 0 else { return "" }
        let (start, end) = (x(Double(buffer.firstStep), steps), x(Double(min(buffer.lastStep, steps - 1) + 1), steps))
        let scale = plot.height / Double(arena.bytes)
        let height = Double(buffer.bytes) * scale
        let y = plot.top + plot.height - Double(buffer.offset) * scale - height
        let op = arena.steps.indices.contains(buffer.firstStep) ? arena.steps[buffer.firstStep].op : ""
        let kind = buffer.isValue ? ops.firstIndex(of: op).map { "c\($0)" } ?? "c\(named)" : "s"
        let what =
            "\(buffer.isValue ? op : "scratch of \(op)") \(buffer.name)\n\(buffer.isValue ? buffer.type + ", " : "")"
            + "\(Human.bytes(buffer.bytes)) at \(buffer.offset)\nsteps \(buffer.firstStep + 1) to \(buffer.lastStep + 1)"
        return "<rect class=\"b \(kind)\" x=\"\(number(start))\" y=\"\(number(y))\" width=\"\(number(max(end - start, 0.3)))\" "
            + "height=\"\(number(max(height, 0.3)))\"><title>\(XMLText.escaped(what))</title></rect>\n"
    }

    private static func x(_ step: Double, _ steps: Int) -> Double { plot.left + plot.width * step / Double(max(steps, 1)) }

    private static func text(_ x: Double, _ y: Double, _ text: String, size: Int = 13, anchor: String = "start", kind: String = "")
        -> String
    {
        "<text class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" text-anchor=\"\(anchor)\">\(text)</text>\n"
    }

    private static func number(_ value: Double) -> String { String(format: "%.2f", value) }
}
