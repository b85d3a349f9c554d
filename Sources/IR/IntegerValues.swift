/// Small tensors as expressions of sizes.
///
/// Exporters compute shapes as tensors: the sizes of one, some of them picked, multiplied, joined with numbers. Followed through the
/// operators, their elements are polynomials of symbols (``Dim``) more often than not. Floats are followed too as long as their values are
/// whole, since sizes are scaled in floats now and then.
package struct IntegerValues {
    private let graph: Graph
    private let constant: (String) -> Tensor?
    private let given: [ValueID: [Dim]]
    private let memory: Memory?

    /// What was found in a graph that only grows.
    package final class Memory {
        fileprivate var found: [ValueID: [Dim]?] = [:]
        /// Whether the search ended too early, so that nothing was found where something may be.
        fileprivate var wasCut = false

        package init() {}
    }

    /// Elements of a tensor that are followed.
    package static let most = 256

    package init(_ graph: Graph, _ module: Module) { self.init(graph, [:]) { module.constants[$0]?.tensor } }

    /// - Parameters:
    ///   - given: Elements of values that are known already.
    ///   - memory: Keeps what is found.
    ///   - constant: Constants by key.
    package init(_ graph: Graph, _ given: [ValueID: [Dim]], remembering memory: Memory? = nil, constant: @escaping (String) -> Tensor?) {
        (self.graph, self.given, self.memory, self.constant) = (graph, given, memory, constant)
    }

    /// The elements of `value`, row by row; nil if one of them is not such an expression.
    package func values(of value: ValueID, depth: Int = 32) -> [Dim]? {
        if let known = given[value] { return known }
        guard let memory else { return follow(value, depth) }
        if let found = memory.found[value] { return found }
        if depth == 0 { memory.wasCut = true }
        let result = follow(value, depth)
        if result != nil || !memory.wasCut { memory.found[value] = .some(result) }
        return result
    }

    /// As ``values(of:depth:)``, however long the chain of nodes behind `value` is.
    package func deepValues(of value: ValueID) -> [Dim]? {
        memory?.wasCut = false
        return values(of: value, depth: memory == nil ? 32 : 512)
    }

    private func follow(_ value: ValueID, _ depth: Int) -> [Dim]? {
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
        return values(of: node, operands, count)
    }

    private static func whole(_ tensor: Tensor) -> [Dim]? {
        guard tensor.dtype.isFloat else { return tensor.integers.map { Dim($0) } }
        let values = tensor.doubles.compactMap(whole)
        return values.count == tensor.count ? values : nil
    }

    private static func whole(_ value: Double) -> Dim? {
        value == value.rounded() && abs(value) < 1e15 ? Dim(Int(value)) : nil
    }

    private func values(of node: Node, _ operands: [[Dim]?], _ count: Int) -> [Dim]? {
        guard let x = operands.first ?? nil else { return nil }
        switch node.op {
        case is Reshape: return x.count == count ? x : nil
        case let cast as Cast: return cast.to == .bool || cast.to.isFloat || cast.to.bits >= 32 ? (x.count == count ? x : nil) : nil
        case is Expand: return x.count == 1 ? [Dim](repeating: x[0], count: count) : x.count == count ? x : nil
        case is Concat:
            let parts = operands.compactMap { $0 }
            return graph.type(of: node.outputs[0]).rank == 1 && parts.count == operands.count ? parts.flatMap { $0 } : nil
        case let slice as Slice: return sliced(x, slice, node)
        case is Gather: return gathered(x, operands, node)
        case is Unary<Neg>: return x.map { 0 - $0 }
        case is Unary<Floor>, is Unary<Ceil>, is Unary<Round>: return x
        case is Binary<Add>: return combined(operands, +)
        case is Binary<Sub>: return combined(operands, -)
        case is Binary<Mul>: return combined(operands, *)
        case is Binary<Div>: return quotients(operands, isFloat: graph.type(of: node.outputs[0]).dtype.isFloat)
        case is Binary<Minimum>: return combined(operands, Dim.minimum)
        case is Binary<Maximum>: return combined(operands, Dim.maximum)
        case is Reduce<ReduceProd>: return count == 1 ? [x.reduce(1, *)] : nil
        case is Reduce<ReduceSum>: return count == 1 ? [x.reduce(0, +)] : nil
        case is Comparison<Equal>: return decided(operands) { $0 == $1 ? true : ($0 - $1).value == nil ? nil : false }
        case is Comparison<Less>: return decided(operands) { a, b in (a - b).value.map { $0 < 0 } }
        case is Comparison<Greater>: return decided(operands) { a, b in (a - b).value.map { $0 > 0 } }
        case is Not: return x.allSatisfy { $0.value != nil } ? x.map { $0 == 0 ? 1 : 0 } : nil
        case is Where: return chosen(operands, count)
        default: return nil
        }
    }

    private func part(of node: Node, _ split: Split, _ value: ValueID, _ depth: Int) -> [Dim]? {
        guard let x = node.inputs.first ?? nil, graph.type(of: x).rank == 1, let all = values(of: x, depth: depth - 1),
            let index = node.outputs.firstIndex(of: value)
        else { return nil }
        let sizes = split.sizes.compactMap(\.value)
        guard sizes.count == split.sizes.count, sizes.reduce(0, +) == all.count else { return nil }
        let start = sizes[..<index].reduce(0, +)
        return Array(all[start..<(start + sizes[index])])
    }

    private func sliced(_ x: [Dim], _ slice: Slice, _ node: Node) -> [Dim]? {
        guard graph.type(of: node.outputs[0]).rank == 1, let start = slice.start.value, let end = slice.end.value, start >= 0, start <= end,
            end <= x.count, slice.step > 0
        else { return nil }
        return stride(from: start, to: end, by: slice.step).map { x[$0] }
    }

    private func gathered(_ x: [Dim], _ operands: [[Dim]?], _ node: Node) -> [Dim]? {
        guard let table = node.inputs.first ?? nil, graph.type(of: table).rank == 1, operands.count > 1, let indices = operands[1] else {
            return nil
        }
        let picked = indices.compactMap { $0.value.flatMap { x.indices.contains($0) ? x[$0] : nil } }
        return picked.count == indices.count ? picked : nil
    }

    /// Pairs of elements of two operands, one of which may be a single number.
    private func pairs(_ operands: [[Dim]?]) -> [(Dim, Dim)]? {
        guard operands.count == 2, let a = operands[0], let b = operands[1], a.count == b.count || a.count == 1 || b.count == 1 else {
            return nil
        }
        return (0..<max(a.count, b.count)).map { (a.count == 1 ? a[0] : a[$0], b.count == 1 ? b[0] : b[$0]) }
    }

    private func combined(_ operands: [[Dim]?], _ body: (Dim, Dim) -> Dim) -> [Dim]? { pairs(operands)?.map(body) }

    private func decided(_ operands: [[Dim]?], _ body: (Dim, Dim) -> Bool?) -> [Dim]? {
        guard let answers = pairs(operands)?.map(body) else { return nil }
        let known = answers.compactMap { $0 }
        return known.count == answers.count ? known.map { $0 ? 1 : 0 } : nil
    }

    /// Integers are divided towards zero, which is downwards where nothing is negative; floats must divide evenly.
    private func quotients(_ operands: [[Dim]?], isFloat: Bool) -> [Dim]? {
        guard let pairs = pairs(operands) else { return nil }
        let results = pairs.compactMap { a, b -> Dim? in
            if let exact = a.exactQuotient(by: b) { return exact }
            if isFloat { return nil }
            if let x = a.value, let y = b.value { return y == 0 || (x == .min && y == -1) ? nil : Dim(x / y) }
            guard let low = a.bounds().lower, low >= 0, let divisor = b.bounds().lower, divisor >= 0 else { return nil }
            return a.floorDivided(by: b)
        }
        return results.count == pairs.count ? results : nil
    }

    private func chosen(_ operands: [[Dim]?], _ count: Int) -> [Dim]? {
        guard operands.count == 3, let flags = operands[0], let a = operands[1], let b = operands[2],
            [flags, a, b].allSatisfy({ $0.count == count || $0.count == 1 })
        else { return nil }
        let picked = (0..<count).map { index -> Dim? in
            let (x, y) = (a[a.count == 1 ? 0 : index], b[b.count == 1 ? 0 : index])
            if x == y { return x }
            return flags[flags.count == 1 ? 0 : index].value.map { $0 != 0 ? x : y }
        }
        let known = picked.compactMap { $0 }
        return known.count == count ? known : nil
    }
}
