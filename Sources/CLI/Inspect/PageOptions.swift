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

    @Flag(help: "With --dot, write names and types of values on the edges.")
    var edges = false

    @Option(help: "Way in which --dot draws; default: down.")
    var direction: Direction?

    enum Direction: String, ExpressibleByArgument, CaseIterable { case down, right }

    private var style: DotText.Style { .init(isLeftToRight: direction == .right, labelsEdges: edges) }

    /// The first of the flags that was given.
    var given: String? { html != nil ? "--html" : dot != nil ? "--dot" : nil }

    func validate() throws {
        if html == "-", dot == "-" { throw ValidationError("--html and --dot both write to standard output; give one of them a file") }
        let empty = html?.isEmpty == true ? "--html" : dot?.isEmpty == true ? "--dot" : nil
        if let empty { throw ValidationError("\(empty) needs the name of a file") }
        let ofDot = edges ? "--edges" : direction != nil ? "--direction" : nil
        if let ofDot, dot == nil {
            throw ValidationError("\(ofDot) is for --dot; give that too. The page of --html has both ways and a key")
        }
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
    ///   - function: the one that was asked for.
    ///   - node: of `--node`.
    func write(
        _ module: Module, _ report: ModelReport, of path: String, function: String? = nil, node: String? = nil, origins: NodeOrigins? = nil,
        onnx: ONNXOrigins? = nil
    ) throws {
        if dot != nil {
            let graph = try drawn(module, function)
            try writeDot(try FlagName.named("--node") { try DotText(graph, node: node, style: style, names: onnx?.naming) })
        }
        if let html { try PageFile(path: html, title: path, origins: origins, onnx: onnx).write(module, report) }
    }

    /// The same of an ONNX file as its own nodes have it.
    func write(_ file: FileGraphs, _ report: ONNXFileReport, of path: String, function: String?, node: String?) throws {
        if dot != nil {
            let flag = function == nil ? "--node" : "--function"
            try writeDot(try FlagName.named(flag) { try file.dot(function: function, node: node, style: style) })
        }
        if let html { try PageFile(path: html, title: path).write(file, report) }
    }

    private func drawn(_ module: Module, _ function: String?) throws -> Graph {
        if let graph = function.flatMap({ module.function($0) }) { return graph }
        let entries = module.entryPoints
        if module.functions.count == 1 { return module.functions[0] }
        if entries.count == 1 { return entries[0] }
        throw Refusal.usage("--dot draws one function; give --function, one of: \(entries.map(\.name).joined(separator: ", "))")
    }

    private func writeDot(_ drawing: DotText) throws {
        guard let dot else { return }
        if Output.isStandard(dot) { return Output.write(drawing.text) }
        try FlagName.named("--dot") { try OutputFile.write(drawing.text, to: dot) }
        Output.line("\(dot): \(drawing.nodeCount) nodes of '\(drawing.functionName)'")
    }
}
