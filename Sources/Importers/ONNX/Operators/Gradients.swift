import IR

/// Derivatives by reverse accumulation over the nodes that were written for `y`.
extension OperatorMapping {
    static let gradients: [OperatorMapping] = [
        OperatorMapping("Gradient", domain: "ai.onnx.preview.training") { node in
            guard let target = try node.string("y"), let y = try node.scope.lookup(target) else {
                throw NodeProblem("attribute 'y' names no value")
            }
            let xs = try node.strings("xs") ?? []
            let names = try xs + (node.strings("zs") ?? [])
            let given = try node.allInputs()
            guard names.count == given.count else { throw NodeProblem("it has \(given.count) inputs for \(names.count) names") }
            let sources = try names.map { name in
                guard let value = try node.scope.lookup(name) else { throw NodeProblem("attributes name '\(name)', which is no value") }
                return value
            }
            var gradients = Gradients(of: y, by: sources, at: given)
            return try gradients.results(&node).prefix(xs.count).map { $0 }
        }
    ]
}

/// One differentiation: forward nodes from the sources to y, in order, and what is known of ∂y/∂value.
private struct Gradients {
    private let y: ValueID
    private let sources: [ValueID]
    private var values: [ValueID]
    private var adjoints: [ValueID: ValueID] = [:]

    /// - Parameter values: of the sources; where they are others, the nodes are written again for them.
    init(of y: ValueID, by sources: [ValueID], at values: [ValueID]) { (self.y, self.sources, self.values) = (y, sources, values) }

    mutating func results(_ writer: inout NodeImport) throws -> [ValueID] {
        let nodes = path(writer.scope.graph)
        var (forward, target) = (nodes, y)
        if sources != values {
            // Values of their own, for one may be given for two names.
            for (index, value) in values.enumerated() { values[index] = try writer.emit(Reshape(writer.shape(value)), value) }
            (forward, target) = try replayed(&writer, nodes)
        }
        let type = writer.type(target)
        guard type.dtype.isFloat else { throw NodeProblem("only floats have derivatives, not \(type)") }
        adjoints[target] = try writer.emit(Fill(shape: type.shape, value: 1, dtype: type.dtype))
        for node in forward.reversed() {
            guard let output = node.outputs.first, let gradient = adjoints[output] else { continue }
            guard node.outputs.count == 1 else { throw NodeProblem("\(node.opName) '\(node.name)' has more than one result") }
            for (operand, share) in zip(node.inputs, try shares(&writer, node, output, gradient)) {
                guard let operand, let share else { continue }
                let known = adjoints[operand]
                adjoints[operand] = try known.map { try writer.binary(Add.self, $0, share) } ?? share
            }
        }
        return try values.map { value in
            try adjoints[value] ?? writer.emit(Fill(shape: writer.shape(value), value: 0, dtype: writer.dtype(value)))
        }
    }

    /// The nodes that y depends on and that depend on a source.
    private func path(_ graph: Graph) -> [Node] {
        var reached = Set(sources)
        var nodes: [Node] = []
        for node in graph.nodes where node.inputs.contains(where: { $0.map(reached.contains) ?? false }) {
            if node.outputs.contains(where: { sources.contains($0) }) { continue }
            reached.formUnion(node.outputs)
            nodes.append(node)
        }
        var wanted: Set<ValueID> = [y]
        var result: [Node] = []
        for node in nodes.reversed() where node.outputs.contains(where: { wanted.contains($0) }) {
            wanted.formUnion(node.inputs.compactMap { $0 })
            result.append(node)
        }
        return result.reversed()
    }

    private func replayed(_ writer: inout NodeImport, _ nodes: [Node]) throws -> ([Node], ValueID) {
        var names = Dictionary(zip(sources, values)) { first, _ in first }
        var written: [Node] = []
        for node in nodes {
            let results = try writer.add(node.op, node.inputs.map { input in input.map { names[$0] ?? $0 } })
            for (old, new) in zip(node.outputs, results) { names[old] = new }
            if let last = results.first.flatMap({ writer.scope.graph.producer(of: $0) }) { written.append(last) }
        }
        return (written, names[y] ?? y)
    }

    // MARK: Rules

