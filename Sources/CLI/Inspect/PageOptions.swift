import ArgumentParser
import Files
import Foundation
import IR
import Inspect
import Passes

/// Files that show a model: `--html FILE`, `--dot FILE`.
struct PageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write a page for the browser: pictures of all blocks, nodes, weights, cost. Default --stage: clean.", valueName: "file"))
    var html: String?

    @Option(
        help: ArgumentHelp("Write a function, or the block of --node, as a graph for Graphviz; - is standard output.", valueName: "file"))
    var dot: String?

    /// The first of the flags that was given.
    var given: String? { html != nil ? "--html" : dot != nil ? "--dot" : nil }

    func validate() throws {
        if html == "-", dot == "-" { throw ValidationError("--html and --dot both write to standard output; give one of them a file") }
        let empty = html?.isEmpty == true ? "--html" : dot?.isEmpty == true ? "--dot" : nil
        if let empty { throw ValidationError("\(empty) needs the name of a file") }
    }

    /// - Throws: `ValidationError` for flags that print something else.
    func check(json: Bool, ir: Bool, _ reports: ReportOptions) throws {
        // A node is what --dot draws.
        let kind = reports.kind == .node && dot != nil ? nil : reports.kind
        guard let given, let other = json ? "--json" : ir ? "--ir" : kind?.rawValue else { return }
        throw ValidationError("\(given) and \(other) exclude each other: each says what to write")
    }

    /// Finds out before the work that the files cannot be written.
    func checkFiles() throws {
        try FlagName.checkFile("--html", html)
        try FlagName.checkFile("--dot", dot)
    }

    /// Writes what was asked for.
    /// - Parameters:
    ///   - path: of the model, for the page's title.
    ///   - node: of `--node`.
    func write(
        _ module: Module, _ report: ModelReport, of path: String, node: String? = nil, origins: NodeOrigins? = nil, onnx: ONNXOrigins? = nil
    ) throws {
        try writeDot(module, node)
        if let html { try PageFile(path: html, title: path, origins: origins, onnx: onnx).write(module, report) }
    }

    private func writeDot(_ module: Module, _ node: String?) throws {
        guard let dot else { return }
        let names = module.entryPoints.map(\.name)
        guard let graph = module.functions.count == 1 ? module.functions.first : names.count == 1 ? module.function(names[0]) : nil else {
            throw Refusal.usage("--dot draws one function; give --function, one of: \(names.joined(separator: ", "))")
        }
        let text = try FlagName.named("--node") { try DotText(graph, node: node).text }
        if Output.isStandard(dot) { return Output.write(text) }
        try FlagName.named("--dot") { try OutputFile.write(text, to: dot) }
        Output.line("\(dot): \(graph.nodeCount) nodes of '\(graph.name)'")
    }
}
