import IR

/// Operand positions of the operators of the linear family; x is 0 and the weight 1.
package struct DenseOperands {
    package var activation = Activation.none
    package var scale: Int?
    package var bias = 2
    package var up: Int?
    package var upScale: Int?
    package var upBias: Int?
    /// Zero points of groups of weights of 4 bits.
    package var zero: Int?
    package var upZero: Int?
    package var gate: Int?
    package var residual: Int?
    /// Whether integer weights meet an x that is not rounded.
    package var weightOnly = false
    /// Whether x and weights of f32 are rounded to bf16 on the way.
    package var bf16 = false
    /// Whether x is levels of 8 bits; their zero point is operand 2, their scale operand 3, if sums are scaled.
    package var levels = false
    /// Position of what is added to integer sums.
    package var offset: Int?

    /// nil for an operator that is no dense layer.
    package init?(_ op: any Operator) {
        switch op {
        case let op as Linear: bf16 = op.bf16
        case let op as FusedLinear: (activation, gate, residual, bf16) = (op.activation, 3, 4, op.bf16)
        case let op as GatedLinear: (activation, up, bias, upBias) = (op.activation, 2, 3, 4)
        case let op as QuantizedLinear:
            (activation, scale, bias, gate, residual, zero) = (op.activation, 2, 3, 4, 5, 6)
            weightOnly = op.weightOnly
        case let op as QuantizedGatedLinear:
            (activation, up, scale, upScale, bias, upBias) = (op.activation, 2, 3, 4, 5, 6)
            (zero, upZero) = (7, 8)
            weightOnly = op.weightOnly
        case let op as IntegerConv:
            (activation, scale, bias, residual) = (op.activation, IntegerConv.xScale + 1, 6, IntegerConv.residual)
            (levels, offset) = (true, IntegerConv.offset)
        case let op as IntegerLinear:
            (activation, scale, bias, gate, residual) = (op.activation, IntegerLinear.xScale + 1, 5, 6, 7)
            levels = true
        default: return nil
        }
    }

    /// Positions of the weights.
    package var weights: [Int] { [1] + (up.map { [$0] } ?? []) }

    /// Whether the kernels for packed weights serve `node`: constant weights of one element type, all else f32 but levels
    /// and the scales and zero points of i4.
    package static func hasKernel(_ node: Node, _ graph: Graph) -> Bool {
        guard let form = DenseOperands(node.op), !form.bf16 else { return false }
        var types: Set<DType> = []
        for (index, input) in node.inputs.enumerated() {
            guard let input else { continue }
            let type = graph.type(of: input)
            if form.weights.contains(index) {
                guard graph.constantKey(of: input) != nil, type.staticShape != nil else { return false }
                types.insert(type.dtype)
            } else if form.levels, index == 0 || index == 2 {
                guard type.dtype == .u8 else { return false }
            } else if index == form.offset {
                guard type.dtype == .i32 else { return false }
            } else if type.dtype != .f32, ![form.scale, form.upScale, form.zero, form.upZero].contains(index) {
                return false
            }
        }
        return types.count == 1 && types.isSubset(of: [.f32, .bf16, .f16, .i8, .i4])
    }
}
