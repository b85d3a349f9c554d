/// Sizes of the symbols of a module, known when a session runs.
package typealias Binding = [String: Int]

/// A symbol without a size, or sizes that contradict each other.
package struct BindingError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}

extension Dim {
    /// The size under `binding`.
    /// - Throws: ``BindingError`` for a symbol that the binding lacks, or a division by zero.
    package func evaluate(_ binding: Binding) throws -> Int {
        var sum = constant
        for term in terms {
            var product = term.coefficient
            for factor in term.factors { product = saturatingMultiply(product, try factor.evaluate(binding)) }
            sum = saturatingAdd(sum, product)
        }
        return sum
    }

    /// The expression with the symbols of `binding` replaced by dims, simplified.
    package func substituting(_ replacements: [String: Dim]) -> Dim {
        if terms.isEmpty { return self }
        return terms.reduce(Dim(constant)) { sum, term in
            sum + term.factors.reduce(Dim(term.coefficient)) { $0 * $1.substituting(replacements) }
        }
    }

    /// Smallest and largest size, given the range of each symbol (default: 0 and up); nil means unbounded.
    package func bounds(_ ranges: [String: ClosedRange<Int>] = [:]) -> (lower: Int?, upper: Int?) {
        var lower: Int? = constant
        var upper: Int? = constant
        for term in terms {
            var low: Int? = 1
            var high: Int? = 1
            for factor in term.factors {
                let range = factor.bounds(ranges)
                guard let factorLow = range.lower, factorLow >= 0 else { (low, high) = (nil, nil); break }
                low = low.map { saturatingMultiply($0, factorLow) }
                high = high.flatMap { h in range.upper.map { saturatingMultiply(h, $0) } }
            }
            if term.coefficient < 0 { (low, high) = (high, low) }
            lower = lower.flatMap { l in low.map { saturatingAdd(l, saturatingMultiply($0, term.coefficient)) } }
            upper = upper.flatMap { u in high.map { saturatingAdd(u, saturatingMultiply($0, term.coefficient)) } }
        }
        return (lower, upper)
    }

    /// Extends `binding` so that this dimension has size `size`.
    ///
    /// Solves expressions that are linear in one unknown symbol, such as `16*h`; others are only checked.
    /// - Throws: ``BindingError`` if no such binding exists.
    package func bind(to size: Int, in binding: inout Binding) throws {
        let known = substituting(binding.mapValues { Dim($0) })
        if let value = known.value {
            guard value == size else {
                throw BindingError("size \(size) contradicts \(self) = \(value), which other inputs or bindings give")
            }
            return
        }
        guard known.terms.count == 1, let term = known.terms.first, term.factors.count == 1,
            case .symbol(let name)? = term.factors.first
        else { throw BindingError("dimension \(self) = \(size) does not determine its symbols; bind them explicitly") }
        let rest = saturatingAdd(size, saturatingMultiply(known.constant, -1))
        let solution = floorDivide(rest, term.coefficient)
        guard divides(term.coefficient, rest), solution >= 0 else {
            throw BindingError("size \(size) does not fit dimension \(self); it must have the form \(known)")
        }
        binding[name] = solution
    }
}

extension Dim.Atom {
    func evaluate(_ binding: Binding) throws -> Int {
        switch self {
        case .symbol(let name):
            guard let size = binding[name] else { throw BindingError("the size of symbol '\(name)' is not known") }
            return size
        case .floorDivision(let a, let b), .remainder(let a, let b):
            let (x, y) = (try a.evaluate(binding), try b.evaluate(binding))
            guard y != 0 else { throw BindingError("division by zero in \(self)") }
            if case .floorDivision = self { return floorDivide(x, y) }
            return floorRemainder(x, y)
        case .maximum(let a, let b): return Swift.max(try a.evaluate(binding), try b.evaluate(binding))
        case .minimum(let a, let b): return Swift.min(try a.evaluate(binding), try b.evaluate(binding))
        }
    }

    func substituting(_ replacements: [String: Dim]) -> Dim {
        switch self {
        case .symbol(let name): return replacements[name] ?? Dim(atom: self)
        case .floorDivision(let a, let b): return a.substituting(replacements).floorDivided(by: b.substituting(replacements))
        case .remainder(let a, let b): return a.substituting(replacements).remainder(by: b.substituting(replacements))
        case .maximum(let a, let b): return .maximum(a.substituting(replacements), b.substituting(replacements))
        case .minimum(let a, let b): return .minimum(a.substituting(replacements), b.substituting(replacements))
        }
    }

    func bounds(_ ranges: [String: ClosedRange<Int>]) -> (lower: Int?, upper: Int?) {
        switch self {
        case .symbol(let name): return ranges[name].map { ($0.lowerBound, $0.upperBound) } ?? (0, nil)
        case .floorDivision(let a, let b):
            // Zero divisors do not evaluate, so a divisor that cannot be negative is at least 1.
            let (range, divisor) = (a.bounds(ranges), b.bounds(ranges))
            guard let least = divisor.lower, least >= 0 else { return (nil, nil) }
            let (small, large) = (Swift.max(least, 1), divisor.upper)
            return (
                range.lower.map { floorDivide($0, $0 < 0 ? small : large ?? .max) },
                range.upper.map { floorDivide($0, $0 < 0 ? large ?? .max : small) }
            )
        case .remainder(_, let b):
            let divisor = b.bounds(ranges)
            guard let least = divisor.lower, least >= 0 else { return (nil, nil) }
            return (0, divisor.upper.map { saturatingAdd($0, -1) })
        case .maximum(let a, let b):
            let (x, y) = (a.bounds(ranges), b.bounds(ranges))
            return ([x.lower, y.lower].compactMap(\.self).max(), both(x.upper, y.upper, Swift.max))
        case .minimum(let a, let b):
            let (x, y) = (a.bounds(ranges), b.bounds(ranges))
            return (both(x.lower, y.lower, Swift.min), [x.upper, y.upper].compactMap(\.self).min())
        }
    }

    private func both(_ x: Int?, _ y: Int?, _ pick: (Int, Int) -> Int) -> Int? { x.flatMap { x in y.map { pick(x, $0) } } }
}
