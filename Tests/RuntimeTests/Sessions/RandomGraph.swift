import IR
import TestSupport
import Testing

/// A function `main` of random nodes over few inputs, with shared values and several outputs.
///
/// Operators are such that an error of a value grows little on its way: steep or unbounded ones are followed by `tanh`,
/// conditions and integers come from inputs alone.
struct RandomGraph {
    private(set) var graph = Graph(name: "main")
    private(set) var inputs: [String: Tensor] = [:]
    private(set) var constants: [Constant] = []
    private var random: SeededRandom
    private var draw: SampleTensors
    private var floats: [ValueID] = []
    private var integers: [ValueID] = []

    init(seed: UInt64) throws {
        random = SeededRandom(seed: seed)
        draw = SampleTensors(seed: seed &+ 1)
        for _ in 0..<Int.random(in: 2...3, using: &random) {
            let shape = (0..<Int.random(in: 2...4, using: &random)).map { _ in [1, 2, 3, 4, 5, 8].randomElement(using: &random) ?? 1 }
            floats.append(try input(draw.floats(shape)))
        }
        integers.append(try input(draw.integers([2, 3, 4])))
        integers.append(try input(draw.integers([3, 4])))
        let target = Int.random(in: 5...25, using: &random)
        while graph.nodeCount < target { try addNode() }
        try addOutputs()
    }

    var module: Module {
        var module = Module(name: "random", stage: .imported)
        for constant in constants { module.setConstant(constant) }
        module.setFunction(graph)
        return module
    }

    /// The same function with every value as an output too.
    func withAllValues() throws -> Module {
        var open = graph
        for node in graph.nodes {
            for value in node.outputs { try open.addOutput("value \(value.index)", value) }
        }
        var module = self.module
        module.setFunction(open)
        return module
    }

    private mutating func addOutputs() throws {
        let last = graph.nodes.suffix(2).flatMap(\.outputs)
        let others = (0..<3).compactMap { _ in (floats + integers).randomElement(using: &random) }
        for (index, value) in (last + others).enumerated() { try graph.addOutput("y\(index)", value) }
    }

    private mutating func input(_ tensor: Tensor) throws -> ValueID {
        let name = "x\(inputs.count)"
        inputs[name] = tensor
        return try graph.addInput(name, tensor.type)
    }

    private mutating func constant(_ tensor: Tensor) throws -> ValueID {
        constants.append(Constant(key: "c\(constants.count)", tensor))
        return try graph.constant("c\(constants.count - 1)", tensor.type)
    }

    private func shape(_ value: ValueID) -> [Int] { graph.type(of: value).staticShape ?? [] }

    private mutating func apply(_ op: any TensorOperator, _ operands: [ValueID?]) throws -> ValueID {
        try graph.apply(op, operands, name: "node \(graph.nodeCount)")
    }

    /// Recent values are likelier, so that chains form; old ones still come up, so that values are shared.
    private mutating func pick(_ pool: [ValueID]) throws -> ValueID {
        let recent = Bool.random(using: &random) ? Array(pool.suffix(3)) : pool
        return try #require(recent.randomElement(using: &random))
    }

    private mutating func addNode() throws {
        let x = try pick(floats)
        let choice = Int.random(in: 0..<20, using: &random)
        switch choice {
        case 0, 1: floats.append(try apply(unary(), [x]))
        case 2, 3: floats.append(try binary(x))
        case 4, 5: floats.append(try apply(Transpose(Array(shape(x).indices).shuffled(using: &random)), [x]))
        case 6, 7: floats.append(try sliced(x))
        case 8: floats.append(try concatenated(x))
        case 9, 10: floats.append(try reshaped(x))
        case 11: floats.append(try squared(x))
        case 12: floats.append(try linear(x))
        case 13: floats.append(try apply(Softmax(axis: axis(of: x)), [x]))
        case 14: floats.append(try apply(LayerNorm(eps: 0.1), [x]))
        case 15: floats.append(try chosen(x))
        case 16: floats.append(try expanded(x))
        case 17: floats.append(try reduced(x))
        case 18: try split(x)
        default: try addIntegerNode()
        }
    }

    private mutating func unary() -> any TensorOperator {
        let ops: [any TensorOperator] = [
            Unary<Neg>(), Unary<Tanh>(), Unary<Sigmoid>(), Unary<Gelu>(), Unary<Abs>(), Unary<Relu>(), Unary<Silu>(),
        ]
        return ops.randomElement(using: &random) ?? Unary<Neg>()
    }

    private mutating func axis(of x: ValueID) -> Int { Int.random(in: 0..<max(shape(x).count, 1), using: &random) }

    /// With a value of the same shape, a scalar constant, or a row of its own.
    private mutating func binary(_ x: ValueID) throws -> ValueID {
        let ops: [any TensorOperator] = [Binary<Add>(), Binary<Sub>(), Binary<Maximum>(), Binary<Minimum>(), Binary<Mul>()]
        let op = ops.randomElement(using: &random) ?? Binary<Add>()
        var other = floats.filter { shape($0) == shape(x) }.randomElement(using: &random) ?? x
        if Int.random(in: 0..<4, using: &random) == 0 {
            other = try constant(draw.floats(Bool.random(using: &random) ? [] : Array(shape(x).suffix(1))))
        }
        let operands = Bool.random(using: &random) || shape(other) != shape(x) ? [x, other] : [other, x]
        let y = try apply(op, operands)
        return op is Binary<Mul> ? try apply(Unary<Tanh>(), [y]) : y
    }

