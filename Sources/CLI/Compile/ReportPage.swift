import Calibration
import Foundation
import Inspect
import Names
import Passes

/// What `compile` did, as one page: no network, no other files.
struct ReportPage {
    let report: CompileReport

    var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Compiled by Tessera</title><style>\(ReportPage.style)</style></head><body>
        <h1>Compiled models</h1>
        <p>\(XMLText.escaped(report.precision)) for \(XMLText.escaped(report.target))</p>
        \(overview)
        \(report.files.filter { !$0.rounded.isEmpty || !$0.mixed.isEmpty }.map(section).joined(separator: "\n"))
        <script>\(ReportPage.script)</script></body></html>

        """
    }

    private var overview: String {
        let rows = report.files.map { file in
            [
                XMLText.escaped((file.file as NSString).lastPathComponent), "\(file.functions.count)", Human.bytes(file.sourceBytes),
                Human.bytes(file.bytes), ProgressBar.time(file.seconds),
            ]
        }
        return table(["file", "functions", "model", "compiled", "time"], rows)
    }

    private func section(_ file: CompileReport.File) -> String {
        let layers = file.rounded.map { layer in
            [
                XMLText.escaped(layer.node), layer.scheme, decibels(layer.sqnr), decibels(layer.nearestSQNR),
                layer.cosine.map { String(format: "%.6f", $0) } ?? "", "\(layer.calls)", "\(layer.count * 4)",
                layer.bytes.map { "\($0)" } ?? "",
            ]
        }
        let mixed = file.mixed.map { mixed in
            let speed = mixed.speedup.map { String(format: "; the calls are %.2f times as fast as in f32", $0) } ?? ""
            return
                "<p>\(mixed.raised.count) of \(mixed.of) layers were raised to \(mixed.scheme) from "
                + "\(XMLText.escaped(report.precision)); the largest error of a result is \(String(format: "%.4f", mixed.error))\(speed).</p>"
        }.joined(separator: "\n")
        let outputs = file.outputs.map { output in
            [
                XMLText.escaped("\(output.function): \(output.output)"), decibels(output.sqnr), String(format: "%.6f", output.cosine),
                String(format: "%.4g", output.max), String(format: "%.1f", output.equal * 100), "\(output.calls)",
            ]
        }
        let times = file.times.map { time in
            [
                XMLText.escaped(time.function), String(format: "%.2f", time.reference * 1e3), String(format: "%.2f", time.other * 1e3),
                String(format: "%.2f", time.reference / max(time.other, 1e-9)), "\(time.calls)",
            ]
        }
        return """
            <section><h2>\(XMLText.escaped((file.file as NSString).lastPathComponent))</h2>
            \(mixed)
            \(outputs.isEmpty ? "" : "<h3>Results against f32</h3>" + table(["result", "SQNR dB", "cosine", "largest difference", "equal %", "calls"], outputs))
            \(times.isEmpty ? "" : "<h3>Time on this machine</h3>" + table(["function", "f32 ms", "now ms", "times as fast", "calls"], times))
            <h3>What rounding its weights did to each layer</h3>
            <p>In dB, more is better: the sum of squares of the layer's results by that of their errors. Dots are the weights as they are now, rings those
            rounded to the nearest.</p>
            \(chart(file.rounded))
            \(table(["layer", "scheme", "SQNR dB", "nearest", "cosine", "calls", "bytes in f32", "bytes now"], layers))</section>
            """
    }

    private func decibels(_ value: Double) -> String { value >= RoundedLayer.mostDecibels ? "exact" : String(format: "%.2f", value) }

    private func table(_ head: [String], _ rows: [[String]]) -> String {
        let body = rows.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>" }.joined(separator: "\n")
        return
            "<div class=wide><table><thead><tr>\(head.map { "<th>\($0)</th>" }.joined())</tr></thead><tbody>\(body)</tbody></table></div>"
    }

    /// Within what the chart has room for.
    private func shown(_ value: Double) -> Double { value.isFinite ? min(max(value, -20), 100) : 0 }

    /// SQNR of the layers in their order.
    private func chart(_ layers: [RoundedLayer]) -> String {
        let (width, height, left, top, bottom) = (900.0, 270.0, 40.0, 10.0, 20.0)
        let values = layers.flatMap { [$0.sqnr, $0.nearestSQNR] }.map(shown)
        let low = (((values.min() ?? 0) - 2) / 10).rounded(.down) * 10
        let high = max((((values.max() ?? 1) + 2) / 10).rounded(.up) * 10, low + 10)
        func y(_ value: Double) -> Double { top + (height - top - bottom) * (1 - (shown(value) - low) / (high - low)) }
        func x(_ index: Int) -> Double { left + (width - left) * (Double(index) + 0.5) / Double(max(layers.count, 1)) }
        func number(_ value: Double) -> String { String(format: "%.1f", value) }
        let lines = stride(from: low, through: high, by: 10).map { level in
            "<line x1=\"\(left)\" x2=\"\(width)\" y1=\"\(number(y(level)))\" y2=\"\(number(y(level)))\"/>"
                + "<text x=\"\(left - 6)\" y=\"\(number(y(level) + 4))\">\(Int(level))</text>"
        }
        let marks = layers.enumerated().map { index, layer in
            let title =
                "<title>\(XMLText.escaped(layer.node)): \(decibels(layer.sqnr)) dB, nearest \(decibels(layer.nearestSQNR)) dB</title>"
            return "<g>\(title)<circle class=ring cx=\"\(number(x(index)))\" cy=\"\(number(y(layer.nearestSQNR)))\" r=\"3\"/>"
                + "<circle class=dot cx=\"\(number(x(index)))\" cy=\"\(number(y(layer.sqnr)))\" r=\"3.5\"/></g>"
        }
        return "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=img aria-label=\"SQNR of each layer\">"
            + (lines + marks).joined() + "</svg>"
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1c2733;--paper:#fff;--line:#d8dee6;--dot:#1f6feb;--ring:#8a94a3}
        @media(prefers-color-scheme:dark){:root{--ink:#dde5ee;--paper:#12171d;--line:#2c3642;--dot:#6cb0ff;--ring:#8a94a3}}
        body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:960px;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1rem}h3{font-size:1rem}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}
        th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap;font-variant-numeric:tabular-nums}
        th:first-child,td:first-child{text-align:left}th{cursor:pointer}
        svg{width:100%;height:auto}svg line{stroke:var(--line)}svg text{fill:var(--ink);font-size:11px;text-anchor:end}
        .dot{fill:var(--dot)}.ring{fill:none;stroke:var(--ring);stroke-width:1.5}g:hover .dot{stroke:var(--ink);stroke-width:2}
        """

    /// A click on a column's head sorts by it, and again the other way.
    private static let script = """
        document.querySelectorAll('th').forEach(th=>th.addEventListener('click',()=>{
        const body=th.closest('table').tBodies[0],i=th.cellIndex,up=th.dataset.up!=='1';th.dataset.up=up?'1':'';
        const value=row=>{const t=row.cells[i].textContent,n=parseFloat(t);return t==='exact'?Infinity:isNaN(n)?t:n};
        [...body.rows].sort((a,b)=>{const x=value(a),y=value(b);return (x<y?-1:x>y?1:0)*(up?1:-1)}).forEach(r=>body.append(r))}));
        """
}
