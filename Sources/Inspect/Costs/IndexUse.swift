import IR

/// How numbers that come from outside, or are counted, end up as indices: index = factor · number + a constant, within an axis.
struct IndexUse {
    /// An input, or what an `iota` gives.
    let source: ValueID
    let factor: Int
    /// The least and the largest constant that is added.
    let low, high: Int
    /// Of the axis that the index counts.
    let size: Dim

    /// Of all nodes of `graph` that pick or place by index.
    static func all(in graph: Graph, of module: Module) -> [IndexUse] {
        let values = IntegerValues(graph, module)
        return graph.nodes.flatMap { node -> [IndexUse] in
            guard let (index, size) = picked(node, graph) else { return [] }
            return IndexWalk(graph: graph, values: values, size: size).uses(of: index)
        }
    }

    /// The operand that counts an axis, and that axis.
    private static func picked(_ node: Node, _ graph: Graph) -> (ValueID, Dim)? {
        let axis: Int
        switch node.op {
        case let op as Gather: axis = op.axis
        case let op as GatherElements: axis = op.axis
        case let op as ScatterElements: axis = op.axis
        case let op as ScatterReduce: axis = op.axis
        case is ScatterRows: axis = 0
        default: return nil
        }
        guard node.inputs.count > 1, let table = node.inputs[0], let index = node.inputs[1] else { return nil }
        let shape = graph.type(of: table).shape
        let place = axis < 0 ? axis + shape.count : axis
        return shape.indices.contains(place) ? (index, shape[place]) : nil
    }

    /// The numbers whose indices lie within the axis.
    /// - Throws: `BindingError` for a symbol without a size.
    func range(_ binding: Binding) throws -> Range<Int> {
        let (first, last) = (-low, try min(size.evaluate(binding), 1 << 60) - high - 1)
        // Rounded up and down to whole numbers.
        let least = first >= 0 ? (first + factor - 1) / factor : -(-first / factor)
        let most = last >= 0 ? last / factor : -((-last + factor - 1) / factor)
        return least <= most ? least..<(most + 1) : least..<least
    }
}

/// Follows an index back to what it is made of.
private struct IndexWalk {
    let graph: Graph
    let values: IntegerValues
    let size: Dim
    /// Constants and factors beyond are none of indices.
    static let most = 1 << 40

    struct Step: Hashable {
        let value: ValueID
        let factor, low, high: Int
    }

    func uses(of index: ValueID) -> [IndexUse] {
        var (open, seen) = ([Step(value: index, factor: 1, low: 0, high: 0)], Set<Step>())
        var found: [IndexUse] = []
        while let step = open.popLast() {
            guard seen.count < 4096, seen.insert(step).inserted else { continue }
            let node = graph.producer(of: step.value)
            if graph.inputs.contains(step.value) || node?.op is Iota {
                found.append(IndexUse(source: step.value, factor: step.factor, low: step.low, high: step.high, size: size))
            } else if let node {
                open += sources(of: node, step)
            }
        }
        return found
    }

    private func sources(of node: Node, _ step: Step) -> [Step] {
        let operands = node.inputs.compactMap { $0 }
        switch node.op {
        case is Reshape, is Transpose, is Expand, is Cast, is Slice, is Split, is Gather: return operands.prefix(1).map { moved($0, step) }
        case is Concat: return operands.map { moved($0, step) }
        case is Where: return chosen(operands, step)
        case is Binary<Add>: return shifted(operands, step, sign: 1) + shifted(operands.reversed(), step, sign: 1)
        case is Binary<Sub>: return shifted(operands, step, sign: -1)
        case is Binary<Mul>: return scaled(operands, step) + scaled(operands.reversed(), step)
        default: return []
        }
    }

    private func moved(_ value: ValueID, _ step: Step) -> Step {
        Step(value: value, factor: step.factor, low: step.low, high: step.high)
    }

    /// Either operand; but of an index that counts from the end if it is negative, the number itself.
    private func chosen(_ operands: [ValueID], _ step: Step) -> [Step] {
        guard operands.count == 3 else { return [] }
        let (one, other) = (operands[1], operands[2])
        func wraps(_ value: ValueID, _ plain: ValueID) -> Bool {
            guard let node = graph.producer(of: value), node.op is Binary<Add> else { return false }
            return node.inputs.contains(plain)
        }
        if wraps(one, other) { return [moved(other, step)] }
        if wraps(other, one) { return [moved(one, step)] }
        return [moved(one, step), moved(other, step)]
    }

    /// The first operand, if the second is constant.
    private func shifted(_ operands: [ValueID], _ step: Step, sign: Int) -> [Step] {
        guard operands.count == 2, let known = constants(operands[1]), let least = known.min(), let most = known.max() else { return [] }
        let (low, high) = sign > 0 ? (least, most) : (-most, -least)
        return [Step(value: operands[0], factor: step.factor, low: step.low + step.factor * low, high: step.high + step.factor * high)]
            .filter { abs($0.low) < IndexWalk.most && abs($0.high) < IndexWalk.most }
    }

    /// The first operand, if the second is one constant above 0.
    private func scaled(_ operands: [ValueID], _ step: Step) -> [Step] {
        guard operands.count == 2, let known = constants(operands[1]), Set(known).count == 1, let factor = known.first, factor > 0,
            step.factor < 1 << 20
        else { return [] }
        return [Step(value: operands[0], factor: step.factor * factor, low: step.low, high: step.high)]
    }

    private func constants(_ value: ValueID) -> [Int]? {
        guard let dims = values.values(of: value), !dims.isEmpty else { return nil }
        let numbers = dims.compactMap(\.value)
        return numbers.count == dims.count && numbers.allSatisfy({ abs($0) < 1 << 20 }) ? numbers : nil
    }
}