    private mutating func sliced(_ x: ValueID) throws -> ValueID {
        let axis = axis(of: x)
        let size = shape(x)[axis]
        let start = Int.random(in: 0..<size, using: &random)
        let end = Int.random(in: (start + 1)...size, using: &random)
        return try apply(Slice(axis: axis, start: Dim(start), end: Dim(end), step: Int.random(in: 1...2, using: &random)), [x])
    }

    private mutating func concatenated(_ x: ValueID) throws -> ValueID {
        let axis = axis(of: x)
        let fits = floats.filter { other in
            shape(other).count == shape(x).count && shape(x).indices.allSatisfy { $0 == axis || shape(x)[$0] == shape(other)[$0] }
        }
        let others = (0..<Int.random(in: 1...2, using: &random)).compactMap { _ in fits.randomElement(using: &random) }
        guard shape(x)[axis] <= 16 else { return try apply(Unary<Neg>(), [x]) }
        return try apply(Concat(axis: axis), [x] + others)
    }

    /// Joins two neighbouring dimensions, or splits one.
    private mutating func reshaped(_ x: ValueID) throws -> ValueID {
        var sizes = shape(x)
        let axis = axis(of: x)
        if axis + 1 < sizes.count, Bool.random(using: &random) {
            sizes.replaceSubrange(axis...(axis + 1), with: [sizes[axis] * sizes[axis + 1]])
        } else if sizes.count < 5, let factor = [2, 3, 4, 1].first(where: { sizes[axis] % $0 == 0 }) {
            sizes.replaceSubrange(axis...axis, with: [sizes[axis] / factor, factor])
        }
        return try apply(Reshape(sizes.map { Dim($0) }), [x])
    }

    /// x xᵀ or xᵀ x of the last two dimensions, scaled down.
    private mutating func squared(_ x: ValueID) throws -> ValueID {
        guard shape(x).count >= 2 else { return try apply(Unary<Sigmoid>(), [x]) }
        let rank = shape(x).count
        let other: ValueID
        if Bool.random(using: &random) {
            other = x
        } else {
            other = try apply(Transpose(Array(0..<(rank - 2)) + [rank - 1, rank - 2]), [x])
        }
        let product = try apply(other == x ? MatMul(transposeB: true) : MatMul(), [x, other])
        return try apply(Unary<Tanh>(), [product])
    }

    private mutating func linear(_ x: ValueID) throws -> ValueID {
        let (width, depth) = (Int.random(in: 1...9, using: &random), shape(x).last ?? 1)
        let weight = try constant(draw.floats([width, depth], -0.5...0.5))
        let bias = Bool.random(using: &random) ? try constant(draw.floats([width])) : nil
        let y = try apply(Linear(), [x, weight, bias])
        return Bool.random(using: &random) ? try apply(Unary<Gelu>(), [y]) : y
    }

    private mutating func chosen(_ x: ValueID) throws -> ValueID {
        let condition = try input(draw.bools(Bool.random(using: &random) ? shape(x) : Array(shape(x).suffix(1))))
        let other = floats.filter { shape($0) == shape(x) }.randomElement(using: &random) ?? x
        return try apply(Where(), [condition, x, other])
    }

    private mutating func expanded(_ x: ValueID) throws -> ValueID {
        var target = shape(x).map { $0 == 1 ? Int.random(in: 1...3, using: &random) : $0 }
        if target.count < 4 { target.insert(Int.random(in: 1...3, using: &random), at: 0) }
        return target.reduce(1, *) > 2000 ? x : try apply(Expand(target.map { Dim($0) }), [x])
    }

    private mutating func reduced(_ x: ValueID) throws -> ValueID {
        guard shape(x).count > 1 else { return x }
        let axes = Set([axis(of: x), axis(of: x)]).sorted()
        let keep = axes.count == shape(x).count || Bool.random(using: &random)
        if Bool.random(using: &random) { return try apply(Reduce<ReduceMean>(axes: axes, keepDims: keep), [x]) }
        return try apply(Reduce<ReduceMax>(axes: axes, keepDims: keep), [x])
    }

    private mutating func split(_ x: ValueID) throws {
        let axis = axis(of: x)
        let first = Int.random(in: 0..<shape(x)[axis], using: &random)
        guard first > 0 else { return }
        let sizes = [Dim(first), Dim(shape(x)[axis] - first)]
        floats += try graph.add(Split(axis: axis, sizes: sizes), [x], name: "node \(graph.nodeCount)")
    }

    private mutating func addIntegerNode() throws {
        let x = try pick(integers)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: integers.append(try apply(Transpose(Array(shape(x).indices.reversed())), [x]))
        case 1:
            integers.append(try apply(Binary<Add>(), [x, integers.filter { shape($0) == shape(x) }.randomElement(using: &random) ?? x]))
        case 2: integers.append(try apply(CumSum(axis: axis(of: x)), [x]))
        case 3: integers.append(try apply(Gather(axis: axis(of: x)), [x, try constant(Tensor(integers: [0, 0, 1], [3]))]))
        default: integers.append(try updated(x))
        }
    }

    /// A block of ones, or a slice of the tensor itself, written into it.
    private mutating func updated(_ x: ValueID) throws -> ValueID {
        let sizes = shape(x)
        var block = sizes
        block[0] = 1
        let update =
            Bool.random(using: &random)
            ? try apply(Slice(axis: 0, start: Dim(sizes[0] - 1), end: Dim(sizes[0])), [x]) : try constant(draw.integers(block))
        let position = try constant(Tensor(integers: [Int.random(in: 0..<sizes[0], using: &random)], [1]))
        return try apply(UpdateSlice(axis: 0, offsets: sizes.map { _ in 0 }), [x, update, position])
    }
}
