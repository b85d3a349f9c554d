extension Dim {
    package static func + (a: Dim, b: Dim) -> Dim {
        let constant = saturatingAdd(a.constant, b.constant)
        if a.isConstant { return Dim(constant: constant, sorted: b.terms) }
        if b.isConstant { return Dim(constant: constant, sorted: a.terms) }
        return Dim(constant: constant, unsorted: a.terms + b.terms)
    }

    package static func - (a: Dim, b: Dim) -> Dim { a + b * Dim(-1) }

    package static func * (a: Dim, b: Dim) -> Dim {
        if let x = a.value { return b.multiplied(by: x) }
        if let y = b.value { return a.multiplied(by: y) }
        var products: [Term] = []
        for x in a.allTerms {
            for y in b.allTerms {
                let factors = (x.factors + y.factors).sorted { $0.description < $1.description }
                products.append(Term(factors: factors, coefficient: saturatingMultiply(x.coefficient, y.coefficient)))
            }
        }
        let constant = products.filter(\.factors.isEmpty).reduce(0) { saturatingAdd($0, $1.coefficient) }
        return Dim(constant: constant, unsorted: products.filter { !$0.factors.isEmpty })
    }

    private func multiplied(by factor: Int) -> Dim {
        if factor == 0 { return 0 }
        let products = terms.map { Term(factors: $0.factors, coefficient: saturatingMultiply($0.coefficient, factor)) }
        return Dim(constant: saturatingMultiply(constant, factor), sorted: products)
    }

    private var allTerms: [Term] { constant == 0 ? terms : terms + [Term(factors: [], coefficient: constant)] }

    /// `floor(self / divisor)`. Multiples of a constant divisor leave the floor, so `(16*h + 3) // 16 == h`.
    package func floorDivided(by divisor: Dim) -> Dim {
        if divisor.value == 1 { return self }
        if let x = value, let y = divisor.value { return Dim(floorDivide(x, y)) }
        if self == divisor { return 1 }
        guard let d = divisor.value, d > 0 else {
            return exactQuotient(by: divisor) ?? Dim(atom: .floorDivision(self, divisor))
        }
        let (whole, rest) = split(byMultiplesOf: d)
        if let restValue = rest.value { return whole + Dim(floorDivide(restValue, d)) }
        return whole + Dim(atom: .floorDivision(rest, divisor))
    }

    /// `self - divisor × floor(self / divisor)`.
    package func remainder(by divisor: Dim) -> Dim {
        if self == divisor || divisor.value == 1 { return 0 }
        guard let d = divisor.value, d > 0 else {
            return exactQuotient(by: divisor) == nil ? Dim(atom: .remainder(self, divisor)) : 0
        }
        let rest = split(byMultiplesOf: d).rest
        if let restValue = rest.value { return Dim(floorRemainder(restValue, d)) }
        return Dim(atom: .remainder(rest, divisor))
    }

    /// `ceil(self / divisor)`.
    package func ceilDivided(by divisor: Dim) -> Dim { (self + divisor - 1).floorDivided(by: divisor) }

    package static func maximum(_ a: Dim, _ b: Dim) -> Dim {
        if let x = a.value, let y = b.value { return Dim(Swift.max(x, y)) }
        if let difference = (a - b).value { return difference >= 0 ? a : b }
        // max(min(x, b), b) = b, max(max(x, b), b) = max(x, b).
        for (one, other) in [(a, b), (b, a)] {
            switch one.soleAtom {
            case .minimum(let x, let y)? where x == other || y == other: return other
            case .maximum(let x, let y)? where x == other || y == other: return one
            default: break
            }
        }
        return Dim(atom: a.description < b.description ? .maximum(a, b) : .maximum(b, a))
    }

    package static func minimum(_ a: Dim, _ b: Dim) -> Dim {
        if let x = a.value, let y = b.value { return Dim(Swift.min(x, y)) }
        if let difference = (a - b).value { return difference <= 0 ? a : b }
        for (one, other) in [(a, b), (b, a)] {
            switch one.soleAtom {
            case .maximum(let x, let y)? where x == other || y == other: return other
            case .minimum(let x, let y)? where x == other || y == other: return one
            default: break
            }
        }
        return Dim(atom: a.description < b.description ? .minimum(a, b) : .minimum(b, a))
    }

    /// The atom that this is and nothing else.
    private var soleAtom: Atom? {
        guard constant == 0, terms.count == 1, terms[0].coefficient == 1, terms[0].factors.count == 1 else { return nil }
        return terms[0].factors[0]
    }

    /// `(whole, rest)` with `self == d × whole + rest`, where `whole` takes of every term what `d` divides: so that it is the same whether
    /// sizes are put in before or after.
    private func split(byMultiplesOf d: Int) -> (whole: Dim, rest: Dim) {
        let whole = Dim(constant: 0, unsorted: terms.map { Term(factors: $0.factors, coefficient: $0.coefficient / d) })
        let others = terms.filter { $0.coefficient % d != 0 }
        if others.isEmpty { return (whole + Dim(floorDivide(constant, d)), Dim(floorRemainder(constant, d))) }
        let rest = others.map { Term(factors: $0.factors, coefficient: $0.coefficient % d) }
        return (whole + Dim(constant / d), Dim(constant: constant % d, unsorted: rest))
    }

    /// `self / divisor` when the divisor is a factor of this polynomial: `(n² + n) / (n + 1)`; nil if that is not found.
    private func polynomialQuotient(by divisor: Dim) -> Dim? {
        func leading(_ dim: Dim) -> Term? {
            dim.terms.max { ($0.factors.count, "\($0.factors)") < ($1.factors.count, "\($1.factors)") }
        }
        guard let lead = leading(divisor), !terms.isEmpty else { return nil }
        var (rest, quotient): (Dim, Dim) = (self, 0)
        for _ in 0..<16 {
            if rest == 0 { return quotient }
            guard let next = leading(rest),
                let part = Dim(constant: 0, unsorted: [next]).exactQuotient(by: Dim(constant: 0, unsorted: [lead]))
            else { return nil }
            quotient = quotient + part
            rest = rest - part * divisor
        }
        return nil
    }

    /// `self / divisor` when the divisor divides it, else nil.
    package func exactQuotient(by divisor: Dim) -> Dim? {
        if let d = divisor.value {
            guard divides(d, constant), terms.allSatisfy({ divides(d, $0.coefficient) }) else { return nil }
            let quotients = terms.map { Term(factors: $0.factors, coefficient: floorDivide($0.coefficient, d)) }
            return Dim(constant: floorDivide(constant, d), unsorted: quotients)
        }
        if self == divisor { return 1 }
        guard divisor.terms.count == 1, divisor.constant == 0 else { return polynomialQuotient(by: divisor) }
        guard constant == 0, let by = divisor.terms.first else { return nil }
        var quotient: [Term] = []
        for term in terms {
            var factors = term.factors
            for factor in by.factors {
                guard let index = factors.firstIndex(of: factor) else { return nil }
                factors.remove(at: index)
            }
            guard divides(by.coefficient, term.coefficient) else { return nil }
            quotient.append(Term(factors: factors, coefficient: floorDivide(term.coefficient, by.coefficient)))
        }
        let constant = quotient.filter(\.factors.isEmpty).reduce(0) { saturatingAdd($0, $1.coefficient) }
        return Dim(constant: constant, unsorted: quotient.filter { !$0.factors.isEmpty })
    }
}
