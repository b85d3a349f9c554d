import IR

/// An equation of Einstein's summation: a letter for each dimension of each operand, and for those of the result.
///
/// Dimensions under an ellipsis are letters of their own, negative ones: the last is -1, the one before it -2, so that they align at the end.
struct EinsumEquation {
    typealias Letter = Int

    let operands: [[Letter]]
    let result: [Letter]

    init(_ text: String, ranks: [Int]) throws {
        let equation = text.filter { !$0.isWhitespace }
        let sides = equation.split(separator: "->", omittingEmptySubsequences: false).map(String.init)
        guard sides.count <= 2, let left = sides.first else { throw NodeProblem("'\(text)' is no equation") }
        let terms = left.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard terms.count == ranks.count else { throw NodeProblem("'\(text)' has \(terms.count) terms for \(ranks.count) operands") }
        operands = try zip(terms, ranks).map { try EinsumEquation.letters($0, rank: $1) }
        let under = operands.map { $0.filter { $0 < 0 }.count }.max() ?? 0
        if sides.count == 2 {
            result = try EinsumEquation.letters(sides[1], rank: nil, under: under)
        } else {
            // Letters that occur once, in the order of the alphabet, behind the ellipsis.
            let all = operands.joined().filter { $0 >= 0 }
            let once = Set(all).filter { letter in all.filter { $0 == letter }.count == 1 }
            result = Array(-under..<0) + once.sorted()
        }
        let known = Set(operands.joined())
        guard Set(result).isSubset(of: known), Set(result).count == result.count else {
            throw NodeProblem("the result of '\(text)' names a dimension twice, or one that no operand has")
        }
    }

    private static func letters(_ term: String, rank: Int?, under: Int = 0) throws -> [Letter] {
        let parts = term.split(separator: "...", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, parts.joined().allSatisfy({ $0.isASCII && $0.isLetter }) else {
            throw NodeProblem("'\(term)' is no term of an equation")
        }
        let named = parts.map { part in part.unicodeScalars.map { Letter($0.value) } }
        let count = named.reduce(0) { $0 + $1.count }
        guard parts.count == 2 else {
            guard rank == nil || rank == count else { throw NodeProblem("'\(term)' has \(count) letters for \(rank ?? 0) dimensions") }
            return named[0]
        }
        let hidden = rank.map { $0 - count } ?? under
        guard hidden >= 0 else { throw NodeProblem("'\(term)' has \(count) letters for \(rank ?? 0) dimensions") }
        return named[0] + Array(-hidden..<0) + named[1]
    }
}

/// Two operands at a time as a product of matrices, so that it has kernels.
extension OperatorMapping {
    /// A tensor and the letters of its dimensions, all different.
    private struct Term {
        var value: ValueID
        var letters: [EinsumEquation.Letter]
    }

    static func einsum(_ node: inout NodeImport) throws -> ValueID {
        let inputs = try node.allInputs()
        guard let text = try node.string("equation") else { throw NodeProblem("attribute 'equation' is missing") }
        let equation = try EinsumEquation(text, ranks: inputs.map { node.rank($0) })
        var terms = try zip(inputs, equation.operands).map { try diagonal(&node, Term(value: $0, letters: $1)) }
        guard var product = terms.first else { throw NodeProblem("it has no inputs") }
        terms.removeFirst()
        product = try summed(&node, product, keeping: Set(equation.result + terms.flatMap(\.letters)))
        while !terms.isEmpty {
            let next = terms.removeFirst()
            let kept = Set(equation.result + terms.flatMap(\.letters))
            let other = try summed(&node, next, keeping: kept.union(product.letters))
            product = try contracted(&node, try summed(&node, product, keeping: kept.union(other.letters)), other, keeping: kept)
        }
        // A size of 1 that no other operand stretched stays.
        return try node.transpose(product.value, equation.result.compactMap { product.letters.firstIndex(of: $0) })
    }

    /// The diagonal of dimensions with the same letter, one dimension less each time.
    private static func diagonal(_ node: inout NodeImport, _ term: Term) throws -> Term {
        var term = term
        while let (first, second) = repeated(term.letters) {
            let sizes = node.shape(term.value)
            guard sizes[first] == sizes[second] || sizes[first].value == nil || sizes[second].value == nil else {
                throw NodeProblem("dimensions \(sizes[first]) and \(sizes[second]) have the same letter")
            }
            let rank = sizes.count
            let rest = (0..<rank).filter { $0 != first && $0 != second }
            let size = sizes[first]
            let moved = try node.transpose(term.value, rest + [first, second])
            let outer = rest.map { sizes[$0] }
            // Every (size + 1)-th element of the square.
            let flat = try node.reshape(moved, outer + [size * size])
            let steps = try node.binary(
                Mul.self, try node.emit(Iota(size: size)), try node.reshape(try node.vector([size + 1]), []))
            term.value = try node.emit(Gather(axis: rest.count), flat, steps)
            term.letters = rest.map { term.letters[$0] } + [term.letters[first]]
        }
        return term
    }

