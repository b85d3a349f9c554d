import Formats
import IR

/// Sequences and optionals.
extension OperatorMapping {
    static let sequences: [OperatorMapping] = [
        .one("SequenceConstruct") { node in
            let items = try node.allInputs()
            return try node.sequence(try node.emit(SequenceConstruct(), items), of: items)
        },
        .one("SequenceEmpty") { node in
            // The rank of its items shows where something is put into it.
            let dtype = try node.dtypeAttribute("dtype") ?? .f32
            let value = try node.emit(SequenceEmpty(of: .tensor(TensorType(dtype, []))))
            node.scope.empties[value] = Emptiness(kind: .sequence)
            return try node.sequence(value, of: [])
        },
        .one("SequenceInsert") { node in
            let (list, item) = (try node.input(0), try node.input(1))
            let result = try SequenceImport.insert(item, into: list, at: node.optional(2), in: node.scope)
            guard var items = node.scope.items[list], let place = node.place(2, in: items.count, orElse: items.count), place <= items.count
            else {
                return result
            }
            items.insert(item, at: place)
            return try node.sequence(result, of: items)
        },
        .one("SequenceErase") { node in
            let list = try node.input(0)
            let result = try node.emit(SequenceErase(), list, node.optional(1))
            guard var items = node.scope.items[list], let place = node.place(1, in: items.count, orElse: items.count - 1),
                items.indices.contains(place)
            else { return result }
            items.remove(at: place)
            return try node.sequence(result, of: items)
        },
        .one("SequenceAt") { node in
            let list = try node.input(0)
            if let items = node.scope.items[list], let place = node.place(1, in: items.count, orElse: 0), items.indices.contains(place) {
                return items[place]
            }
            return try node.emit(SequenceAt(), list, try node.input(1))
        },
        .one("SequenceLength") { node in
            let list = try node.input(0)
            if let items = node.scope.items[list] { return try node.scalar(items.count) }
            return try node.emit(SequenceLength(), list)
        },
        .one("SplitToSequence") { node in try SequenceImport.split(&node) },
        .one("ConcatFromSequence") { node in
            guard let axis = try node.int("axis") else { throw NodeProblem("attribute 'axis' is missing") }
            let (list, isNew) = (try node.input(0), try node.flag("new_axis", false))
            guard let items = node.scope.items[list], let first = items.first else {
                return try node.emit(ConcatFromSequence(axis: axis, isNew: isNew), list)
            }
            let place = try node.axis(axis, of: node.rank(first) + (isNew ? 1 : 0))
            let parts = try isNew ? items.map { try node.unsqueeze($0, place) } : items
            return try node.concat(try node.matched(parts, besides: place), axis: place)
        },
        .one("Optional") { node in try SequenceImport.optional(&node) },
        .one("OptionalHasElement") { node in
            guard let x = node.optional(0) else { return try node.constant(Tensor(bools: [false], [])) }
            if let known = SequenceImport.hasElement(x, node.scope) { return try node.constant(Tensor(bools: [known], [])) }
            return try node.emit(OptionalHas(), x)
        },
        .one("OptionalGetElement") { node in
            let x = try node.input(0)
            guard case .optional = node.valueType(x) else { return x }
            if let wrap = node.scope.graph.producer(of: x), wrap.op is OptionalWrap, let inner = wrap.inputs.first ?? nil { return inner }
            let value = try node.emit(OptionalGet(), x)
            if let empty = node.scope.empties[x], case .some(let inner) = empty.kind {
                node.scope.empties[value] = Emptiness(kind: inner, assumedBy: empty.assumedBy)
            }
            return value
        },
    ]
}

extension NodeImport {
    /// `value` as a sequence of which it is known what is in it.
    fileprivate func sequence(_ value: ValueID, of items: [ValueID]) throws -> ValueID {
        scope.items[value] = items
        return value
    }

    /// The position that input `index` says, from the front; nil if it is not known.
    fileprivate func place(_ index: Int, in count: Int, orElse other: Int) -> Int? {
        guard let given = optional(index) else { return other }
        guard let known = scope.integers(given)?.first?.value else { return nil }
        return known < 0 ? known + count : known
    }
}

enum SequenceImport {
    /// Parts of which it is known how many there are can be picked by number.
    static func split(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
        let keepsDims = try node.flag("keepdims", true)
        let result = try node.emit(SplitToSequence(axis: axis, keepDims: keepsDims), x, node.optional(1))
        let size = node.shape(x)[axis]
        guard let sizes = sizes(node, of: size), sizes.count <= IntegerValues.most else { return result }
        var items = try node.add(Split(axis: axis, sizes: sizes), x)
        if node.optional(1) == nil, !keepsDims { items = try items.map { try node.squeeze($0, axis) } }
        return try node.sequence(result, of: items)
    }

    private static func sizes(_ node: NodeImport, of size: Dim) -> [Dim]? {
        guard let given = node.optional(1) else { return size.value.map { [Dim](repeating: 1, count: $0) } }
        guard let known = node.known(given) else { return nil }
        if node.rank(given) == 1 { return known }
        guard let each = known.first?.value, each > 0, let whole = size.value else { return nil }
        return stride(from: 0, to: whole, by: each).map { Dim(min(each, whole - $0)) }
    }

    /// A sequence with one item more. Of an empty one only the element type is certain; it becomes one of such items.
    static func insert(_ item: ValueID, into sequence: ValueID, at position: ValueID?, in scope: ONNXScope) throws -> ValueID {
        let wanted = ValueType.sequence(scope.graph.valueType(of: item))
        let list = scope.graph.valueType(of: sequence).mayJoin(wanted) ? sequence : try scope.retyped(sequence, as: wanted) ?? sequence
        return try scope.graph.apply(SequenceInsert(), [list, item, position], name: "insert")
    }

    static func optional(_ node: inout NodeImport) throws -> ValueID {
        if let x = node.optional(0) {
            let value = try node.emit(OptionalWrap(of: node.valueType(x)), x)
            if let empty = node.scope.empties[x] {
                node.scope.empties[value] = Emptiness(kind: .some(empty.kind), assumedBy: empty.assumedBy)
            }
            return value
        }
        guard case .type(let declared)? = node.attribute("type") else { throw NodeProblem("it has neither a value nor a type") }
        guard let inner = type(declared) else { throw NodeProblem("optionals of such a type are not supported") }
        let value = try node.emit(OptionalWrap(of: inner.withoutSymbols))
        node.scope.empties[value] = Emptiness(kind: .nothing)
        return value
    }

    /// A type whose rank may be left open: nothing of it will be there.
    private static func type(_ declared: ONNXType) -> ValueType? {
        switch declared {
        case .tensor(let number, let shape): DType(onnx: number).map { .tensor(TensorType($0, (shape ?? []).map { _ in .any })) }
        case .sequence(let item): type(item).map { .sequence($0) }
        case .optional(let inner): type(inner)
        default: nil
        }
    }

    /// Whether there is a value, as far as that is known when the graph is made.
    static func hasElement(_ value: ValueID, _ scope: ONNXScope) -> Bool? {
        guard case .optional = scope.graph.valueType(of: value) else { return true }
        if let empty = scope.empties[value], empty.assumedBy == nil { return empty.kind != .nothing }
        guard let node = scope.graph.producer(of: value), node.op is OptionalWrap else { return nil }
        return (node.inputs.first ?? nil) != nil
    }
}
