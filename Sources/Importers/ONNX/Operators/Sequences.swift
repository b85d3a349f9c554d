import Formats
import IR

/// Sequences and optionals.
extension OperatorMapping {
    static let sequences: [OperatorMapping] = [
        .one("SequenceConstruct") { try $0.emit(SequenceConstruct(), try $0.allInputs()) },
        .one("SequenceEmpty") { node in
            // The rank of its items shows where something is put into it.
            let dtype = try node.dtypeAttribute("dtype") ?? .f32
            let value = try node.emit(SequenceEmpty(of: .tensor(TensorType(dtype, []))))
            node.scope.empties[value] = Emptiness(kind: .sequence)
            return value
        },
        .one("SequenceInsert") { node in
            try SequenceImport.insert(try node.input(1), into: try node.input(0), at: node.optional(2), in: node.scope)
        },
        .one("SequenceErase") { try $0.emit(SequenceErase(), try $0.input(0), $0.optional(1)) },
        .one("SequenceAt") { try $0.emit(SequenceAt(), try $0.input(0), try $0.input(1)) },
        .one("SequenceLength") { try $0.emit(SequenceLength(), try $0.input(0)) },
        .one("SplitToSequence") { node in
            let x = try node.input(0)
            let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
            return try node.emit(SplitToSequence(axis: axis, keepDims: try node.flag("keepdims", true)), x, node.optional(1))
        },
        .one("ConcatFromSequence") { node in
            guard let axis = try node.int("axis") else { throw NodeProblem("attribute 'axis' is missing") }
            return try node.emit(ConcatFromSequence(axis: axis, isNew: try node.flag("new_axis", false)), try node.input(0))
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

enum SequenceImport {
    /// A sequence with one item more. Of an empty one only the element type is certain; it becomes one of such items.
    static func insert(_ item: ValueID, into sequence: ValueID, at position: ValueID?, in scope: ONNXScope) throws -> ValueID {
        let wanted = ValueType.sequence(scope.graph.valueType(of: item))
        let list = scope.graph.valueType(of: sequence).mayJoin(wanted) ? sequence : try scope.retyped(sequence, as: wanted) ?? sequence
        return try scope.graph.apply(SequenceInsert(), [list, item, position], name: "insert")
    }

    static func optional(_ node: inout NodeImport) throws -> ValueID {
        if let x = node.optional(0) {
            let value = try node.emit(OptionalWrap(of: node.valueType(x)), x)
            if let empty = node.scope.empties[x] { node.scope.empties[value] = Emptiness(kind: .some(empty.kind), assumedBy: empty.assumedBy) }
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
