/// Why an ONNX model cannot be imported.
package enum ONNXImportError: Error, Sendable, CustomStringConvertible {
    /// Operators that are not supported, each with the nodes that ask for it.
    case unsupported(file: String, operators: [Unsupported])
    /// A node that cannot be, or is not supported in this form.
    case node(file: String, node: String, operator: String, problem: String)
    /// The structure of the graph depends on the values of these inputs: import it again with them (``ONNXSpecialization``).
    case needsValues(file: String, inputs: [String], node: String, operator: String)
    /// The model does not say of what rank these inputs are.
    case needsTypes(file: String, inputs: [String])
    case model(file: String, problem: String)

    package struct Unsupported: Sendable, Hashable {
        /// `com.example.Foo`, `Conv` …
        package let name: String
        package let version: Int
        package let nodes: [String]
    }

    package var description: String {
        switch self {
        case .unsupported(let file, let operators):
            let lines = operators.map { entry in
                let shown = entry.nodes.prefix(3).joined(separator: ", ") + (entry.nodes.count > 3 ? ", …" : "")
                return
                    "\n  \(entry.name) (version \(entry.version)): \(entry.nodes.count) node\(entry.nodes.count == 1 ? "" : "s"): \(shown)"
            }
            return "\(file): operators that are not supported:" + lines.joined()
        case .node(let file, let node, let op, let problem): return "\(file): \(op) '\(node)': \(problem)"
        case .needsValues(let file, let inputs, let node, let op):
            return
                "\(file): \(op) '\(node)': the values of \(inputs.joined(separator: ", ")) decide the graph; they must be known beforehand"
        case .needsTypes(let file, let inputs):
            return "\(file): the model does not say the shapes of \(inputs.joined(separator: ", ")); they must be known beforehand"
        case .model(let file, let problem): return "\(file): \(problem)"
        }
    }
}

/// A problem of one node; the importer adds file and node.
struct NodeProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// That values of the model's inputs are needed while the graph is made.
struct ValuesNeeded: Error {
    let inputs: [String]
}
