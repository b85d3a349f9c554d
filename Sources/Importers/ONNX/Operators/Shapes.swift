import IR

/// Operators that move elements or speak of sizes.
extension OperatorMapping {
    static let shapes: [OperatorMapping] = [
        .one("Shape") { node in
            let shape = node.shape(try node.input(0))
            let rank = shape.count
            let bound = { (value: Int) in min(max(value < 0 ? value + rank : value, 0), rank) }
            let (start, end) = (bound(try node.int("start", 0)), bound(try node.int("end", rank)))
            return try node.vector(Array(shape[start..<max(start, end)]))
        },
        .one("Size") { node in
            let count = node.type(try node.input(0)).elementCount
            return try node.reshape(try node.vector([count]), [])
        },
        .one("Reshape") { node in
            let x = try node.input(0)
            let zeroStays = try !node.flag("allowzero", false)
            if node.version < 5 {
                return try node.reshape(x, try shape(try node.ints("shape")?.map { Dim($0) } ?? [], of: node.shape(x), zeroStays: zeroStays))
            }
            let wanted = try node.input(1)
            if let known = node.known(wanted) { return try node.reshape(x, try shape(known, of: node.shape(x), zeroStays: zeroStays)) }
            return try node.reshape(x, try node.dims(try resolved(&node, wanted, node.shape(x), zeroStays: zeroStays)))
        },
        .one("Flatten") { node in
            let x = try node.input(0)
            let (shape, rank) = (node.shape(x), node.rank(x))
            let given = try node.int("axis", 1)
            let axis = given < 0 ? given + rank : given
            guard (0...rank).contains(axis) else { throw NodeProblem("axis \(given) does not exist in \(rank) dimensions") }
            return try node.reshape(x, [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)])
        },
        .one("Squeeze") { node in
            let x = try node.input(0)
            let shape = node.shape(x)
            let given = try node.ints("axes", before: 13, input: 1)
            let axes = try given.map { try node.axes($0, of: shape.count) } ?? shape.indices.filter { shape[$0].value == 1 }
            return try node.reshape(x, shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
        },
        .one("Unsqueeze") { node in
            let x = try node.input(0)
            guard let given = try node.ints("axes", before: 13, input: 1) else { throw NodeProblem("axes are missing") }
            let rank = node.rank(x) + given.count
            let axes = Set(try node.axes(given, of: rank))
            var rest = node.shape(x)[...]
            return try node.reshape(x, (0..<rank).map { axes.contains($0) ? 1 : rest.popFirst() ?? 1 })
        },
        .one("Transpose") { node in
            let x = try node.input(0)
            return try node.transpose(x, try node.ints("perm") ?? Array((0..<node.rank(x)).reversed()))
        },
        .one("Concat") { node in
            let parts = try node.allInputs()
            guard let first = parts.first else { throw NodeProblem("it has no inputs") }
            return try node.concat(parts, axis: try node.axis(try node.int("axis", 1), of: node.rank(first)))
        },
        OperatorMapping("Split") { node in try split(&node) },
        .one("Expand") { node in
            let x = try node.input(0)
            return try expand(&node, x, try node.dims(try node.input(1)))
        },
        .one("Slice") { node in try slice(&node) },
        .one("Gather") { node in
            let (x, indices) = (try node.input(0), try node.input(1))
            let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
            let wrapped = try nonNegative(&node, indices, below: node.shape(x)[axis])
            return try node.emit(Gather(axis: axis), x, wrapped)
        },
    ]

    /// The shape that Reshape asks for: 0 keeps a size, -1 takes what is left.
    static func shape(_ wanted: [Dim], of shape: [Dim], zeroStays: Bool) throws -> [Dim] {
        var result = try wanted.enumerated().map { index, size -> Dim in
            guard zeroStays, size == 0 else { return size }
            guard index < shape.count else { throw NodeProblem("size 0 at \(index) has no counterpart in \(shape)") }
            return shape[index]
        }
        let open = result.indices.filter { result[$0] == -1 }
        guard open.count < 2 else { throw NodeProblem("more than one size is -1") }
        guard let index = open.first else { return result }
        let (all, rest) = (shape.reduce(1, *), result.enumerated().filter { $0.offset != index }.map(\.element).reduce(1, *))
        if rest == 0 { throw NodeProblem("a size of -1 beside sizes of 0 cannot be told") }
        result[index] = all.exactQuotient(by: rest) ?? all.floorDivided(by: rest)
        return result
    }

