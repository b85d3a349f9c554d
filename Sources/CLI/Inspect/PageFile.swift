import Files
import Foundation
import IR
import Inspect
import PageTemplate
import Passes

/// A model's page for the browser, as `--html` of several commands writes it.
struct PageFile {
    let path: String
    /// Path of the model.
    let title: String
    /// What the nodes were fused from, where that is known.
    var origins: NodeOrigins?
    /// What an ONNX file says of the nodes.
    var onnx: ONNXOrigins?
    /// Times and errors of nodes, where something ran.
    var metrics = NodeMetrics()

    /// - Throws: `OutputError` if the file cannot be written.
    func write(_ module: Module, _ report: ModelReport) throws {
        try write { builder in
            (builder.peaks, builder.origins, builder.onnx, builder.metrics) = (.measured(), origins, onnx, metrics)
            return builder.data(of: module, report)
        }
    }

    /// An ONNX file as its own nodes have it.
    /// - Throws: `OutputError` if the file cannot be written.
    func write(_ file: FileGraphs, _ report: ONNXFileReport) throws { try write { $0.data(of: file, report) } }

    private func write(_ data: (inout PageBuilder) -> PageData) throws {
        let bar = ProgressBar("page")
        defer { bar.finish() }
        var builder = PageBuilder(title: (title as NSString).lastPathComponent)
        builder.progress = { bar.update($0, title: nil, detail: $1) }
        let text = PageText(html: PageTemplate.html, style: PageTemplate.style, script: PageTemplate.script)
        let page = try text.page(data(&builder))
        try FlagName.named("--html") { try OutputFile.write(page, to: path) }
        bar.finish()
        OutputFormat.say("\(path): \(Human.bytes(page.count))", beside: path)
    }

    /// The same with a report made for it.
    /// - Parameter files: those that hold the model.
    func write(_ module: Module, files: [String], sizes: [SizeBinding]) throws {
        try write(module, ModelReport(module, of: module, files: files, sizes: sizes))
    }
}
