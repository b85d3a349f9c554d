import IR

/// Reads arithmetic on one value as a polynomial of degree three at most.
enum Polynomial {
    /// Coefficients of 1, x, x², x³ of `value` as a function of `x`; nil if it is no such polynomial.
    static func coefficients(of value: ValueID, in x: ValueID, _ match: Match, depth: Int = 8) -> [Double]? {
        if value == x { return [0, 1, 0, 0] }
        if let number = match.scalar(value) { return [number, 0, 0, 0] }
        guard depth > 0, let node = match.graph.producer(of: value) else { return nil }
        func operand(_ index: Int) -> [Double]? {
            match.operand(node, index).flatMap { coefficients(of: $0, in: x, match, depth: depth - 1) }
        }
        switch node.opName {
        case "neg": return operand(0).map { $0.map { -$0 } }
        case "square": return operand(0).flatMap { product($0, $0) }
        case "add", "sub":
            guard let a = operand(0), let b = operand(1) else { return nil }
            return zip(a, b).map { node.opName == "add" ? $0 + $1 : $0 - $1 }
        case "mul":
            guard let a = operand(0), let b = operand(1) else { return nil }
            return product(a, b)
        case "div":
            guard let a = operand(0), let number = match.scalar(match.operand(node, 1)), number != 0 else { return nil }
            return a.map { $0 / number }
        case "pow":
            guard let a = operand(0), let exponent = match.scalar(match.operand(node, 1)) else { return nil }
            return exponent == 2 ? product(a, a) : exponent == 3 ? product(a, a).flatMap { product($0, a) } : nil
        default: return nil
        }
    }

    private static func product(_ a: [Double], _ b: [Double]) -> [Double]? {
        var result = [Double](repeating: 0, count: 4)
        for (i, p) in a.enumerated() where p != 0 {
            for (j, q) in b.enumerated() where q != 0 {
                guard i + j < 4 else { return nil }
                result[i + j] += p * q
            }
        }
        return result
    }
}