    /// The same for a shape that is computed when the model runs, as a tensor.
    private static func resolved(
        _ node: inout NodeImport, _ wanted: ValueID, _ shape: [Dim], zeroStays: Bool
    ) throws -> ValueID {
        guard let count = node.shape(wanted).first?.value, node.rank(wanted) == 1 else {
            throw NodeProblem("\(node.scope.graph.origin(of: wanted)) must be a vector of known length")
        }
        var sizes = try node.cast(wanted, to: .i64)
        if zeroStays, count <= shape.count {
            let own = try node.vector(Array(shape.prefix(count)))
            sizes = try node.choose(try node.compare(Equal.self, sizes, 0), own, sizes)
        }
        let isOpen = try node.compare(Equal.self, sizes, -1)
        let rest = try node.reduce(ReduceProd.self, try node.choose(isOpen, try node.scalar(1), sizes), [0], keepDims: true)
        let all = try node.vector([shape.reduce(1, *)])
        // Nothing is divided by 0 where a size is 0: no size is open then.
        let open = try node.binary(Div.self, all, try node.binary(Maximum.self, rest, 1))
        return try node.choose(isOpen, open, sizes)
    }

    /// NumPy's expansion: sizes of 1 in `wanted` keep those of `x`.
    static func expand(_ node: inout NodeImport, _ x: ValueID, _ wanted: [Dim]) throws -> ValueID {
        let own = node.shape(x)
        let rank = max(own.count, wanted.count)
        let target = try (0..<rank).map { index -> Dim in
            let (a, b) = (index - (rank - own.count), index - (rank - wanted.count))
            guard a >= 0 else { return wanted[b] }
            guard b >= 0, wanted[b] != own[a] else { return own[a] }
            if wanted[b].value == 1 { return own[a] }
            if own[a].value == 1 { return wanted[b] }
            if let p = own[a].value, let q = wanted[b].value { throw NodeProblem("size \(p) does not stretch to \(q)") }
            return own[a].value != nil ? own[a] : wanted[b].value != nil ? wanted[b] : .maximum(own[a], wanted[b])
        }
        return try node.expand(x, target)
    }

    private static func split(_ node: inout NodeImport) throws -> [ValueID?] {
        let x = try node.input(0)
        let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
        let size = node.shape(x)[axis]
        let parts: [Dim]
        if node.version < 13, let given = try node.ints("split") {
            parts = given.map { Dim($0) }
        } else if node.version >= 13 || node.version == 1, let given = node.optional(1) {
            parts = try node.dims(given)
        } else {
            let count = try node.int("num_outputs") ?? node.source.outputs.count
            guard count > 0 else { throw NodeProblem("it has no outputs") }
            let each = size.ceilDivided(by: Dim(count))
            parts = (0..<count).map { $0 < count - 1 ? each : size - each * Dim(count - 1) }
        }
        return try node.add(Split(axis: axis, sizes: parts), x)
    }

    /// Indices that count from the end, from the front instead.
    static func nonNegative(_ node: inout NodeImport, _ indices: ValueID, below size: Dim) throws -> ValueID {
        let dtype = node.dtype(indices)
        if let tensor = node.scope.constantTensor(indices) {
            if tensor.integers.allSatisfy({ $0 >= 0 }) { return indices }
            if let size = size.value {
                return try node.constant(Tensor(integers: tensor.integers.map { $0 < 0 ? $0 + size : $0 }, tensor.shape, as: dtype))
            }
        }
        let isNegative = try node.compare(Less.self, indices, 0)
        let length = try node.cast(try node.reshape(try node.vector([size]), []), to: dtype)
        return try node.choose(isNegative, try node.binary(Add.self, indices, length), indices)
    }

