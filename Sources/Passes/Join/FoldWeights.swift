import IR

/// Computes weights that are held in fewer bits when the model is loaded, not at every run.
///
///     @q ─▶ cast ─▶ sub ─▶ mul ─▶ conv ─▶ y        ⟶        @q#cast(f32)#sub(@zero)#mul(@scale) ─▶ conv ─▶ y
///         @zero ─────┘      │
///         @scale ───────────┘
///
/// constant-fold stops where a constant would grow more than twice. What is left of such arithmetic is done here as a whole, so that
/// nothing but its result is kept, at most ``growth`` times as many bytes as its constants have.
package struct FoldWeights: Rule {
    package let name = "fold-weights"
    package let documentation = "Evaluates arithmetic on constants of few bits once, where integers cannot be multiplied as they are."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [
        Dequantize.opName, Cast.opName, Binary<Mul>.opName, Binary<Sub>.opName, Binary<Add>.opName, Binary<Div>.opName,
    ]

    /// From i2 to f32.
    private static let growth = 16
    private static let largestBytes = 1 << 32

    /// Whether integers stay that layers take as they are (`Pipeline.joining`).
    package let keepsLayers: Bool

    package init(keepsLayers: Bool = false) { self.keepsLayers = keepsLayers }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let y = node.outputs.first, let bytes = graph.type(of: y).byteCount, bytes <= FoldWeights.largestBytes,
            let tree = ConstantTree(y, graph, module), bytes / FoldWeights.growth <= tree.leafBytes,
            !isPart(y, graph, module), !(keepsLayers && isTaken(y, Match(graph, module)))
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        if let known = module.constants[tree.key] {
            guard known.type == graph.type(of: y), known.bytes != nil else { return nil }
            patch.replace(y, with: try patch.constant(known))
        } else {
            guard let tensor = tree.evaluated() else { return nil }
            patch.replace(y, with: try patch.constant(Constant(key: tree.key, tensor)))
        }
        return patch
    }

    private func isTaken(_ value: ValueID, _ match: Match) -> Bool {
        IntegerWeights.areTaken(byReadersOf: value, match) || IntegerFilter.isTaken(byReadersOf: value, match)
    }

    /// Whether all that reads `value` is such arithmetic too, of no more elements.
    private func isPart(_ value: ValueID, _ graph: Graph, _ module: Module) -> Bool {
        let readers = graph.users(of: value).compactMap { graph.node($0) }
        return !graph.isOutput(value) && !readers.isEmpty
            && readers.allSatisfy { reader in
                guard let anchors, anchors.contains(reader.opName) || reader.op is Reshape || reader.op is Expand || reader.op is Transpose,
                    let y = reader.outputs.first
                else { return false }
                if reader.op is Transpose || reader.op is Reshape { return isPart(y, graph, module) }
                return ConstantTree(y, graph, module) != nil
            }
    }
}
