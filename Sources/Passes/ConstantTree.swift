import IR

/// What a few operators compute from constants alone, such as `mul(sub(cast(@q), @zero), @scale)`.
struct ConstantTree {
    /// As constant-fold would name the result.
    let key: String
    let type: TensorType
    /// Bytes of the constants.
    let leafBytes: Int
    private let root: Root

    private indirect enum Root {
        case leaf(Constant)
        case node(any TensorOperator, [ConstantTree?])
    }

    /// Operators on the longest way down.
    private static let deepest = 12

    /// nil if something else than constants with data takes part, or sizes are not known.
    init?(_ value: ValueID, _ graph: Graph, _ module: Module) { self.init(value, graph, module, depth: ConstantTree.deepest) }

    private init?(_ value: ValueID, _ graph: Graph, _ module: Module, depth: Int) {
        guard case .tensor(let type) = graph.valueType(of: value), type.layout == nil, let bytes = type.byteCount else { return nil }
        self.type = type
        if let key = graph.constantKey(of: value) {
            guard let constant = module.constants[key], constant.bytes != nil else { return nil }
            (self.key, leafBytes, root) = (key, bytes, .leaf(constant))
            return
        }
        guard depth > 0, let node = graph.producer(of: value), node.outputs.count == 1, let op = node.op as? any TensorOperator, op.isPure,
            !(op is any LoweredOperator), op.symbols.isEmpty, !node.inputs.isEmpty
        else { return nil }
        var operands: [ConstantTree?] = []
        for input in node.inputs {
            guard let input else { operands.append(nil); continue }
            guard let tree = ConstantTree(input, graph, module, depth: depth - 1) else { return nil }
            operands.append(tree)
        }
        key = FoldedKey.names(of: node, from: operands.compactMap { $0?.key })[0]
        leafBytes = operands.reduce(0) { sum, tree in
            let (total, overflow) = sum.addingReportingOverflow(tree?.leafBytes ?? 0)
            return overflow ? .max : total
        }
        root = .node(op, operands)
    }

    /// Whether it is a constant as it is.
    var isLeaf: Bool { if case .leaf = root { true } else { false } }

    /// The value; nil where an operator cannot be evaluated.
    func evaluated() -> Tensor? {
        switch root {
        case .leaf(let constant): return constant.tensor
        case .node(let op, let operands):
            let tensors = operands.map { $0?.evaluated() }
            guard zip(operands, tensors).allSatisfy({ ($0 == nil) == ($1 == nil) }) else { return nil }
            return (try? FastEvaluation.results(of: op, tensors))?.first
        }
    }
}