    private static func slice(_ node: inout NodeImport) throws -> ValueID {
        var x = try node.input(0)
        let rank = node.rank(x)
        let isOld = node.version < 10
        guard
            let starts = isOld ? try node.ints("starts")?.map({ Dim($0) }) : try node.dims(try node.input(1)),
            let ends = isOld ? try node.ints("ends")?.map({ Dim($0) }) : try node.dims(try node.input(2))
        else { throw NodeProblem("starts or ends are missing") }
        let given = try node.ints("axes", before: 10, input: 3)
        let axes = try node.axes(given ?? Array(starts.indices), of: rank)
        let steps = try isOld ? nil : node.optional(4).map { try node.integers($0) }
        guard axes.count == starts.count, ends.count == starts.count, steps.map({ $0.count == starts.count }) ?? true else {
            throw NodeProblem("starts, ends, axes and steps differ in number")
        }
        for (index, axis) in axes.enumerated() {
            x = try cut(&node, x, axis, SliceBounds(starts[index], ends[index], step: steps?[index] ?? 1, size: node.shape(x)[axis]))
        }
        return x
    }

    /// One axis: backwards where the step is negative.
    private static func cut(_ node: inout NodeImport, _ x: ValueID, _ axis: Int, _ bounds: SliceBounds) throws -> ValueID {
        let size = node.shape(x)[axis]
        guard bounds.step != 0 else { throw NodeProblem("a step cannot be 0") }
        if bounds.step > 0 {
            if bounds.start == 0, bounds.end == size, bounds.step == 1 { return x }
            return try node.emit(Slice(axis: axis, start: bounds.start, end: bounds.end, step: bounds.step), x)
        }
        // Positions start, start + step, … down to behind end.
        let count = (bounds.start - bounds.end).ceilDivided(by: Dim(-bounds.step))
        let positions = try node.binary(
            Add.self, try node.binary(Mul.self, try node.emit(Iota(size: count)), try node.scalar(bounds.step)),
            try node.reshape(try node.vector([bounds.start]), []))
        return try node.emit(Gather(axis: axis), x, positions)
    }
}

/// Start and end of a slice within a size: ONNX counts negative ones from the end, and clamps both.
struct SliceBounds {
    let start, end: Dim
    let step: Int

    init(_ start: Dim, _ end: Dim, step: Int, size: Dim) {
        self.step = step
        let low: Dim = step > 0 ? 0 : -1
        let high: Dim = step > 0 ? size : size - 1
        self.start = SliceBounds.clamped(start, size, step > 0 ? 0 : 0, high)
        let end = SliceBounds.clamped(end, size, low, high)
        self.end = step > 0 ? SliceBounds.larger(end, self.start) : SliceBounds.smaller(end, self.start)
    }

    private static let endless = 1 << 30

    private static func clamped(_ position: Dim, _ size: Dim, _ low: Dim, _ high: Dim) -> Dim {
        if let value = position.value {
            // Exporters write the largest integer for "to the end".
            if value >= endless { return high }
            if value <= -endless { return low }
            if value < 0 { return larger(smaller(size + position, high), low) }
            return smaller(position, high)
        }
        // A size that is computed counts from the front, unless it is plainly negative.
        let isNegative = position.bounds().upper.map { $0 < 0 } ?? false
        return larger(smaller(isNegative ? size + position : position, high), low)
    }

    static func smaller(_ a: Dim, _ b: Dim) -> Dim {
        if let low = (b - a).bounds().lower, low >= 0 { return a }
        if let low = (a - b).bounds().lower, low >= 0 { return b }
        return .minimum(a, b)
    }

    static func larger(_ a: Dim, _ b: Dim) -> Dim {
        if let low = (a - b).bounds().lower, low >= 0 { return a }
        if let low = (b - a).bounds().lower, low >= 0 { return b }
        return .maximum(a, b)
    }
}

extension Dim {
    /// Whether it is at least 0 whatever its symbols are.
    var isNeverNegative: Bool { bounds().lower.map { $0 >= 0 } ?? false }
}