    /// What `gradient`, ∂y/∂output, adds to that of each operand; nil: nothing.
    private func shares(_ writer: inout NodeImport, _ node: Node, _ output: ValueID, _ gradient: ValueID) throws -> [ValueID?] {
        let operands = node.inputs.compactMap { $0 }
        guard let x = operands.first, operands.count == node.inputs.count else { throw unknown(node) }
        if let slope = try slope(&writer, node.opName, x, output) { return [try writer.binary(Mul.self, gradient, slope)] }
        if operands.count == 2, let pair = try pair(&writer, node, x, operands[1], output, gradient) {
            return [try summed(&writer, pair.0, like: x), try summed(&writer, pair.1, like: operands[1])]
        }
        switch node.op {
        case is Reshape: return [try writer.reshape(gradient, writer.shape(x))]
        case is Expand: return [try summed(&writer, gradient, like: x)]
        case let op as Transpose:
            let inverse = op.permutation.indices.sorted { op.permutation[$0] < op.permutation[$1] }
            return [try writer.transpose(gradient, inverse)]
        case is Cast: return [writer.dtype(x).isFloat ? try writer.cast(gradient, to: writer.dtype(x)) : nil]
        case let op as Reduce<ReduceSum>: return [try spread(&writer, gradient, x, op.axes)]
        case let op as Reduce<ReduceMean>:
            let axes = try writer.axes(op.axes, of: writer.rank(x))
            let count = try writer.vector([axes.map { writer.shape(x)[$0] }.reduce(1, *)])
            let divisor = try writer.cast(try writer.reshape(count, []), to: writer.dtype(x))
            return [try spread(&writer, try writer.binary(Div.self, gradient, divisor), x, op.axes)]
        case let op as Softmax where !op.offByOne:
            let weighted = try writer.binary(Mul.self, gradient, output)
            let axis = try writer.axis(op.axis, of: writer.rank(x))
            let mean = try writer.reduce(ReduceSum.self, weighted, [axis], keepDims: true)
            return [try writer.binary(Mul.self, try writer.binary(Sub.self, gradient, mean), output)]
        case let op as LogSoftmax:
            let axis = try writer.axis(op.axis, of: writer.rank(x))
            let sum = try writer.reduce(ReduceSum.self, gradient, [axis], keepDims: true)
            let part = try writer.binary(Mul.self, try writer.unary(Exp.self, output), sum)
            return [try writer.binary(Sub.self, gradient, part)]
        case is Where where operands.count == 3:
            let zero = try writer.scalar(0, writer.dtype(gradient))
            return [
                nil, try summed(&writer, try writer.choose(x, gradient, zero), like: operands[1]),
                try summed(&writer, try writer.choose(x, zero, gradient), like: operands[2]),
            ]
        case let op as Concat: return try parts(&writer, gradient, operands, op.axis)
        default:
            if !node.op.facts.contains(.differentiable) { return node.inputs.map { _ in nil } }
            throw unknown(node)
        }
    }

    private func unknown(_ node: Node) -> NodeProblem { NodeProblem("the derivative of \(node.opName) '\(node.name)' is not known") }

    /// dy/dx of functions of one number, by the operator's name.
    private func slope(_ writer: inout NodeImport, _ name: String, _ x: ValueID, _ y: ValueID) throws -> ValueID? {
        let one = 1.0
        switch name {
        case "neg": return try writer.scalar(-1, writer.dtype(x))
        case "exp": return y
        case "log": return try writer.unary(Reciprocal.self, x)
        case "sqrt": return try writer.binary(Mul.self, try writer.unary(Reciprocal.self, y), 0.5)
        case "reciprocal": return try writer.unary(Neg.self, try writer.unary(Square.self, y))
        case "square": return try writer.binary(Mul.self, x, 2)
        case "tanh": return try writer.binary(Sub.self, try writer.scalar(one, writer.dtype(x)), try writer.unary(Square.self, y))
        case "sigmoid":
            return try writer.binary(Mul.self, y, try writer.binary(Sub.self, try writer.scalar(one, writer.dtype(x)), y))
        case "relu": return try writer.cast(try writer.compare(Greater.self, x, 0), to: writer.dtype(x))
        case "abs": return try writer.unary(Sign.self, x)
        case "sin": return try writer.unary(Cos.self, x)
        case "cos": return try writer.unary(Neg.self, try writer.unary(Sin.self, x))
        case "softplus": return try writer.unary(Sigmoid.self, x)
        case "erf":
            let bell = try writer.unary(Exp.self, try writer.unary(Neg.self, try writer.unary(Square.self, x)))
            return try writer.binary(Mul.self, bell, 2 / Double.pi.squareRoot())
        default: return nil
        }
    }

