import Formats
import Importers

/// The graphs of an ONNX file as its own nodes have them: the model's, bodies of If, Loop and Scan, and functions of the model's own. They can
/// be drawn whether or not the file can be imported.
package struct FileGraphs {
    /// The model's own first.
    let views: [FunctionView]
    /// Names and values, by view and node.
    let attributes: [[[[String]]]]
    /// Initializers by the keys that views have for them.
    let initializers: [(key: String, tensor: ONNXTensor)]

    /// - Parameter error: why the file cannot be imported; nil where that is not known.
    package init(_ model: ONNXModel, after error: (any Error)? = nil) {
        var made = FileGraphsMaker(model, FileFaults(model, error))
        (views, attributes, initializers) = made.all()
    }

    /// Of the functions that nobody calls, and of the others.
    package var names: [String] { views.map(\.name) }

    /// The graph of `function`, nil for the model's own, or the block of `node`, for Graphviz.
    /// - Throws: ``WorkError`` for names that there are not.
    package func dot(function: String? = nil, node: String? = nil, style: DotText.Style = .init()) throws -> DotText {
        guard let view = function == nil ? views.first : views.first(where: { $0.name == function }) else {
            throw WorkError("\(function ?? ""): the file has no such graph; it has: \(names.joined(separator: ", "))")
        }
        return try DotText(view, node: node, style: style)
    }
}

/// What is wrong with nodes of a file.
struct FileFaults {
    private let unsupported: Set<String>
    private let known: [String: String]

    init(_ model: ONNXModel, _ error: (any Error)?) {
        unsupported = Set(ONNXImporter.unsupportedOperators(model).map(\.name))
        if case .node(_, let node, _, let problem)? = error as? ONNXImportError { known = [node: problem] } else { known = [:] }
    }

    func fault(of node: ONNXNode, isCall: Bool) -> String? {
        if !isCall, unsupported.contains(node.operatorTitle) { return "not supported" }
        return known[node.title].map { "cannot be imported: \($0)" }
    }
}

extension ONNXNode {
    /// `Conv`; with its domain where that is not the default one.
    var operatorTitle: String { domain.isEmpty ? opType : "\(domain).\(opType)" }

    /// Graphs that it holds, and as what: `then` and `else` of If, `body` of Loop and Scan.
    var bodies: [(role: String, graph: ONNXGraph)] {
        let all = attributes.flatMap { attribute -> [(role: String, graph: ONNXGraph)] in
            let role = attribute.name.hasSuffix("_branch") ? String(attribute.name.dropLast(7)) : attribute.name
            return switch attribute.value {
            case .graph(let graph): [(role, graph)]
            case .graphs(let graphs): graphs.enumerated().map { ("\(role) \($0)", $1) }
            default: []
            }
        }
        // Files may have the branches in either order.
        return all.filter { $0.role != "else" } + all.filter { $0.role == "else" }
    }
}

extension Sequence<ONNXNode> {
    /// Names that are read and made by none of the nodes, each once, in order; `given` are known besides.
    func freeNames(given: Set<String>, andReading last: [String]) -> [String] {
        var (made, free, seen): (Set<String>, [String], Set<String>) = (given.union([""]), [], [])
        for node in self { made.formUnion(node.outputs) }
        func read(_ names: [String]) { for name in names where !made.contains(name) && seen.insert(name).inserted { free.append(name) } }
        for node in self {
            read(node.inputs)
            // Readers bound how deep bodies are nested.
            for body in node.bodies { read(body.graph.freeNames) }
        }
        read(last)
        return free
    }
}

extension ONNXGraph {
    /// Names of what surrounds the graph that it reads.
    var freeNames: [String] {
        let given = inputs.map(\.name) + initializers.map(\.name) + sparseInitializers.map(\.values.name)
        return nodes.freeNames(given: Set(given), andReading: outputs.map(\.name))
    }
}
