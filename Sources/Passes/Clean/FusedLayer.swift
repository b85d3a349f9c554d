import IR

/// The kinds of layers that end in an activation and a residual, as fusions see them.
package enum FusedLayer: String, Sendable {
    case linear, conv

    /// Position of the residual among the operands of the fused form of `op`.
    func residual(of op: any Operator) -> Int {
        switch self {
        case .linear: op is IntegerLinear ? IntegerLinear.xScale + 4 : 4
        case .conv: op is IntegerConv ? IntegerConv.residual : FusedConv.residual
        }
    }

    /// Whether `op` is a layer of this kind that ends in nothing yet.
    func isPlain(_ op: any Operator) -> Bool {
        switch self {
        case .linear: op is Linear || (op as? IntegerLinear)?.activation == Activation.none
        case .conv: op is Conv || (op as? IntegerConv)?.activation == Activation.none
        }
    }

    /// What `op`, a layer of this kind, applies at the end; nil for other operators.
    func activation(of op: any Operator) -> Activation? {
        switch self {
        case .linear: op is Linear ? Activation.none : (op as? FusedLinear)?.activation ?? (op as? IntegerLinear)?.activation
        case .conv: op is Conv ? Activation.none : (op as? FusedConv)?.activation ?? (op as? IntegerConv)?.activation
        }
    }

    /// `op`, a layer of this kind, with `activation` in place of its own.
    func fused(_ op: any Operator, _ activation: Activation) -> (any Operator)? {
        switch self {
        case .linear where op is IntegerLinear: IntegerLinear(activation: activation)
        case .linear: FusedLinear(activation: activation, bf16: (op as? Linear)?.bf16 ?? (op as? FusedLinear)?.bf16 ?? false)
        case .conv where op is IntegerConv:
            (op as? IntegerConv).map { IntegerConv(kernel: $0.kernel, $0.geometry, activation: activation) }
        case .conv: ((op as? Conv)?.geometry ?? (op as? FusedConv)?.geometry).map { FusedConv($0, activation: activation) }
        }
    }
}
