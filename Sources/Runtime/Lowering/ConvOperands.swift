import IR

/// Operand positions of the operators of the convolution family; x is 0 and the weight 1.
struct ConvOperands {
    let geometry: Conv2DGeometry
    var activation = Activation.none
    var scale: Int?
    var bias = 2
    var residual: Int?

    /// nil for an operator that is no convolution.
    init?(_ op: any Operator) {
        switch op {
        case let op as Conv2D: geometry = op.geometry
        case let op as FusedConv2D: (geometry, activation, residual) = (op.geometry, op.activation, 3)
        case let op as QuantizedConv2D:
            (geometry, activation, scale, bias, residual) = (op.geometry, op.activation, 2, 3, 4)
        default: return nil
        }
    }
}
