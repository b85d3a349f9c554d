import IR

/// What integer sums are multiplied with: the scale of x, which is one number, times that of each output.
struct IntegerScales {
    private let x: ValueID?
    private let outputs: ValueID
    private let count: Dim

    /// `factor` as a product of one number and a row, which is rounded once as it is in the graph; else the row times 1.
    ///
    /// - Parameter axis: of the outputs in `type`, that of the sums. nil if the factor is no number for all or for each of them.
    init?(_ factor: ValueID, axis: Int, of type: TensorType, _ match: Match) {
        count = type.shape[axis]
        func isRow(_ value: ValueID) -> Bool { IntegerScales.isRow(match.type(value), axis: axis, of: type) }
        if let node = match.producer(of: factor, Binary<Mul>.opName) {
            for (one, row) in match.bothOrders(node)
            where match.type(one).elementCount.value == 1 && isRow(row) && match.graph.constantKey(of: row) != nil {
                (x, outputs) = (one, row)
                return
            }
        }
        guard isRow(factor) else { return nil }
        (x, outputs) = (nil, factor)
    }

    /// Whether a value of `row` is one number, or one for each place of `axis` of a `type` that it broadcasts to.
    static func isRow(_ row: TensorType, axis: Int, of type: TensorType) -> Bool {
        if row.elementCount.value == 1 { return row.rank <= type.rank }
        let padded = [Dim](repeating: 1, count: max(type.rank - row.rank, 0)) + row.shape
        return padded.count == type.rank
            && padded.indices.allSatisfy { $0 == axis ? padded[$0] == type.shape[axis] : padded[$0].value == 1 }
    }

    /// The scale of x, and those of the outputs.
    func operands(_ patch: inout Patch, _ name: String) throws -> [ValueID?] {
        let one = try x.map { try patch.reshaped($0, [], name: name) } ?? patch.constant(Constant(key: "#1", Tensor([1], [])))
        if patch.type(of: outputs).elementCount == count { return [one, try patch.reshaped(outputs, [count], name: name)] }
        let row = try patch.apply(Expand([count]), [try patch.reshaped(outputs, [1], name: name)], name: name)
        return [one, row]
    }
}
