/// Why a function cannot be written as ONNX.
package enum ONNXExportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Operators that standard ONNX, or the wanted version of it, cannot say.
    case unsupported(function: String, opset: Int, operators: [Unsupported])
    /// A version of the operator set that is not written.
    case opset(Int)
    /// No function of that name, or none named where there are several.
    case function(String?, known: [String])

    /// An operator with the nodes that are of it.
    package struct Unsupported: Sendable, Hashable {
        package let name: String
        package let reason: String
        package let nodes: [String]
    }

    package var description: String {
        switch self {
        case .unsupported(let function, let opset, let operators):
            let lines = operators.map { item in
                let nodes = item.nodes.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
                let more = item.nodes.count > 8 ? " and \(item.nodes.count - 8) more" : ""
                return "\(item.name) (\(item.nodes.count)): \(item.reason): \(nodes)\(more)"
            }
            return "function '\(function)' cannot be written as ONNX of operator set \(opset): " + lines.joined(separator: "; ")
        case .opset(let version):
            let known = ONNXExporter.opsets
            return "operator set \(version) is not written; \(known.lowerBound) to \(known.upperBound) are"
        case .function(let name?, let known): return "there is no function '\(name)'; there are \(known.joined(separator: ", "))"
        case .function(nil, let known): return "there are several functions; name one of \(known.joined(separator: ", "))"
        }
    }
}

/// Why one node cannot be written; the exporter adds its operator and name.
struct ExportProblem: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
