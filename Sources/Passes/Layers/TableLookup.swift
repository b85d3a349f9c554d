import IR

/// Rows picked from a constant f32 table, as precision rules see it: embeddings and codebooks.
struct TableLookup {
    let table: Constant
    let indices: ValueID
    let output: ValueID

    static let anchors: Set<String> = [Gather.opName]

    /// Fewest rows of a table that is worth another type. Those of positions have fewer: they weigh little against the layers, and every token
    /// reads them.
    static let fewestRows = 1025

    /// nil if the table is not [rows, columns], of few rows, small (see ``DenseLayer/smallest``) or no constant in f32 with data, or its columns are picked.
    init?(_ node: Node, _ graph: Graph, _ module: Module) {
        guard let gather = node.op as? Gather, gather.axis == 0, let value = node.inputs.first ?? nil,
            let indices = node.inputs.dropFirst().first ?? nil, let output = node.outputs.first,
            let table = graph.constantKey(of: value).flatMap({ module.constants[$0] }), table.type.dtype == .f32, table.bytes != nil,
            let shape = table.type.staticShape, shape.count == 2, shape[0] >= TableLookup.fewestRows,
            shape[0] * shape[1] >= DenseLayer.smallest
        else { return nil }
        (self.table, self.indices, self.output) = (table, indices, output)
    }
}
