import IR

/// How one operator of the IR becomes ONNX nodes, from a version of the operator set on: where several say it, the newest form wins.
struct ExportMapping: Sendable {
    let name: String
    let since: Int
    /// Names of the results, in order.
    let convert: @Sendable (NodeExport) throws -> [String]

    init(_ name: String, since: Int = 1, _ convert: @escaping @Sendable (NodeExport) throws -> [String]) {
        (self.name, self.since, self.convert) = (name, since, convert)
    }

    /// A mapping of an operator with one result.
    static func one(_ name: String, since: Int = 1, _ convert: @escaping @Sendable (NodeExport) throws -> String) -> ExportMapping {
        ExportMapping(name, since: since) { [try convert($0)] }
    }

    /// Every mapping, a list for each family of operators.
    static let all: [ExportMapping] = [
        unary, binary, selection, linear, quantized, convolution, resizing, pooling, norms, attention, shapes, movement, indexing,
        reductions, sources, control, sequences, strings, recurrent,
    ].flatMap { $0 }

    private static let byName = Dictionary(grouping: all) { $0.name }

    /// The best form of an operator in a version of the operator set; nil if there is none.
    static func find(_ name: String, _ opset: Int) -> ExportMapping? {
        byName[name]?.filter { $0.since <= opset }.max { $0.since < $1.since }
    }

    /// Why there is no form of an operator.
    static func missing(_ name: String) -> ExportProblem {
        guard let first = byName[name]?.map(\.since).min() else { return ExportProblem("standard ONNX has nothing like it") }
        return ExportProblem("it needs operator set \(first)")
    }
}