    private static func repeated(_ letters: [EinsumEquation.Letter]) -> (Int, Int)? {
        for (index, letter) in letters.enumerated() {
            if let second = letters[(index + 1)...].firstIndex(of: letter) { return (index, second) }
        }
        return nil
    }

    /// Without the dimensions that nothing else asks for.
    private static func summed(_ node: inout NodeImport, _ term: Term, keeping kept: Set<EinsumEquation.Letter>) throws -> Term {
        let axes = term.letters.indices.filter { !kept.contains(term.letters[$0]) }
        if axes.isEmpty { return term }
        return Term(
            value: try node.reduce(ReduceSum.self, term.value, axes), letters: term.letters.filter { kept.contains($0) })
    }

    /// Letters of both are batches if the result keeps them and summed if not; the rest are rows of a and columns of b.
    private static func contracted(
        _ node: inout NodeImport, _ a: Term, _ b: Term, keeping kept: Set<EinsumEquation.Letter>
    ) throws -> Term {
        let shared = Set(a.letters).intersection(b.letters)
        let batch = a.letters.filter { shared.contains($0) && kept.contains($0) }
        let depth = a.letters.filter { shared.contains($0) && !kept.contains($0) }
        let rows = a.letters.filter { !shared.contains($0) }
        let columns = b.letters.filter { !shared.contains($0) }
        if depth.isEmpty { return try multiplied(&node, a, b) }
        var (left, right) = (try ordered(&node, a, batch + rows + depth), try ordered(&node, b, batch + depth + columns))
        (left, right) = try stretched(&node, left, right, depth: depth)
        let (m, k) = (try size(&node, left, rows), try size(&node, left, depth))
        let n = try size(&node, right, columns)
        let leftSizes = batch.map { node.shape(left.value)[left.letters.firstIndex(of: $0) ?? 0] }
        let rightSizes = batch.map { node.shape(right.value)[right.letters.firstIndex(of: $0) ?? 0] }
        let (rowSizes, columnSizes) = (sizes(&node, left, rows), sizes(&node, right, columns))
        let operands = try node.emit(
            MatMul(), try node.reshape(left.value, leftSizes + [m, k]), try node.reshape(right.value, rightSizes + [k, n]))
        let batchSizes = Array(node.shape(operands).dropLast(2))
        return Term(value: try node.reshape(operands, batchSizes + rowSizes + columnSizes), letters: batch + rows + columns)
    }

    /// Nothing is summed: a product element by element.
    private static func multiplied(_ node: inout NodeImport, _ a: Term, _ b: Term) throws -> Term {
        let letters = a.letters + b.letters.filter { !a.letters.contains($0) }
        let operands = try [a, b].map { term in
            let own = try ordered(&node, term, letters.filter { term.letters.contains($0) })
            var rest = node.shape(own.value)[...]
            return try node.reshape(own.value, letters.map { term.letters.contains($0) ? rest.popFirst() ?? 1 : 1 })
        }
        return Term(value: try node.binary(Mul.self, operands[0], operands[1]), letters: letters)
    }

    private static func ordered(_ node: inout NodeImport, _ term: Term, _ letters: [EinsumEquation.Letter]) throws -> Term {
        Term(value: try node.transpose(term.value, letters.compactMap { term.letters.firstIndex(of: $0) }), letters: letters)
    }

    /// Summed dimensions of size 1 beside larger ones count as often as those.
    private static func stretched(
        _ node: inout NodeImport, _ a: Term, _ b: Term, depth: [EinsumEquation.Letter]
    ) throws -> (Term, Term) {
        func expanded(_ term: Term, like other: Term) throws -> Term {
            var target = node.shape(term.value)
            for letter in depth {
                guard let own = term.letters.firstIndex(of: letter), let place = other.letters.firstIndex(of: letter) else { continue }
                if target[own].value == 1 { target[own] = node.shape(other.value)[place] }
            }
            return Term(value: try node.expand(term.value, target), letters: term.letters)
        }
        return (try expanded(a, like: b), try expanded(b, like: a))
    }

    private static func sizes(_ node: inout NodeImport, _ term: Term, _ letters: [EinsumEquation.Letter]) -> [Dim] {
        letters.compactMap { letter in term.letters.firstIndex(of: letter).map { node.shape(term.value)[$0] } }
    }

    private static func size(_ node: inout NodeImport, _ term: Term, _ letters: [EinsumEquation.Letter]) throws -> Dim {
        sizes(&node, term, letters).reduce(1, *)
    }
}
