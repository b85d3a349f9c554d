import Formats
import IR

/// Functions for the bodies of If, Loop and Scan.
extension ONNXScope {
    /// An empty function for `source`, which sees the names that are visible here.
    func body(for source: ONNXGraph, named title: String) -> ONNXScope {
        let body = ONNXScope(builder, name: title, opsets: opsets, parent: self)
        body.addInitializers(of: source)
        return body
    }

    /// Puts the finished function into the module; gives its name.
    func keep(like title: String) -> String {
        graph.name = builder.functionName(like: title)
        builder.keep(self)
        return graph.name
    }

    /// An input of the body for values of a type of the function around.
    /// - Parameter varying: Dimensions whose sizes are others in each call.
    func addInput(_ name: String, _ type: ValueType, varying: Set<Int> = []) throws -> ValueID {
        try graph.addInput(uniqueInput(name.isEmpty ? "input" : name), localType(of: type, varying: varying))
    }

    private func uniqueInput(_ name: String) -> String {
        var (candidate, number) = (name, 1)
        while graph.input(named: candidate) != nil {
            number += 1
            candidate = "\(name)#\(number)"
        }
        return candidate
    }

    // MARK: Captures

    /// A value of the function around: a further input of this one. What is known of it needs none.
    func capture(_ outer: ValueID, of parent: ONNXScope, _ name: String) throws -> ValueID {
        if let key = parent.graph.constantKey(of: outer) { return try graph.constant(key, parent.graph.type(of: outer)) }
        if let tensor = parent.constantTensor(outer), tensor.count <= IntegerValues.most { return try constant(tensor, named: name) }
        if let sizes = try capturedSizes(outer, of: parent, name) { return sizes }
        return try capture(value: outer, of: parent, name)
    }

    func capture(value outer: ValueID, of parent: ONNXScope, _ name: String) throws -> ValueID {
        if let index = captures.firstIndex(of: outer) { return graph.inputs[graph.inputs.count - captures.count + index] }
        let value = try graph.addInput(uniqueInput("\(name)#outer"), localType(of: parent.graph.valueType(of: outer)))
        captures.append(outer)
        empties[value] = parent.empties[outer]
        return value
    }

    /// Integers that sizes decide are expressions of the same sizes inside.
    private func capturedSizes(_ outer: ValueID, of parent: ONNXScope, _ name: String) throws -> ValueID? {
        let type = parent.graph.valueType(of: outer)
        guard let tensor = type.tensor, tensor.dtype == .i64 || tensor.dtype == .i32, tensor.shape.allSatisfy({ $0.value != nil }),
            let known = parent.integers(outer), !known.isEmpty
        else { return nil }
        for symbol in known.reduce(into: Set<String>(), { $0.formUnion($1.symbols) }).sorted() where localSizes[.symbol(symbol)] == nil {
            guard let holder = parent.holder(of: .symbol(symbol)) else { return nil }
            _ = try capture(value: holder, of: parent, symbol)
        }
        let sizes = known.map { localSize($0) }
        var result = try graph.apply(Shape(sizes), [], name: name)
        if tensor.rank != 1 { result = try graph.apply(Reshape(tensor.shape), [result], name: name) }
        return tensor.dtype == .i64 ? result : try graph.apply(Cast(to: tensor.dtype), [result], name: name)
    }

    /// A tensor that has a dimension of that size.
    private func holder(of size: Dim) -> ValueID? {
        func holds(_ value: ValueID) -> Bool { graph.valueType(of: value).tensor?.shape.contains(size) ?? false }
        if let input = graph.inputs.first(where: holds) { return input }
        for node in graph.nodes { if let value = node.outputs.first(where: holds) { return value } }
        return nil
    }

    /// Takes what `other`, a body of the same function, takes, as far as this one does not yet.
    func takeCaptures(of other: ONNXScope) throws {
        guard let parent else { return }
        let names = other.graph.inputs.suffix(other.captures.count).map { other.graph.inputName(of: $0) ?? "" }
        for (outer, name) in zip(other.captures, names) {
            _ = try capture(value: outer, of: parent, name.hasSuffix("#outer") ? String(name.dropLast(6)) : name)
        }
    }

