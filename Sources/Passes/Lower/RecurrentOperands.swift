import IR

/// What the kernels of recurrent layers take.
enum RecurrentOperands {
    /// Whether the kernel for packed weights serves `node`: a constant weight of f32 or i8, all else f32 but lengths and zero points.
    static func hasKernel(_ node: Node, _ graph: Graph, _ kernels: KernelFacts) -> Bool {
        guard node.op is any RecurrentOperator, let gates = node.inputs.first ?? nil, graph.type(of: gates).dtype == .f32,
            let weight = node.inputs[RecurrentOperand.weight], graph.constantKey(of: weight) != nil,
            let shape = graph.type(of: weight).staticShape
        else { return false }
        switch graph.type(of: weight).dtype {
        case .f32: return true
        case .i8: return shape[1] <= kernels.integerDepth
        default: return false
        }
    }
}
