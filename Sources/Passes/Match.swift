import IR

/// Questions that patterns ask about a graph: structure and types only, never names.
struct Match {
    let graph: Graph
    let module: Module
    private let trace: MatchTrace?

    init(_ graph: Graph, _ module: Module) {
        self.graph = graph
        self.module = module
        trace = MatchTrace.current
    }

    /// The node that computes `value`, if its operator is one of `opNames`.
    func producer(of value: ValueID?, _ opNames: String...) -> Node? { producer(of: value, anyOf: opNames) }

    private func producer(of value: ValueID?, anyOf opNames: [String]) -> Node? {
        guard let value, let node = graph.producer(of: value), opNames.contains(node.opName) else {
            trace?.miss(value) { "\(opNames.joined(separator: " or ")) is looked for, \($0) is there" }
            return nil
        }
        trace?.take(node, at: value)
        return node
    }

    /// As ``producer(of:_:)``, if moreover nothing else reads the value: the node may be absorbed.
    func soleProducer(of value: ValueID?, _ opNames: String...) -> Node? {
        guard let node = producer(of: value, anyOf: opNames), hasSingleUse(value) else { return nil }
        return node
    }

    /// The operator with its fields and the node that computes `value`, if the operator is of that type.
    func op<Op: Operator>(_ type: Op.Type, of value: ValueID?) -> (node: Node, op: Op)? {
        guard let value, let node = graph.producer(of: value), let op = node.op as? Op else {
            trace?.miss(value) { "\(Op.opName) is looked for, \($0) is there" }
            return nil
        }
        trace?.take(node, at: value)
        return (node, op)
    }

    /// As ``op(_:of:)``, if nothing else reads the value.
    func soleOp<Op: Operator>(_ type: Op.Type, of value: ValueID?) -> (node: Node, op: Op)? {
        guard let found = op(type, of: value), hasSingleUse(value) else { return nil }
        return found
    }

    /// Whether exactly one operand reads `value` and the function does not return it.
    func hasSingleUse(_ value: ValueID?) -> Bool {
        guard let value else { return false }
        if graph.hasSingleUse(value) { return true }
        let readers = graph.users(of: value).count
        trace?.miss(value, isThere: true) { origin in
            graph.isOutput(value)
                ? "\(origin) is a result of the function, and would have to be computed all the same"
                : "\(origin) is read \(readers) times, and would have to be computed all the same"
        }
        return false
    }

    func type(_ value: ValueID) -> TensorType { graph.type(of: value) }

    func operand(_ node: Node, _ index: Int) -> ValueID? { index < node.inputs.count ? node.inputs[index] : nil }

    /// Both operands of a binary node.
    func operands(_ node: Node) -> (a: ValueID, b: ValueID)? {
        guard node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1] else { return nil }
        return (a, b)
    }

    /// The operands of a commutative node in both orders.
    func bothOrders(_ node: Node) -> [(ValueID, ValueID)] {
        guard let (a, b) = operands(node) else { return [] }
        return a == b ? [(a, b)] : [(a, b), (b, a)]
    }

    /// The one number that fills `value`: a fill, a constant of one element, or a view or conversion of such.
    func scalar(_ value: ValueID?, depth: Int = 4) -> Double? {
        guard let value else { return nil }
        if let key = graph.constantKey(of: value) {
            guard let constant = module.constants[key], constant.type.elementCount == 1 else { return nil }
            return constant.tensor?.doubles.first
        }
        guard depth > 0, let node = graph.producer(of: value) else { return nil }
        if let fill = node.op as? Fill { return fill.value.double }
        let isConversion = node.op is Cast && type(value).dtype.isFloat
        return node.op.facts.contains(.view) || isConversion ? scalar(operand(node, 0), depth: depth - 1) : nil
    }

    /// Whether every element of `value` is `expected`.
    func isScalar(_ value: ValueID?, _ expected: Double) -> Bool { scalar(value) == expected }

    /// The variable operand and the number of a binary node with a number on one side that does not stretch the other.
    func withScalar(_ node: Node) -> (value: ValueID, scalar: Double)? {
        guard let output = node.outputs.first else { return nil }
        for (x, c) in bothOrders(node) {
            if let number = scalar(c), type(x) == type(output) { return (x, number) }
        }
        return nil
    }

    /// `value / number` or `value · number` seen as a product: the variable operand and the factor.
    func scaled(_ node: Node) -> (value: ValueID, factor: Double)? {
        switch node.opName {
        case "mul": return withScalar(node).map { ($0.value, $0.scalar) }
        case "div":
            guard let (x, c) = operands(node), let number = scalar(c), number != 0, let output = node.outputs.first,
                type(x) == type(output), type(x).dtype.isFloat
            else { return nil }
            return (x, 1 / number)
        default: return nil
        }
    }

    /// Whether `axis` of a tensor of `rank` dimensions is the last one.
    static func isLast(_ axis: Int, rank: Int) -> Bool { axis == -1 || axis == rank - 1 }

    /// Equal up to the rounding of an f32 literal.
    static func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(abs(a), abs(b)) }

    /// Whether a value of `type` is a vector of `count` elements along the last dimension: `[c]`, `[1, c]`, …
    static func isRow(_ type: TensorType, _ count: Dim) -> Bool {
        type.shape.last == count && type.shape.dropLast().allSatisfy { $0.value == 1 }
    }
}

extension Patch {
    /// `value` under `shape`; adds a reshape only where the shape differs.
    mutating func reshaped(_ value: ValueID, _ shape: [Dim], name: String) throws -> ValueID {
        type(of: value).shape == shape ? value : try apply(Reshape(shape), [value], name: name)
    }

    /// Puts the single-result node `op` in place of `old`.
    mutating func replace(_ old: ValueID, by op: any Operator, _ inputs: [ValueID?], name: String) throws {
        replace(old, with: try apply(op, inputs, name: name))
    }
}

extension Array where Element == ValueID? {
    /// Without absent operands at the end.
    var trimmed: [ValueID?] {
        var operands = self
        while let last = operands.last, last == nil { operands.removeLast() }
        return operands
    }
}
