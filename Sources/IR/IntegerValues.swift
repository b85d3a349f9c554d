/// Small tensors as expressions of sizes.
///
/// Exporters compute shapes as tensors: the sizes of one, some of them picked, multiplied, joined with numbers. Followed through the
/// operators, their elements are polynomials of symbols (``Dim``) more often than not. Floats are followed too as long as their values are
/// whole, since sizes are scaled in floats now and then. Elements that only data decide are nil beside those that are known.
package struct IntegerValues {
    let graph: Graph
    private let constant: (String) -> Tensor?
    private let given: [ValueID: [Dim]]
    private let memory: Memory?

    /// What was found in a graph that only grows.
    package final class Memory {
        fileprivate var found: [ValueID: [Dim?]?] = [:]
        /// Whether the search ended too early, so that nothing was found where something may be.
        fileprivate var wasCut = false

        package init() {}
    }

    /// Elements of a tensor that are followed.
    package static let most = 256

    package init(_ graph: Graph, _ module: Module) { self.init(graph, [:], remembering: Memory()) { module.constants[$0]?.tensor } }

    /// - Parameters:
    ///   - given: Elements of values that are known already.
    ///   - memory: Keeps what is found.
    ///   - constant: Constants by key.
    package init(_ graph: Graph, _ given: [ValueID: [Dim]], remembering memory: Memory? = nil, constant: @escaping (String) -> Tensor?) {
        (self.graph, self.given, self.memory, self.constant) = (graph, given, memory, constant)
    }

    /// The elements of `value`, row by row; nil if one of them is not such an expression.
    package func values(of value: ValueID) -> [Dim]? { partialValues(of: value).flatMap(IntegerValues.complete) }

    /// The elements of `value`, row by row, nil for those that are not such expressions; nil if none is.
    package func partialValues(of value: ValueID) -> [Dim?]? {
        memory?.wasCut = false
        return values(of: value, depth: memory == nil ? 32 : 512)
    }

    static func complete(_ values: [Dim?]) -> [Dim]? {
        let known = values.compactMap { $0 }
        return known.count == values.count ? known : nil
    }

    private func values(of value: ValueID, depth: Int) -> [Dim?]? {
        if let known = given[value] { return known }
        guard let memory else { return follow(value, depth) }
        if let found = memory.found[value] { return found }
        if depth == 0 { memory.wasCut = true }
        let result = follow(value, depth)
        if result != nil || !memory.wasCut { memory.found[value] = .some(result) }
        return result
    }

    private func follow(_ value: ValueID, _ depth: Int) -> [Dim?]? {
        guard depth > 0, let type = graph.valueType(of: value).tensor, type.dtype != .string, let count = type.elementCount.value,
            count <= Self.most
        else { return nil }
        if let key = graph.constantKey(of: value) { return constant(key).flatMap(IntegerValues.whole) }
        guard let node = graph.producer(of: value) else { return nil }
        switch node.op {
        case let shape as Shape: return shape.sizes
        case let fill as Fill:
            guard let number = IntegerValues.whole(fill.value.double) else { return nil }
            return [Dim](repeating: number, count: count)
        case let iota as Iota: return (0..<count).map { Dim($0 + iota.start) }
        case let split as Split: return part(of: node, split, value, depth)
        default: break
        }
        let operands = node.inputs.map { $0.flatMap { values(of: $0, depth: depth - 1) } }
        let result = values(of: node, operands, count) ?? quotients(node, count, depth)
        guard let result, result.count == count, result.contains(where: { $0 != nil }) else { return nil }
        return result
    }

    static func whole(_ tensor: Tensor) -> [Dim?]? {
        guard tensor.dtype.isFloat else { return tensor.integers.map { Dim($0) } }
        let values = tensor.doubles.map(whole)
        return values.contains { $0 != nil } ? values : nil
    }

    static func whole(_ value: Double) -> Dim? {
        value == value.rounded() && abs(value) < 1e15 ? Dim(Int(value)) : nil
    }

    private func values(of node: Node, _ operands: [[Dim?]?], _ count: Int) -> [Dim?]? {
        if node.op is Concat { return joined(operands, node) }
        guard let x = operands.first ?? nil else { return nil }
        switch node.op {
        case is Reshape: return x
        case let cast as Cast: return converted(x, to: cast.to, node)
        case is Expand: return expanded(x, node, count)
        case let slice as Slice: return sliced(x, slice, node)
        case is Gather: return gathered(x, operands, node)
        case is ScatterRows: return scattered(x, operands, node)
        case is Unary<Floor>, is Unary<Ceil>, is Unary<Round>: return x
        case is Reduce<ReduceProd>: return total(x, count) { $0 * $1 }
        case is Reduce<ReduceSum>: return total(x, count) { $0 + $1 }
        case is Reduce<ReduceMax>: return total(x, count, Dim.larger)
        case is Reduce<ReduceMin>: return total(x, count, Dim.smaller)
        default: return arithmetic(node, operands)
        }
    }

    private func total(_ x: [Dim?], _ count: Int, _ body: (Dim, Dim) -> Dim) -> [Dim?]? {
        guard count == 1, let known = IntegerValues.complete(x), let first = known.first else { return nil }
        return [known.dropFirst().reduce(first, body)]
    }

    private func joined(_ operands: [[Dim?]?], _ node: Node) -> [Dim?]? {
        guard graph.type(of: node.outputs[0]).rank == 1 else { return nil }
        var result: [Dim?] = []
        for (input, values) in zip(node.inputs, operands) {
            guard let input, let count = graph.type(of: input).elementCount.value else { return nil }
            result += values ?? [Dim?](repeating: nil, count: count)
        }
        return result
    }

    /// Floats that are no whole numbers are cut: see ``quotients(_:_:_:)``.
    private func converted(_ x: [Dim?], to dtype: DType, _ node: Node) -> [Dim?]? {
        if dtype == .bool { return x.map { $0.flatMap(IntegerValues.truth) } }
        if dtype.isFloat || dtype.bits >= 32 { return x }
        // Narrow integers may wrap.
        return x.map { $0.flatMap { $0.value.map { $0 >= 0 && $0 < 128 } == true ? $0 : nil } }
    }

    private static func truth(_ x: Dim) -> Dim? {
        if let value = x.value { return value == 0 ? 0 : 1 }
        return x.bounds().lower.map { $0 > 0 } == true ? 1 : nil
    }

    private func expanded(_ x: [Dim?], _ node: Node, _ count: Int) -> [Dim?]? {
        if x.count == count { return x }
        if x.count == 1 { return [Dim?](repeating: x[0], count: count) }
        guard let input = node.inputs.first ?? nil else { return nil }
        let (from, to) = (graph.type(of: input).shape.compactMap(\.value), graph.type(of: node.outputs[0]).shape.compactMap(\.value))
        guard from.count == graph.type(of: input).rank, to.reduce(1, *) == count else { return nil }
        let padded = [Int](repeating: 1, count: max(to.count - from.count, 0)) + from
        return (0..<count).map { position in
            var (rest, source, step) = (position, 0, 1)
            for (own, size) in zip(padded, to).reversed() {
                if own != 1 { source += rest % size * step; step *= own }
                rest /= max(size, 1)
            }
            return x.indices.contains(source) ? x[source] : nil
        }
    }

    private func part(of node: Node, _ split: Split, _ value: ValueID, _ depth: Int) -> [Dim?]? {
        guard let x = node.inputs.first ?? nil, graph.type(of: x).rank == 1, let all = values(of: x, depth: depth - 1),
            let index = node.outputs.firstIndex(of: value)
        else { return nil }
        let sizes = split.sizes.compactMap(\.value)
        guard sizes.count == split.sizes.count, sizes.reduce(0, +) == all.count else { return nil }
        let start = sizes[..<index].reduce(0, +)
        return Array(all[start..<(start + sizes[index])])
    }

    private func sliced(_ x: [Dim?], _ slice: Slice, _ node: Node) -> [Dim?]? {
        guard graph.type(of: node.outputs[0]).rank == 1, let start = slice.start.value, let end = slice.end.value, start >= 0, start <= end,
            end <= x.count, slice.step > 0
        else { return nil }
        return stride(from: start, to: end, by: slice.step).map { x[$0] }
    }

    private func gathered(_ x: [Dim?], _ operands: [[Dim?]?], _ node: Node) -> [Dim?]? {
        guard let table = node.inputs.first ?? nil, graph.type(of: table).rank == 1, operands.count > 1, let indices = operands[1] else {
            return nil
        }
        return indices.map { index in index?.value.flatMap { x.indices.contains($0) ? x[$0] : nil } }
    }

    /// Single elements of a vector replaced.
    private func scattered(_ x: [Dim?], _ operands: [[Dim?]?], _ node: Node) -> [Dim?]? {
        guard let rows = node.op as? ScatterRows, !rows.add, graph.type(of: node.outputs[0]).rank == 1, operands.count > 2,
            let places = operands[1], let updates = operands[2], places.count == updates.count
        else { return nil }
        var result = x
        for (place, update) in zip(places, updates) {
            guard let index = place?.value, result.indices.contains(index) else { return nil }
            result[index] = update
        }
        return result
    }

    // MARK: Quotients

    /// A quotient of sizes that is rounded: `floor(n / 2)`, `floor(n · 0.5)`, or the same converted to an integer.
    private func quotients(_ node: Node, _ count: Int, _ depth: Int) -> [Dim?]? {
        guard let roundsUp = IntegerValues.rounding(node, graph), let x = node.inputs.first ?? nil, let inner = graph.producer(of: x),
            inner.inputs.count == 2, let a = inner.inputs[0].flatMap({ values(of: $0, depth: depth - 1) })
        else { return nil }
        let divisors: [Dim?]
        switch inner.op {
        case is Binary<Div>:
            guard let known = inner.inputs[1].flatMap({ values(of: $0, depth: depth - 1) }) else { return nil }
            divisors = known
        case is Binary<Mul>:
            guard let key = inner.inputs[1].flatMap({ graph.constantKey(of: $0) }), let factors = constant(key) else { return nil }
            divisors = factors.doubles.map { $0 > 0 && $0 < 1 ? IntegerValues.whole(1 / $0) : nil }
        default: return nil
        }
        guard a.count == count, divisors.count == count || divisors.count == 1 else { return nil }
        return a.indices.map { index in
            guard let x = a[index], let y = divisors[divisors.count == 1 ? 0 : index]?.value, y > 0, x.isNeverNegative else { return nil }
            return roundsUp ? x.ceilDivided(by: Dim(y)) : x.floorDivided(by: Dim(y))
        }
    }

    /// Whether a node rounds floats up, or down; nil if it does neither.
    private static func rounding(_ node: Node, _ graph: Graph) -> Bool? {
        switch node.op {
        case is Unary<Floor>: return false
        case is Unary<Ceil>: return true
        case let cast as Cast:
            guard cast.to == .i64 || cast.to == .i32, let x = node.inputs.first ?? nil, graph.type(of: x).dtype.isFloat else { return nil }
            return false
        default: return nil
        }
    }
}
