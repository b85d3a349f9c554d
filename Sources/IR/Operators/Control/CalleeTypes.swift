/// Types of a call: symbols of the called function, seen from its caller.
///
/// A symbol in the types of the function's inputs has the size that the caller's operand has there; any other symbol was born inside
/// and is born anew in the caller. Symbols of the two have nothing to do with each other, whatever their names.
struct CalleeTypes {
    let function: String
    /// What the function takes and gives, its symbols marked as its own.
    let signature: Signature
    /// Whether all operands are known to have the sizes that the function asks for, not only possibly.
    private(set) var isExact = true
    /// Sizes of the function's symbols, marked, in symbols of the caller.
    private var bound: [String: Dim] = [:]
    /// Sizes of the caller that stand for results' sizes which the function decides.
    private var born: [Dim: Dim] = [:]

    /// No symbol in a text begins so: control characters are refused there.
    private static let mark = "\u{1}"

    /// - Throws: ``InferenceError`` if the module lacks the function or it takes another number of inputs.
    init(_ function: String, inputs count: Int, _ context: InferenceContext) throws {
        self.function = function
        let plain = try context.signature(of: function)
        guard plain.inputs.count == count else {
            throw InferenceError("function '\(function)' takes \(plain.inputs.count) inputs, not \(count)")
        }
        signature = Signature(inputs: plain.inputs.map(CalleeTypes.marked), outputs: plain.outputs.map(CalleeTypes.marked))
    }

    private static func marked(_ item: Signature.Item) -> Signature.Item {
        let names = item.type.symbols.subtracting([Dim.anyName])
        let marks = Dictionary(names.map { ($0, Dim.symbol(mark + $0)) }, uniquingKeysWith: { first, _ in first })
        return Signature.Item(name: item.name, type: item.type.substituting(marks))
    }

    /// Sizes of the function's symbols, by their own names.
    var sizes: [String: Dim] {
        Dictionary(bound.map { (String($0.key.dropFirst(CalleeTypes.mark.count)), $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Input `index` gets a value of `type`.
    /// - Throws: ``InferenceError`` if it cannot take one.
    mutating func give(_ type: ValueType, to index: Int) throws {
        let input = signature.inputs[index]
        guard bind(input.type, type) else {
            let wanted = "\(input.type)".replacing("\"\(CalleeTypes.mark)", with: "\"")
            throw InferenceError("input '\(input.name)' of function '\(function)' must be \(wanted), not \(type)")
        }
    }

    private mutating func bind(_ wanted: ValueType, _ given: ValueType) -> Bool {
        switch (wanted, given) {
        case (.tensor(let a), .tensor(let b)):
            if a.isOfAnyRank { return a.accepts(b) }
            guard a.dtype == b.dtype, a.quantization == b.quantization, a.rank == b.rank, !b.isOfAnyRank else { return false }
            return zip(a.shape, b.shape).allSatisfy { bind($0, $1) }
        case (.sequence(let a), .sequence(let b)), (.optional(let a), .optional(let b)): return bind(a, b)
        default: return false
        }
    }

    /// Solves `wanted` for one unknown symbol; what has none must be equal, or cannot be compared before it runs.
    private mutating func bind(_ wanted: Dim, _ given: Dim) -> Bool {
        if wanted == .any { return true }
        if given == .any { return false }
        let known = wanted.substituting(bound)
        if known == given { return true }
        if known.symbols.contains(where: isUnbound), solve(known, given) { return true }
        isExact = false
        return known.symbols.contains(where: isUnbound) || (known - given).value == nil
    }

    private func isUnbound(_ symbol: String) -> Bool { symbol.hasPrefix(CalleeTypes.mark) }

    /// `16*h + 3` given `16*g + 19` makes h be `g + 1`.
    private mutating func solve(_ wanted: Dim, _ given: Dim) -> Bool {
        guard wanted.terms.count == 1, let term = wanted.terms.first, term.factors.count == 1, case .symbol(let name)? = term.factors.first,
            isUnbound(name), let size = (given - Dim(wanted.constant)).exactQuotient(by: Dim(term.coefficient))
        else { return false }
        bound[name] = size
        return true
    }

    /// Says that these symbols, marked, have other sizes from one call to the next.
    mutating func forget(_ symbols: Set<String>) {
        for name in symbols { bound[name] = nil }
    }

    /// The caller's type of a value of the function's marked `type`: sizes that inputs do not decide are new.
    mutating func result(_ type: ValueType, _ context: inout InferenceContext) throws -> ValueType {
        guard type.isTensor else { return type.substituting(bound).forgetting { isUnbound($0) } }
        return try type.mapElement { tensor in tensor.with(shape: try tensor.shape.map { try size($0, &context) }) }
    }

    private mutating func size(_ dim: Dim, _ context: inout InferenceContext) throws -> Dim {
        if dim.symbols.isSubset(of: bound.keys) { return dim.substituting(bound) }
        if let known = born[dim] { return known }
        let new = try context.newSize()
        born[dim] = new
        return new
    }
}

extension Dim {
    /// The symbol that this size is, if it is one alone.
    var symbolName: String? {
        guard constant == 0, terms.count == 1, let term = terms.first, term.coefficient == 1, term.factors.count == 1,
            case .symbol(let name)? = term.factors.first
        else { return nil }
        return name
    }
}

extension ValueType {
    /// The same with ``Dim/any`` for every size that has a symbol which `isForgotten`.
    func forgetting(_ isForgotten: (String) -> Bool) -> ValueType {
        mapElement { type in type.with(shape: type.shape.map { $0.symbols.contains(where: isForgotten) ? .any : $0 }) }
    }

    /// A type of which values of both are.
    /// - Parameters:
    ///   - born: Symbols that are like no other, not even where their names are.
    ///   - isInside: Whether the values are items, which may differ in rank.
    ///   - differing: Gives the size where the two differ.
    /// - Throws: ``InferenceError`` if there is none.
    func joined(
        _ other: ValueType, born: Set<String> = [], inside isInside: Bool = false, _ differing: () throws -> Dim
    ) throws -> ValueType {
        switch (self, other) {
        case (.tensor(let a), .tensor(let b)):
            if isInside, a.dtype == b.dtype, a.quantization == b.quantization, a.rank != b.rank || a.isOfAnyRank || b.isOfAnyRank {
                return .tensor(a.with(shape: TensorType.anyShape))
            }
            guard a.dtype == b.dtype, a.quantization == b.quantization, a.rank == b.rank else { break }
            let shape = try zip(a.shape, b.shape).map { x, y in x == y && x.symbols.isDisjoint(with: born) ? x : try differing() }
            return .tensor(a.with(shape: shape))
        case (.sequence(let a), .sequence(let b)): return .sequence(try a.joined(b, born: born, inside: true) { .any })
        case (.optional(let a), .optional(let b)): return .optional(try a.joined(b, born: born, inside: isInside) { .any })
        default: break
        }
        throw InferenceError("\(self) and \(other) cannot be one result")
    }
}

extension [Datum?] {
    /// All operands, none of which may be absent.
    func required(_ op: String) throws -> [Datum] {
        try enumerated().map { index, value in
            guard let value else { throw EvaluationError("operand \(index) is missing") }
            return value
        }
    }
}
