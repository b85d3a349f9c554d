extension IntegerValues {
    /// Elements of what is computed element by element.
    func arithmetic(_ node: Node, _ operands: [[Dim?]?]) -> [Dim?]? {
        guard let x = operands.first ?? nil else { return nil }
        switch node.op {
        case is Unary<Neg>: return x.map { $0.map { 0 - $0 } }
        case is Unary<Abs>: return x.map { $0.flatMap { $0.isNeverNegative ? $0 : $0.value.map { Dim(-$0) } } }
        case is Unary<Relu>: return x.map { $0.map { Dim.larger($0, 0) } }
        case is Not: return x.map { $0?.value.map { $0 == 0 ? 1 : 0 } }
        case is Binary<Add>: return combined(operands) { $0 + $1 }
        case is Binary<Sub>: return combined(operands) { $0 - $1 }
        case is Binary<Mul>: return combined(operands) { $0 * $1 }
        case is Binary<Div>:
            let isFloat = graph.type(of: node.outputs[0]).dtype.isFloat
            return combined(operands) { IntegerValues.quotient($0, $1, isFloat: isFloat) }
        case is Binary<Mod>: return combined(operands, IntegerValues.remainder)
        case is Binary<Minimum>: return combined(operands, Dim.smaller)
        case is Binary<Maximum>: return combined(operands, Dim.larger)
        case is Comparison<Equal>: return decided(operands) { $0 == $1 ? true : Dim.differ($0, $1) ? false : nil }
        case is Comparison<NotEqual>: return decided(operands) { $0 == $1 ? false : Dim.differ($0, $1) ? true : nil }
        case is Comparison<Less>: return decided(operands) { Dim.isLess($0, $1) }
        case is Comparison<Greater>: return decided(operands) { Dim.isLess($1, $0) }
        case is Comparison<LessEqual>: return decided(operands) { Dim.isLess($1, $0).map { !$0 } }
        case is Comparison<GreaterEqual>: return decided(operands) { Dim.isLess($0, $1).map { !$0 } }
        case is Logical<And>: return pairs(operands)?.map { IntegerValues.joined($0, $1, neutral: 1) }
        case is Logical<Or>: return pairs(operands)?.map { IntegerValues.joined($0, $1, neutral: 0) }
        case is Where: return chosen(operands)
        default: return nil
        }
    }

    /// Pairs of elements of two operands, one of which may be a single number.
    private func pairs(_ operands: [[Dim?]?]) -> [(Dim?, Dim?)]? {
        guard operands.count == 2, let a = operands[0], let b = operands[1], a.count == b.count || a.count == 1 || b.count == 1 else {
            return nil
        }
        let count = a.isEmpty || b.isEmpty ? 0 : max(a.count, b.count)
        return (0..<count).map { (a.count == 1 ? a[0] : a[$0], b.count == 1 ? b[0] : b[$0]) }
    }

    private func combined(_ operands: [[Dim?]?], _ body: (Dim, Dim) -> Dim?) -> [Dim?]? {
        pairs(operands)?.map { a, b in a.flatMap { a in b.flatMap { body(a, $0) } } }
    }

    private func decided(_ operands: [[Dim?]?], _ body: (Dim, Dim) -> Bool?) -> [Dim?]? {
        combined(operands) { a, b in body(a, b).map { $0 ? 1 : 0 } }
    }

    /// And and or of truth values, one of which decides alone if it is not `neutral`.
    private static func joined(_ a: Dim?, _ b: Dim?, neutral: Int) -> Dim? {
        for side in [a, b] { if let value = side?.value, value != neutral { return Dim(1 - neutral) } }
        return a?.value == neutral && b?.value == neutral ? Dim(neutral) : nil
    }

    /// Integers are divided towards zero, which is downwards where nothing is negative; floats must divide evenly.
    private static func quotient(_ a: Dim, _ b: Dim, isFloat: Bool) -> Dim? {
        if let exact = a.exactQuotient(by: b) { return exact }
        if isFloat { return nil }
        if let x = a.value, let y = b.value { return y == 0 || (x == .min && y == -1) ? nil : Dim(x / y) }
        return a.isNeverNegative && b.isNeverNegative ? a.floorDivided(by: b) : nil
    }

    private static func remainder(_ a: Dim, _ b: Dim) -> Dim? {
        guard b.bounds().lower.map({ $0 > 0 }) ?? false, a.isNeverNegative else { return nil }
        return a.remainder(by: b)
    }

    private func chosen(_ operands: [[Dim?]?]) -> [Dim?]? {
        guard operands.count == 3, let flags = operands[0] else { return nil }
        let count = operands.map { $0?.count ?? 1 }.max() ?? 1
        guard operands.allSatisfy({ $0.map { $0.count == count || $0.count == 1 } ?? true }) else { return nil }
        func element(_ operand: Int, _ index: Int) -> Dim? {
            guard let values = operands[operand] else { return nil }
            return values[values.count == 1 ? 0 : index]
        }
        return (0..<count).map { index in
            let (x, y) = (element(1, index), element(2, index))
            if let x, x == y { return x }
            return flags[flags.count == 1 ? 0 : index]?.value.flatMap { $0 != 0 ? x : y }
        }
    }
}

extension Dim {
    /// Whether it is at least 0 whatever its symbols are.
    package var isNeverNegative: Bool { bounds().lower.map { $0 >= 0 } ?? false }

    /// Whether it has no part that is rounded or bounded.
    var isPolynomial: Bool {
        terms.allSatisfy { $0.factors.allSatisfy { if case .symbol = $0 { true } else { false } } }
    }

    /// How much there is to read: of two sizes that are equal, the simpler one says more.
    package var complexity: Int {
        terms.reduce(constant == 0 ? 0 : 1) { sum, term in term.factors.reduce(sum + 1) { $0 + $1.complexity } }
    }

    /// Whether the two are never equal.
    static func differ(_ a: Dim, _ b: Dim) -> Bool { isLess(a, b) == true || isLess(b, a) == true }

    /// Whether a < b; nil if that depends on symbols.
    static func isLess(_ a: Dim, _ b: Dim) -> Bool? {
        let range = (b - a).bounds()
        if let low = range.lower, low > 0 { return true }
        if let high = range.upper, high <= 0 { return false }
        return nil
    }

    /// The smaller one, if it is known which that is.
    package static func smaller(_ a: Dim, _ b: Dim) -> Dim {
        if (b - a).isNeverNegative { return a }
        return (a - b).isNeverNegative ? b : .minimum(a, b)
    }

    /// The larger one, if it is known which that is.
    package static func larger(_ a: Dim, _ b: Dim) -> Dim {
        if (a - b).isNeverNegative { return a }
        return (b - a).isNeverNegative ? b : .maximum(a, b)
    }
}

extension Dim.Atom {
    fileprivate var complexity: Int {
        switch self {
        case .symbol: 1
        case .floorDivision(let a, let b), .remainder(let a, let b), .maximum(let a, let b), .minimum(let a, let b):
            2 + a.complexity + b.complexity
        }
    }
}
