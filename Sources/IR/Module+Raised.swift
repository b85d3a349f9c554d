extension Module {
    /// A lowered module as the clean one that it means: nothing packed, no hints.
    /// - Throws: ``VerificationError`` if it is unsound.
    package func raised() throws -> Module {
        try verify()
        var made = self
        made.stage = .clean
        for graph in functions { made.setFunction(graph.raised()) }
        return made
    }
}

extension Graph {
    fileprivate func raised() -> Graph {
        var made = self
        for node in nodes {
            made.nodeTable[node.id.index]?.hints = []
            guard node.op is Pack, let x = node.inputs.first ?? nil, let y = node.outputs.first else { continue }
            made.replaceUses(of: y, with: x)
            made.remove(node.id)
        }
        return made
    }
}
