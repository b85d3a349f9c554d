extension Check {
    /// Operand `index`, which must be a sequence: the type of its items.
    static func sequence(_ operands: [ValueType?], _ index: Int = 0) throws -> ValueType {
        guard index < operands.count, case .sequence(let item)? = operands[index] else {
            let type = index < operands.count ? operands[index] : nil
            throw InferenceError("operand \(index) must be a sequence, not \(type.map(\.description) ?? "absent")")
        }
        return item
    }

    /// Items of operand `index`.
    static func sequence(_ operands: [Datum?], _ index: Int = 0) throws -> [Datum] {
        guard index < operands.count, case .sequence(let items)? = operands[index] else {
            throw EvaluationError("operand \(index) must be a sequence")
        }
        return items
    }

    static func count(_ operands: [ValueType?], _ range: ClosedRange<Int>) throws {
        guard !range.contains(operands.count) else { return }
        throw InferenceError(
            "\(operands.count) operands given; it takes \(range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range)")")
    }

    /// One position in a sequence: an integer tensor of one element.
    static func position(_ operands: [ValueType?], _ index: Int) throws {
        let type = try tensor(operands, index, "position")
        guard type.dtype == .i64 || type.dtype == .i32, type.rank <= 1 else {
            throw InferenceError("position must be one i64 or i32, not \(type)")
        }
    }

    /// Operand `index` counted from the front of `count` items; negative ones count from the end.
    static func position(_ operands: [Datum?], _ index: Int, in count: Int) throws -> Int {
        let given = try integer(operands[index], "position")
        let position = given < 0 ? given + count : given
        guard position >= 0, position < count else { throw EvaluationError("position \(given) lies outside a sequence of \(count)") }
        return position
    }
}

extension ValueType {
    /// The type of one value picked from a sequence or optional: sizes that differ between them are decided when it runs.
    func picked(_ context: inout InferenceContext) throws -> ValueType {
        guard isTensor else { return self }
        guard !element.isOfAnyRank else { throw InferenceError("the items are of different ranks, so that this one's is not known") }
        return try mapElement { type in type.with(shape: try type.shape.map { $0 == .any ? try context.newSize() : $0 }) }
    }
}

/// Attributes that write down a type: `{dtype: f32, shape: [n, ?]}`, with `sequence: true` for a sequence of such.
struct TypeAttributes {
    let type: ValueType

    init(reading attributes: inout AttributeReader) throws {
        let tensor = TensorType(try attributes.dtype("dtype"), try attributes.dims("shape"))
        type = try attributes.bool("sequence") ? .sequence(.tensor(tensor)) : .tensor(tensor)
    }

    static func fields(of type: ValueType) -> Attributes {
        var fields: Attributes = ["dtype": .dtype(type.element.dtype), "shape": .dims(type.element.shape)]
        if !type.isTensor { fields["sequence"] = .bool(true) }
        return fields
    }

    static let documentation = [
        "dtype": "element type", "shape": "sizes, `?` for one that differs", "sequence": "whether it is a sequence of such, default false",
    ]
}
