/// One dimension of a shape: an integer or a symbolic expression such as `tokens`, `4*h + 1` or `floor(n/2)`.
///
/// Kept as a polynomial in canonical form, so that equal expressions compare equal: a constant plus terms, each a
/// coefficient times a product of atoms. Arithmetic saturates instead of trapping; a saturated size fails validation.
package struct Dim: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// The constant part.
    package let constant: Int
    /// The symbolic part, sorted, without zero coefficients.
    package let terms: [Term]

    /// `coefficient × factors[0] × factors[1] × …`
    package struct Term: Hashable, Sendable {
        package let factors: [Atom]
        package let coefficient: Int
    }

    /// What a polynomial is made of.
    package indirect enum Atom: Hashable, Sendable {
        case symbol(String)
        case floorDivision(Dim, Dim)
        case remainder(Dim, Dim)
        case maximum(Dim, Dim)
        case minimum(Dim, Dim)
    }

    package init(_ value: Int) {
        constant = value
        terms = []
    }

    package init(integerLiteral value: Int) { self.init(value) }

    /// The symbol `name`, bound to a size when a session runs.
    package static func symbol(_ name: String) -> Dim { Dim(atom: .symbol(name)) }

    init(atom: Atom) {
        constant = 0
        terms = [Term(factors: [atom], coefficient: 1)]
    }

    /// - Parameter terms: none of them twice or with coefficient 0, in the order of ``init(constant:unsorted:)``.
    init(constant: Int, sorted terms: [Term]) { (self.constant, self.terms) = (constant, terms) }

    init(constant: Int, unsorted: [Term]) {
        self.constant = constant
        if unsorted.count <= 1 {
            terms = unsorted.filter { $0.coefficient != 0 }
            return
        }
        var sums: [[Atom]: Int] = [:]
        for term in unsorted { sums[term.factors, default: 0] = saturatingAdd(sums[term.factors] ?? 0, term.coefficient) }
        terms = sums.filter { $0.value != 0 }
            .map { (key: $0.key.map(\.description).joined(separator: "*"), term: Term(factors: $0.key, coefficient: $0.value)) }
            .sorted { ($0.term.factors.count, $0.key) < ($1.term.factors.count, $1.key) }
            .map(\.term)
    }

    /// The integer, if the expression has no symbols.
    package var value: Int? { terms.isEmpty ? constant : nil }

    package var isConstant: Bool { terms.isEmpty }

    /// Names of the symbols in the expression.
    package var symbols: Set<String> {
        var found: Set<String> = []
        for term in terms { for factor in term.factors { factor.collectSymbols(into: &found) } }
        return found
    }
}

extension Dim.Atom {
    var operands: [Dim] {
        switch self {
        case .symbol: []
        case .floorDivision(let a, let b), .remainder(let a, let b), .maximum(let a, let b), .minimum(let a, let b): [a, b]
        }
    }

    func collectSymbols(into found: inout Set<String>) {
        if case .symbol(let name) = self { found.insert(name) }
        for operand in operands { found.formUnion(operand.symbols) }
    }
}

package func saturatingAdd(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (a < 0 ? .min / 2 : .max / 2) : sum
}

package func saturatingMultiply(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? ((a < 0) != (b < 0) ? .min / 2 : .max / 2) : product
}

/// Quotient rounded towards minus infinity; 0 for a zero divisor, which callers reject beforehand. Saturates.
func floorDivide(_ a: Int, _ b: Int) -> Int {
    guard b != 0 else { return 0 }
    if b == -1 { return a == .min ? .max : -a }
    let quotient = a / b
    return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient
}

/// `a - b × floorDivide(a, b)`, which has the divisor's sign; 0 for a zero divisor.
func floorRemainder(_ a: Int, _ b: Int) -> Int {
    guard b != 0, b != -1 else { return 0 }
    let remainder = a % b
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
}

/// Whether `b` divides `a`.
func divides(_ b: Int, _ a: Int) -> Bool { b != 0 && floorRemainder(a, b) == 0 }
