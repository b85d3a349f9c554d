/// Types of a call: symbols of the called function, seen from its caller.
///
/// A symbol in the types of the function's inputs has the size that the caller's operand has there; any other symbol was born inside
/// and is born anew in the caller.
struct CalleeTypes {
    let function: String
    let signature: Signature
    /// Sizes of the function's symbols, in symbols of the caller.
    private(set) var sizes: [String: Dim] = [:]
    /// Sizes of the caller that stand for results' sizes which the function decides.
    private var born: [Dim: Dim] = [:]

    /// - Throws: ``InferenceError`` if the module lacks the function or it takes another number of inputs.
    init(_ function: String, inputs count: Int, _ context: InferenceContext) throws {
        self.function = function
        signature = try context.signature(of: function)
        guard signature.inputs.count == count else {
            throw InferenceError("function '\(function)' takes \(signature.inputs.count) inputs, not \(count)")
        }
    }

    /// Input `index` gets a value of `type`.
    /// - Throws: ``InferenceError`` if it cannot take one.
    mutating func give(_ type: ValueType, to index: Int) throws {
        let input = signature.inputs[index]
        guard try bind(input.type, type) else {
            throw InferenceError("input '\(input.name)' of function '\(function)' must be \(input.type), not \(type)")
        }
    }

    private mutating func bind(_ wanted: ValueType, _ given: ValueType) throws -> Bool {
        switch (wanted, given) {
        case (.tensor(let a), .tensor(let b)):
            guard a.dtype == b.dtype, a.quantization == b.quantization, a.rank == b.rank else { return false }
            return zip(a.shape, b.shape).allSatisfy { bind($0, $1) }
        case (.sequence(let a), .sequence(let b)), (.optional(let a), .optional(let b)): return a.accepts(b)
        default: return false
        }
    }

    /// Solves `wanted` for one unknown symbol; what has none must be equal, or cannot be compared before it runs.
    private mutating func bind(_ wanted: Dim, _ given: Dim) -> Bool {
        if let name = wanted.symbolName, sizes[name] == nil {
            sizes[name] = given
            return true
        }
        let known = wanted.substituting(sizes)
        if known == given { return true }
        guard known.symbols.isSubset(of: Set(sizes.values.flatMap(\.symbols)).union(given.symbols)) else { return solve(known, given) }
        return (known - given).value == nil
    }

    /// `16*h + 3` given `16*g + 19` makes h be `g + 1`.
    private mutating func solve(_ wanted: Dim, _ given: Dim) -> Bool {
        guard wanted.terms.count == 1, let term = wanted.terms.first, term.factors.count == 1, case .symbol(let name)? = term.factors.first,
            let size = (given - Dim(wanted.constant)).exactQuotient(by: Dim(term.coefficient))
        else { return (wanted - given).value == nil }
        sizes[name] = size
        return true
    }

    /// Says that these symbols have other sizes from one call to the next.
    mutating func forget(_ symbols: Set<String>) {
        for name in symbols { sizes[name] = nil }
    }

    /// The caller's type of a value of the function's `type`: sizes that inputs do not decide are new.
    mutating func result(_ type: ValueType, _ context: inout InferenceContext) throws -> ValueType {
        guard type.isTensor else { return type.substituting(sizes).forgetting(type.symbols.subtracting(sizes.keys)) }
        return try type.mapElement { tensor in tensor.with(shape: try tensor.shape.map { try size($0, &context) }) }
    }

    private mutating func size(_ dim: Dim, _ context: inout InferenceContext) throws -> Dim {
        if dim.symbols.isSubset(of: sizes.keys) { return dim.substituting(sizes) }
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
    /// The same with ``Dim/any`` for every size that has one of `symbols`.
    func forgetting(_ symbols: Set<String>) -> ValueType {
        symbols.isEmpty ? self : mapElement { $0.with(shape: $0.shape.map { $0.symbols.isDisjoint(with: symbols) ? $0 : .any }) }
    }

    /// A type of which values of both are.
    /// - Parameter differing: Gives the size where the two differ.
    /// - Throws: ``InferenceError`` if there is none.
    func joined(_ other: ValueType, _ differing: () throws -> Dim) throws -> ValueType {
        switch (self, other) {
        case (.tensor(let a), .tensor(let b)):
            guard a.dtype == b.dtype, a.quantization == b.quantization, a.rank == b.rank else { break }
            return .tensor(a.with(shape: try zip(a.shape, b.shape).map { $0 == $1 ? $0 : try differing() }))
        case (.sequence(let a), .sequence(let b)): return .sequence(try a.joined(b) { .any })
        case (.optional(let a), .optional(let b)): return .optional(try a.joined(b) { .any })
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
