import IR

extension MaxPool: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerByEvaluation(node, context) }
}

extension AveragePool: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerByEvaluation(node, context) }
}

extension Sample: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerByEvaluation(node, context) }
}

extension RoiAlign: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerByEvaluation(node, context) }
}

extension MaxRoiPool: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerByEvaluation(node, context) }
}
