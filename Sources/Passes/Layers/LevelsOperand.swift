import IR

/// An operand that is levels of 8 bits with one scale.
///
///     q, scale, zero ─▶ dequantize ─▶ x
struct LevelsOperand {
    private let levels: ValueID
    private let scale: ValueID
    private let zero: ValueID?
    private let isSigned: Bool

    /// nil for other operands.
    init?(_ value: ValueID?, _ match: Match) {
        guard let (node, op) = match.op(Dequantize.self, of: value), op.to == .f32, let levels = match.operand(node, 0),
            let scale = match.operand(node, 1), [.u8, .i8].contains(match.type(levels).dtype), match.type(scale).rank == 0,
            match.type(scale).dtype == .f32, match.graph.constantKey(of: levels) == nil
        else { return nil }
        (self.levels, self.scale, zero) = (levels, scale, match.operand(node, 2))
        isSigned = match.type(levels).dtype == .i8
    }

    /// Levels as u8, their zero point and scale. Signed levels are moved by 128, as their zero point is.
    func operands(_ patch: inout Patch, _ name: String) throws -> (levels: ValueID, zero: ValueID?, scale: ValueID) {
        guard isSigned else { return (levels, zero, scale) }
        let flip = try patch.apply(Fill(shape: [], value: .int(128), dtype: .u8), [], name: name)
        func unsigned(_ value: ValueID) throws -> ValueID {
            try patch.apply(Logical<Xor>(), [try patch.apply(Cast(to: .u8), [value], name: name), flip], name: name)
        }
        return (try unsigned(levels), try zero.map(unsigned) ?? flip, scale)
    }
}