    /// Shares of both operands, in the shape of the result.
    private func pair(
        _ writer: inout NodeImport, _ node: Node, _ a: ValueID, _ b: ValueID, _ y: ValueID, _ gradient: ValueID
    ) throws -> (ValueID, ValueID)? {
        switch node.op {
        case is Binary<Add>: return (gradient, gradient)
        case is Binary<Sub>: return (gradient, try writer.unary(Neg.self, gradient))
        case is Binary<Mul>: return (try writer.binary(Mul.self, gradient, b), try writer.binary(Mul.self, gradient, a))
        case is Binary<Div>:
            let first = try writer.binary(Div.self, gradient, b)
            return (first, try writer.unary(Neg.self, try writer.binary(Mul.self, first, y)))
        case is Binary<Pow>:
            let lower = try writer.binary(Pow.self, a, try writer.binary(Sub.self, b, 1))
            let first = try writer.binary(Mul.self, gradient, try writer.binary(Mul.self, b, lower))
            return (first, try writer.binary(Mul.self, gradient, try writer.binary(Mul.self, y, try writer.unary(Log.self, a))))
        case is Binary<Maximum>, is Binary<Minimum>:
            let isLarger = try writer.compare(GreaterEqual.self, a, b)
            let zero = try writer.scalar(0, writer.dtype(gradient))
            let (of, other) = (try writer.choose(isLarger, gradient, zero), try writer.choose(isLarger, zero, gradient))
            return node.op is Binary<Maximum> ? (of, other) : (other, of)
        case let op as MatMul: return try products(&writer, op, a, b, gradient)
        default: return nil
        }
    }

    /// ∂a = g bᵀ and ∂b = aᵀ g, turned as the operands are.
    private func products(
        _ writer: inout NodeImport, _ op: MatMul, _ a: ValueID, _ b: ValueID, _ gradient: ValueID
    ) throws -> (ValueID, ValueID) {
        let left =
            op.transposeA
            ? try writer.emit(MatMul(transposeA: op.transposeB, transposeB: true), b, gradient)
            : try writer.emit(MatMul(transposeB: !op.transposeB), gradient, b)
        let right =
            op.transposeB
            ? try writer.emit(MatMul(transposeA: true, transposeB: op.transposeA), gradient, a)
            : try writer.emit(MatMul(transposeA: !op.transposeA), a, gradient)
        return (left, right)
    }

    /// `gradient` over the dimensions along which `operand` was stretched.
    private func summed(_ writer: inout NodeImport, _ gradient: ValueID, like operand: ValueID) throws -> ValueID {
        let (target, own) = (writer.shape(operand), writer.shape(gradient))
        let added = own.count - target.count
        let axes = own.indices.filter { $0 < added || (target[$0 - added].value == 1 && own[$0].value != 1) }
        let sum = axes.isEmpty ? gradient : try writer.reduce(ReduceSum.self, gradient, axes, keepDims: true)
        return try writer.expand(try writer.reshape(sum, Array(writer.shape(sum).dropFirst(added))), target)
    }

    /// `gradient` of a sum over `axes`, for every element of x.
    private func spread(_ writer: inout NodeImport, _ gradient: ValueID, _ x: ValueID, _ axes: [Int]) throws -> ValueID {
        let folded = Set(try writer.axes(axes, of: writer.rank(x)))
        let shape = writer.shape(x)
        let kept = shape.indices.map { folded.contains($0) ? 1 : shape[$0] }
        return try writer.expand(try writer.reshape(gradient, kept), shape)
    }

    private func parts(_ writer: inout NodeImport, _ gradient: ValueID, _ operands: [ValueID], _ axis: Int) throws -> [ValueID?] {
        let axis = try writer.axis(axis, of: writer.rank(gradient))
        var start: Dim = 0
        return try operands.map { operand in
            let end = start + writer.shape(operand)[axis]
            defer { start = end }
            return try writer.emit(Slice(axis: axis, start: start, end: end), gradient)
        }
    }
}