    // MARK: Sizes

    /// The type with symbols of this function in place of the other's sizes: equal ones stay equal.
    func localType(of type: ValueType, varying: Set<Int> = []) -> ValueType {
        if type.element.isOfAnyRank { return type }
        return type.mapElement { tensor in
            tensor.with(
                shape: tensor.shape.enumerated().map { index, dim in
                    if varying.contains(index) { return newSymbol("v") }
                    return dim.value != nil || dim == .any ? dim : localSize(dim)
                })
        }
    }

    /// A size of the function around as one of this: a symbol keeps its name, an expression of known symbols stays one.
    private func localSize(_ dim: Dim) -> Dim {
        if dim.value != nil { return dim }
        if let known = localSizes[dim] { return known }
        let symbols = dim.symbols
        if dim != .symbol(symbols.first ?? ""), symbols.allSatisfy({ localSizes[.symbol($0)] != nil }) {
            return dim.substituting(
                Dictionary(uniqueKeysWithValues: symbols.compactMap { name in localSizes[.symbol(name)].map { (name, $0) } }))
        }
        let isPlain = dim == .symbol(symbols.first ?? "")
        let local = isPlain ? newSymbol(symbols.first ?? "d", bare: true) : newSymbol("d")
        localSizes[dim] = local
        return local
    }

    private func newSymbol(_ name: String, bare: Bool = false) -> Dim {
        var taken = graph.bornSizes
        for input in graph.inputs { taken.formUnion(graph.valueType(of: input).symbols) }
        for size in localSizes.values { taken.formUnion(size.symbols) }
        taken.formUnion(reservedSymbols)
        var (candidate, number) = (bare ? name : "\(name)0", bare ? 1 : 0)
        while taken.contains(candidate) {
            number += 1
            candidate = bare ? "\(name).\(number)" : "\(name)\(number)"
        }
        reservedSymbols.insert(candidate)
        return .symbol(candidate)
    }
}

/// What is known of a value that holds nothing. ONNX says the element type of an empty sequence, not the rank of what it is for; since
/// nothing is in it, it can be made anew with the type that its first reader asks for.
indirect enum EmptyValue: Equatable {
    case sequence
    case nothing
    /// An optional that holds an empty value.
    case some(EmptyValue)

    /// nil if there is something in `value`.
    init?(of value: Datum) {
        switch value {
        case .sequence(let items) where items.isEmpty: self = .sequence
        case .optional(nil): self = .nothing
        case .optional(let inner?):
            guard let empty = EmptyValue(of: inner) else { return nil }
            self = .some(empty)
        default: return nil
        }
    }
}

/// That a value holds nothing.
struct Emptiness {
    let kind: EmptyValue
    /// The body of which this is true in its first call only.
    var assumedBy: ONNXScope?
}

extension ONNXScope {
    /// An empty value in place of `value`, for contents of the type `type` has; nil if `value` may not be empty, or not of that kind.
    func retyped(_ value: ValueID, as type: ValueType) throws -> ValueID? {
        guard let empty = empties[value], let made = try make(empty.kind, type.withoutSymbols) else { return nil }
        empty.assumedBy?.assumesEmpty = true
        empties[made] = empty
        return made
    }

    private func make(_ empty: EmptyValue, _ type: ValueType) throws -> ValueID? {
        switch (empty, type) {
        case (.sequence, .sequence(let item)): try graph.apply(SequenceEmpty(of: item), [], name: "empty")
        case (.nothing, .optional(let inner)): try graph.apply(OptionalWrap(of: inner), [], name: "nothing")
        case (.some(let content), .optional(let inner)):
            try make(content, inner).map { try graph.apply(OptionalWrap(of: inner), [$0], name: "optional") }
        default: nil
        }
    }
}

extension ValueType {
    /// The same with sizes that are known alone; others may differ.
    var withoutSymbols: ValueType {
        mapElement { type in type.isOfAnyRank ? type : type.with(shape: type.shape.map { $0.value == nil ? .any : $0 }) }
    }
}
