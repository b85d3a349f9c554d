/// Each value once.
package struct Unique: Operator {
    package static let opName = "unique"

    package static let documentation = OperatorDocumentation(
        "Every different element, or slice along an axis, once, with where it stands first, which one each element is, and how often it occurs.",
        formula: "y[inverse[i]] = x[i]; first[j] = min {i: inverse[i] = j}; counts[j] = |{i: inverse[i] = j}|",
        operands: ["x: any[…]"],
        results: [
            "y: any[how many], or as x with that many along axis", "first: i64[how many]", "inverse: i64[elements, or size along axis]",
            "counts: i64[how many]",
        ],
        attributes: [
            "axis": "dimension whose slices are compared; without it all elements are, row by row",
            "sorted": "in rising order, slices element by element; otherwise as they first occur; default true",
        ],
        onnx: "Unique")

    package let axis: Int?
    package let sorted: Bool

    package init(axis: Int? = nil, sorted: Bool = true) { (self.axis, self.sorted) = (axis, sorted) }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.optionalInt("axis")
        sorted = try attributes.bool("sorted", default: true)
    }

    package var attributes: Attributes {
        var fields: Attributes = [:]
        if let axis { fields["axis"] = .int(axis) }
        if !sorted { fields["sorted"] = .bool(false) }
        return fields
    }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        let x = try Check.tensor(operands, 0, "x")
        let count = try context.newSize()
        var shape = x.shape
        if let axis { shape[try Check.axis(axis, rank: x.rank)] = count } else { shape = [count] }
        let size = try axis.map { x.shape[try Check.axis($0, rank: x.rank)] } ?? x.elementCount
        return ([x.with(shape: shape)] + [count, size, count].map { TensorType(.i64, [$0]) }).map { .tensor($0) }
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        guard let given = operands[0]?.tensor else { throw EvaluationError("operand 0 is missing") }
        let x = try axis == nil ? given.shaped([given.count]) : given
        let axis = try Check.axis(axis ?? 0, rank: x.rank)
        let (outer, size, inner) = x.split(at: axis)
        // Offsets of the elements of slice i.
        let places = (0..<outer).flatMap { row in (0..<inner).map { row * size * inner + $0 } }
        let order = try Ordering(x)
        func compare(_ i: Int, _ j: Int) -> Int {
            for place in places {
                let found = order.compare(place + i * inner, place + j * inner)
                if found != 0 { return found }
            }
            return 0
        }
        let ranked = (0..<size).sorted { a, b in
            let found = compare(a, b)
            return found == 0 ? a < b : found < 0
        }
        var groups: [[Int]] = []
        for index in ranked {
            if let last = groups.last?.first, compare(last, index) == 0 {
                groups[groups.count - 1].append(index)
            } else {
                groups.append([index])
            }
        }
        if !sorted { groups.sort { $0[0] < $1[0] } }
        var inverse = [Int](repeating: 0, count: size)
        for (number, group) in groups.enumerated() { for index in group { inverse[index] = number } }
        let picked = x.picking([outer, groups.count, inner]) { ($0[0] * size + groups[$0[1]][0]) * inner + $0[2] }
        var shape = x.shape
        shape[axis] = groups.count
        let y = try picked.shaped(shape)
        let counts = groups.map(\.count)
        return [
            y, Tensor(integers: groups.map { $0[0] }, [groups.count]), Tensor(integers: inverse, [size]),
            Tensor(integers: counts, [groups.count]),
        ]
        .map { .tensor($0) }
    }
}

/// The elements of a tensor in rising order; NaN comes last and equals itself.
private enum Ordering {
    case floats([Double])
    case signed([Int])
    case unsigned([UInt])
    case strings([String])

    init(_ tensor: Tensor) throws {
        if tensor.dtype == .string { self = .strings(tensor.strings); return }
        switch tensor.elements {
        case .floats(let values): self = .floats(values)
        case .signed(let values): self = .signed(values)
        case .unsigned(let values): self = .unsigned(values)
        }
    }

    /// -1, 0 or 1.
    func compare(_ i: Int, _ j: Int) -> Int {
        switch self {
        case .signed(let values): return values[i] == values[j] ? 0 : values[i] < values[j] ? -1 : 1
        case .unsigned(let values): return values[i] == values[j] ? 0 : values[i] < values[j] ? -1 : 1
        case .strings(let values):
            let (a, b) = (values[i], values[j])
            return a.utf8.elementsEqual(b.utf8) ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        case .floats(let values):
            let (a, b) = (values[i], values[j])
            if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? 0 : a.isNaN ? 1 : -1 }
            return a == b ? 0 : a < b ? -1 : 1
        }
    }
}
