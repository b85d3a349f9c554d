import IR

/// A dense layer with constant f32 weights, as precision rules see it.
package struct DenseLayer {
    package let node: Node
    /// Operand positions and keys of its one or two weights.
    package let weights: [(operand: Int, constant: Constant)]

    /// Fewest elements of a weight that is worth another type: below, rounding costs accuracy and buys nothing.
    static let smallest = 4096

    static let anchors: Set<String> = ["linear", "fused_linear", "gated_linear"]

    /// nil if a weight is no constant of its own in f32 with data, or too small.
    package init?(_ node: Node, _ graph: Graph, _ module: Module) {
        let operands = node.op is GatedLinear ? [1, 2] : [1]
        var weights: [(Int, Constant)] = []
        for operand in operands {
            guard operand < node.inputs.count, let value = node.inputs[operand], let key = graph.constantKey(of: value),
                let constant = module.constants[key], constant.type.dtype == .f32, constant.bytes != nil,
                let count = constant.type.elementCount.value, count >= DenseLayer.smallest
            else { return nil }
            weights.append((operand, constant))
        }
        self.node = node
        self.weights = weights
    }

    /// The same layer with other weights, and another x.
    func replaced(_ x: ValueID, _ weights: [ValueID]) -> [ValueID?] {
        var operands = node.inputs
        operands[0] = x
        for (weight, value) in zip(self.weights, weights) { operands[weight.operand] = value }
        return operands
    }

    /// `op` with integer weights, and an x that is rounded to 8 bits unless they alone are integers.
    static func quantized(_ op: any Operator, weightOnly: Bool) -> any Operator {
        switch op {
        case let gated as GatedLinear: QuantizedGatedLinear(activation: gated.activation, weightOnly: weightOnly)
        case let fused as FusedLinear: QuantizedLinear(activation: fused.activation, weightOnly: weightOnly)
        default: QuantizedLinear(weightOnly: weightOnly)
        }
    }
}
