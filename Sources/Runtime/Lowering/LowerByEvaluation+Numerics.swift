import IR

// Operators that no kernel computes: rare ones, of small tensors.

extension Det: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerByEvaluation(node, context) }
}
