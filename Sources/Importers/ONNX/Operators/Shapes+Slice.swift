import IR

/// Slice and Split.
extension OperatorMapping {
    static let slices: [OperatorMapping] = [
        OperatorMapping("Split") { node in try split(&node) },
        .one("Slice") { node in try slice(&node) },
    ]

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
            // The last parts may be smaller, or nothing.
            parts = (0..<count).map { Dim.larger(Dim.smaller(size - each * Dim($0), each), 0) }
        }
        return try node.add(Split(axis: axis, sizes: parts), x)
    }

    /// A position along an axis: known as an expression of sizes, or computed when the model runs.
    private enum Position {
        case known(Dim)
        case computed(ValueID)
    }

    private static func slice(_ node: inout NodeImport) throws -> ValueID {
        var x = try node.input(0)
        let rank = node.rank(x)
        let isOld = node.version < 10
        let starts = try isOld ? listed(node, "starts") : elements(&node, try node.input(1))
        let ends = try isOld ? listed(node, "ends") : elements(&node, try node.input(2))
        let axes = try node.axes(try node.ints("axes", before: 10, input: 3) ?? Array(starts.indices), of: rank)
        let steps = try isOld ? nil : node.optional(4).map { try elements(&node, $0) }
        guard axes.count == starts.count, ends.count == starts.count, steps.map({ $0.count == starts.count }) ?? true else {
            throw NodeProblem("starts, ends, axes and steps differ in number")
        }
        for (index, axis) in axes.enumerated() {
            let size = node.shape(x)[axis]
            if case .known(let step) = steps?[index] ?? .known(1), let step = step.value, case .known(let start) = starts[index],
                case .known(let end) = ends[index], let bounds = SliceBounds(start, end, step: step, size: size)
            {
                x = try cut(&node, x, axis, bounds)
            } else {
                x = try cut(&node, x, axis, starts[index], ends[index], step: steps?[index] ?? .known(1))
            }
        }
        return x
    }

    private static func listed(_ node: NodeImport, _ name: String) throws -> [Position] {
        guard let values = try node.ints(name) else { throw NodeProblem("attribute '\(name)' is missing") }
        return values.map { .known(Dim($0)) }
    }

    private static func elements(_ node: inout NodeImport, _ value: ValueID) throws -> [Position] {
        guard let count = node.type(value).elementCount.value else {
            throw NodeProblem("\(node.scope.graph.origin(of: value)) must be a vector of known length")
        }
        let known = node.scope.partialIntegers(value) ?? [Dim?](repeating: nil, count: count)
        var vector: ValueID?
        return try known.enumerated().map { index, dim in
            if let dim { return .known(dim) }
            let all = try vector ?? node.reshape(try node.cast(value, to: .i64), [Dim(count)])
            vector = all
            return .computed(try node.reshape(try node.slice(all, axis: 0, index..<(index + 1)), []))
        }
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
        return try picked(&node, x, axis, from: try size64(&node, bounds.start), step: try node.scalar(bounds.step), count)
    }

    private static func picked(
        _ node: inout NodeImport, _ x: ValueID, _ axis: Int, from start: ValueID, step: ValueID, _ count: Dim
    ) throws -> ValueID {
        let steps = try node.binary(Mul.self, try node.emit(Iota(size: count)), step)
        return try node.emit(Gather(axis: axis), x, try node.binary(Add.self, steps, start))
    }

    /// One axis whose range is computed when the model runs.
    private static func cut(
        _ node: inout NodeImport, _ x: ValueID, _ axis: Int, _ start: Position, _ end: Position, step: Position
    ) throws -> ValueID {
        let size = try size64(&node, node.shape(x)[axis])
        if case .known(let step) = step, let step = step.value, step > 0 {
            let zero = try node.scalar(0)
            let first = try clamped(&node, try counted(&node, start, size), zero, size)
            let last = try node.binary(Maximum.self, try clamped(&node, try counted(&node, end, size), zero, size), first)
            let range = try node.dims(try node.concat([try node.reshape(first, [1]), try node.reshape(last, [1])], axis: 0))
            return try node.emit(Slice(axis: axis, start: range[0], end: range[1], step: step), x)
        }
        let steps = try tensor(&node, step)
        let isBackwards = try node.compare(Less.self, steps, 0)
        let (zero, one) = (try node.scalar(0), try node.scalar(1))
        let below = try node.binary(Sub.self, size, one)
        let (low, high) = (try node.choose(isBackwards, try node.scalar(-1), zero), try node.choose(isBackwards, below, size))
        let first = try clamped(&node, try counted(&node, start, size), zero, high)
        let last = try clamped(&node, try counted(&node, end, size), low, high)
        // ⌈(last - first) / step⌉ where both have one sign, and else nothing.
        let distance = try node.binary(Sub.self, try node.binary(Sub.self, last, first), try direction(&node, steps))
        let count = try node.binary(
            Maximum.self, try node.binary(Div.self, try node.binary(Add.self, distance, steps), steps), zero)
        return try picked(&node, x, axis, from: first, step: steps, try node.dims(try node.reshape(count, [1]))[0])
    }

    /// -1 or 1.
    static func direction(_ node: inout NodeImport, _ step: ValueID) throws -> ValueID {
        let dtype = node.dtype(step)
        return try node.choose(try node.compare(Less.self, step, 0), try node.scalar(-1, dtype), try node.scalar(1, dtype))
    }

    private static func tensor(_ node: inout NodeImport, _ position: Position) throws -> ValueID {
        switch position {
        case .known(let dim): try size64(&node, dim)
        case .computed(let value): value
        }
    }

    /// A position counted from the front.
    private static func counted(_ node: inout NodeImport, _ position: Position, _ size: ValueID) throws -> ValueID {
        let value = try tensor(&node, position)
        return try node.choose(try node.compare(Less.self, value, 0), try node.binary(Add.self, value, size), value)
    }

    private static func clamped(_ node: inout NodeImport, _ value: ValueID, _ low: ValueID, _ high: ValueID) throws -> ValueID {
        try node.binary(Maximum.self, try node.binary(Minimum.self, value, high), low)
    }
}

/// Start and end of a slice within a size: ONNX counts negative ones from the end, and clamps both.
struct SliceBounds {
    let start, end: Dim
    let step: Int

    /// nil if it depends on symbols from which end a position counts.
    init?(_ start: Dim, _ end: Dim, step: Int, size: Dim) {
        self.step = step
        let low: Dim = step > 0 ? 0 : -1
        let high: Dim = step > 0 ? size : size - 1
        guard let first = SliceBounds.clamped(start, size, 0, high), let last = SliceBounds.clamped(end, size, low, high) else {
            return nil
        }
        self.start = first
        self.end = step > 0 ? Dim.larger(last, first) : Dim.smaller(last, first)
    }

    private static let endless = 500_000_000

    private static func clamped(_ position: Dim, _ size: Dim, _ low: Dim, _ high: Dim) -> Dim? {
        if let value = position.value {
            // Exporters write the largest integer for "to the end".
            if value >= endless { return high }
            if value <= -endless { return low }
            if value < 0 { return .larger(.smaller(size + position, high), low) }
            return .smaller(position, high)
        }
        // No size is 0 where anything is cut from it.
        let sizes = Dictionary(uniqueKeysWithValues: position.symbols.map { ($0, 1...Int.max) })
        let range = position.bounds(sizes)
        if let lower = range.lower, lower >= 0 { return .larger(.smaller(position, high), low) }
        guard let upper = range.upper, upper < 0 else { return nil }
        return .larger(.smaller(size + position, high), low)
    }
}
