import IR

/// What hides keys from queries in ``FuseAttention``: mask, bias, causality.
struct AttentionLimits {
    private(set) var causal = false
    private(set) var mask: ValueID?
    private(set) var bias: ValueID?
    /// How many queries and keys there are: what says of each pair whether it counts has both sizes.
    private let sizes: [Dim]

    init(_ scores: AttentionScores, _ match: Match, _ patch: inout Patch, name: String) throws {
        let dtype = match.type(scores.q).dtype
        sizes = scores.sizes(match)
        if let mask = scores.mask { self.mask = try without(mask.value, mask.keeps, match, &patch, name: name) }
        for added in scores.biases {
            if isCausalBias(added, match) {
                causal = true
            } else {
                bias = try bias.map { try patch.apply(Binary<Add>(), [$0, added], name: name) } ?? added
            }
        }
        for hidden in scores.infinite {
            let zero = try patch.apply(Fill(shape: [], value: 0.0, dtype: dtype), [], name: name)
            let infinity = try patch.apply(Fill(shape: [], value: .float(-.infinity), dtype: dtype), [], name: name)
            let branches = hidden.keeps ? [zero, infinity] : [infinity, zero]
            let added = try patch.apply(Where(), [hidden.value] + branches, name: name)
            bias = try bias.map { try patch.apply(Binary<Add>(), [$0, added], name: name) } ?? added
        }
    }

    /// The mask, true where a key is hidden, without what ``causal`` says; nil if nothing is left.
    private mutating func without(
        _ value: ValueID, _ keeps: Bool, _ match: Match, _ patch: inout Patch, name: String
    ) throws -> ValueID? {
        if isCausal(value, keeps, match) {
            causal = true
            return nil
        }
        // All conditions must hold that keep a key; one that hides it is enough.
        if let both = match.producer(of: value, keeps ? "and" : "or") {
            for (one, other) in match.bothOrders(both) where isCausal(one, keeps, match) {
                causal = true
                return try without(other, keeps, match, &patch, name: name)
            }
        }
        return keeps ? try patch.apply(Not(), [value], name: name) : value
    }

    /// Whether `value` is true (if it `keeps`) for the keys up to each query's place at the end of all, and false for the others.
    private func isCausal(_ value: ValueID, _ keeps: Bool, _ match: Match) -> Bool {
        guard match.type(value).shape.suffix(2) == sizes[...] else { return false }
        if let node = match.producer(of: value, "not"), let x = match.operand(node, 0) { return isCausal(x, !keeps, match) }
        if let tensor = Self.constant(value, match) {
            let flags = tensor.bools
            return Self.isTriangle(tensor) { flags[$0] == keeps }
        }
        return CausalComparison(value, keeps, match)?.isAligned ?? false
    }

    /// Whether a constant is 0 for such keys and -∞ or the lowest number for others, of which no query has only such.
    private func isCausalBias(_ value: ValueID, _ match: Match) -> Bool {
        guard match.type(value).shape.suffix(2) == sizes[...], let tensor = Self.constant(value, match),
            tensor.shape[tensor.rank - 2] <= tensor.shape[tensor.rank - 1]
        else { return false }
        let numbers = tensor.doubles
        let hidden = numbers.filter { $0 != 0 }
        guard hidden.allSatisfy({ $0 <= -1e8 || $0 == AttentionLimits.lowestHalf && tensor.dtype == .f16 }) else { return false }
        return Self.isTriangle(tensor) { numbers[$0] == 0 }
    }

    private static let lowestHalf = -65504.0

    private static func constant(_ value: ValueID, _ match: Match) -> Tensor? {
        guard let key = match.graph.constantKey(of: value), let constant = match.module.constants[key] else { return nil }
        return constant.type.elementCount.value.map { $0 <= 1 << 22 } ?? false ? constant.tensor : nil
    }

    /// Whether `sees` holds for keys j ≤ i + m - n alone, in a matrix `[1…, n, m]`.
    private static func isTriangle(_ tensor: Tensor, _ sees: (Int) -> Bool) -> Bool {
        let shape = tensor.shape
        guard shape.count >= 2, shape.dropLast(2).allSatisfy({ $0 == 1 }), tensor.count > 1 else { return false }
        let (n, m) = (shape[shape.count - 2], shape[shape.count - 1])
        return (0..<n).allSatisfy { i in (0..<m).allSatisfy { j in sees(i * m + j) == (j <= i + m - n) } }
    }
}

/// A comparison of places: keys `0, 1, …` along the last dimension, queries along the one before it, with an offset.
private struct CausalComparison {
    /// Key j counts if j ≤ i + offset.
    private let offset: Dim
    private let queries, keys: Dim

    /// Whether the last query sees all keys.
    var isAligned: Bool { offset == keys - queries }

    init?(_ value: ValueID, _ keeps: Bool, _ match: Match) {
        guard let node = match.producer(of: value, "le", "lt", "ge", "gt"), let (a, b) = match.operands(node),
            let left = Places(a, match), let right = Places(b, match)
        else { return nil }
        let shape = match.type(value).shape
        guard shape.count >= 2, shape.dropLast(2).allSatisfy({ $0.value == 1 }) else { return nil }
        (queries, keys) = (shape[shape.count - 2], shape[shape.count - 1])
        // Read as "key OP query".
        let op: String
        let (key, query): (Places, Places)
        switch (left.axis, right.axis) {
        case (1, 2): (key, query, op) = (left, right, node.opName)
        case (2, 1): (key, query, op) = (right, left, ["le": "ge", "lt": "gt", "ge": "le", "gt": "lt"][node.opName] ?? "")
        default: return nil
        }
        let distance = query.start - key.start
        switch (op, keeps) {
        case ("le", true), ("gt", false): offset = distance
        case ("lt", true), ("ge", false): offset = distance - 1
        default: return nil
        }
    }

    /// `start`, `start` + 1, … along a dimension, counted from the last as 1.
    private struct Places {
        let axis: Int
        private(set) var start: Dim

        init?(_ value: ValueID, _ match: Match, depth: Int = 6) {
            guard depth > 0, let node = match.graph.producer(of: value) else { return nil }
            switch node.op {
            case let iota as Iota: (axis, start) = (1, Dim(iota.start))
            case is Reshape, is Cast:
                guard let x = match.operand(node, 0), let inner = Places(x, match, depth: depth - 1) else { return nil }
                let (from, to) = (match.type(x).shape, match.type(value).shape)
                guard let old = from.firstIndex(where: { $0.value != 1 }), let new = to.firstIndex(where: { $0.value != 1 }),
                    from.filter({ $0.value != 1 }).count == 1, to.filter({ $0.value != 1 }).count == 1, inner.axis == from.count - old
                else { return nil }
                (axis, start) = (to.count - new, inner.start)
            default:
                guard ["add", "sub"].contains(node.opName), let (a, b) = match.operands(node), match.type(a) == match.type(value),
                    let inner = Places(a, match, depth: depth - 1), let number = Places.number(b, match)
                else { return nil }
                (axis, start) = (inner.axis, node.opName == "add" ? inner.start + number : inner.start - number)
            }
        }

        /// The size or integer that `value` holds.
        private static func number(_ value: ValueID, _ match: Match) -> Dim? {
            guard match.type(value).elementCount == 1 else { return nil }
            return IntegerValues(match.graph, [:]) { match.module.constants[$0]?.tensor }.values(of: value)?.first
        }
    }
}
