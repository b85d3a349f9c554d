import IR

/// Elements read or written by index.
extension OperatorMapping {
    static let indexing: [OperatorMapping] = [
        .one("GatherElements") { node in
            let x = try node.input(0)
            let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
            let indices = try nonNegative(&node, try node.input(1), below: node.shape(x)[axis])
            return try node.emit(GatherElements(axis: axis), x, indices)
        },
        .one("GatherND") { node in try gatherND(&node) },
        .one("Scatter") { node in try scatterElements(&node, reduction: "none") },
        .one("ScatterElements") { node in try scatterElements(&node, reduction: try node.string("reduction", "none")) },
        .one("ScatterND") { node in try scatterND(&node) },
        .one("TensorScatter") { node in try tensorScatter(&node) },
        .one("NonZero") { node in try node.emit(NonZero(), try node.input(0)) },
        .one("Compress") { node in
            var x = try node.input(0)
            var axis = 0
            if let given = try node.int("axis") {
                axis = try node.axis(given, of: node.rank(x))
            } else {
                x = try node.reshape(x, [node.type(x).elementCount])
            }
            let chosen = try node.emit(NonZero(), try node.input(1))
            return try node.emit(Gather(axis: axis), x, try node.reshape(chosen, [node.shape(chosen)[1]]))
        },
        .one("OneHot") { node in try oneHot(&node) },
        .one("ReverseSequence") { node in try reverseSequence(&node) },
        OperatorMapping("Unique") { node in
            let x = try node.input(0)
            let axis = try node.int("axis").map { try node.axis($0, of: node.rank(x)) }
            return try node.add(Unique(axis: axis, sorted: try node.flag("sorted", true)), x).map { $0 }
        },
    ]

    // MARK: Positions

    /// Numbers of the parts that index tuples `indices` (any[…, k]) point at, in a tensor whose dimensions before the tuples' have `sizes`.
    ///
    /// The sum of indices times the number of parts that one step skips; indices that count from the end count from the front first.
    static func positions(_ node: inout NodeImport, _ indices: ValueID, in sizes: [Dim]) throws -> ValueID {
        let shape = node.shape(indices)
        let axis = shape.count - 1
        var result: ValueID?
        for (number, size) in sizes.enumerated() {
            let column = try node.squeeze(try node.slice(indices, axis: axis, number..<(number + 1)), axis)
            let index = try node.cast(try nonNegative(&node, column, below: size), to: .i64)
            let step = sizes[(number + 1)...].reduce(1, *)
            let part = step == 1 ? index : try node.binary(Mul.self, index, try size64(&node, step))
            result = try result.map { try node.binary(Add.self, $0, part) } ?? part
        }
        // A tuple of no index points at the whole.
        return try result ?? node.emit(Fill(shape: Array(shape.dropLast()), value: 0, dtype: .i64))
    }

    /// A size as an i64 without dimensions.
    static func size64(_ node: inout NodeImport, _ size: Dim) throws -> ValueID {
        if let value = size.value { return try node.scalar(value) }
        return try node.reshape(try node.vector([size]), [])
    }

    /// The parts behind the first `batch` dimensions, which `x` and indices share, that index tuples point at.
    private static func gatherND(_ node: inout NodeImport) throws -> ValueID {
        let (x, indices) = (try node.input(0), try node.input(1))
        let (shape, places) = (node.shape(x), node.shape(indices))
        let batch = try node.int("batch_dims", 0)
        guard let width = places.last?.value else { throw NodeProblem("the last dimension of its indices must be known") }
        guard batch >= 0, batch < places.count, batch + width <= shape.count else {
            throw NodeProblem("tuples of \(width) indices do not point into \(node.type(x))")
        }
        let (outer, reached, part) = (shape[..<batch], Array(shape[batch..<(batch + width)]), Array(shape[(batch + width)...]))
        var positions = try positions(&node, indices, in: reached)
        let items = outer.reduce(1, *)
        if batch > 0, items != 1 {
            // Parts of one item stand behind those of the items before.
            let first = try node.binary(Mul.self, try node.emit(Iota(size: items)), try size64(&node, reached.reduce(1, *)))
            let starts = try node.reshape(first, outer + [Dim](repeating: 1, count: places.count - 1 - batch))
            positions = try node.binary(Add.self, positions, starts)
        }
        let parts = try node.reshape(x, [items * reached.reduce(1, *)] + part)
        return try node.emit(Gather(axis: 0), parts, positions)
    }

    // MARK: Scattering

    /// How elements that go to one place are joined; nil: the last one stays.
    private static func reduction(_ name: String) throws -> ScatterReduce.Reduction? {
        if name == "none" { return nil }
        guard let found = ScatterReduce.Reduction(rawValue: name) else { throw NodeProblem("the reduction '\(name)' is not known") }
        return found
    }

    private static func scatterElements(_ node: inout NodeImport, reduction name: String) throws -> ValueID {
        let (x, updates) = (try node.input(0), try node.input(2))
        let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
        let indices = try nonNegative(&node, try node.input(1), below: node.shape(x)[axis])
        guard let reduction = try reduction(name) else { return try node.emit(ScatterElements(axis: axis), x, indices, updates) }
        if reduction == .add, node.dtype(x) != .bool { return try addElements(&node, x, axis, indices, updates) }
        return try node.emit(ScatterReduce(reduction, axis: axis), x, indices, updates)
    }

    /// Adds to elements counted row by row.
    private static func addElements(
        _ node: inout NodeImport, _ x: ValueID, _ axis: Int, _ indices: ValueID, _ updates: ValueID
    ) throws -> ValueID {
        let (shape, places) = (node.shape(x), node.shape(indices))
        var positions = try node.cast(indices, to: .i64)
        positions = try node.binary(Mul.self, positions, try size64(&node, shape[(axis + 1)...].reduce(1, *)))
        for dimension in shape.indices where dimension != axis && shape[dimension] != 1 {
            let step = try size64(&node, shape[(dimension + 1)...].reduce(1, *))
            let along = try node.binary(Mul.self, try node.emit(Iota(size: places[dimension])), step)
            var sizes = [Dim](repeating: 1, count: shape.count)
            sizes[dimension] = places[dimension]
            positions = try node.emit(Binary<Add>(), [positions, try node.reshape(along, sizes)])
        }
        let many = node.type(indices).elementCount
        let flat = try node.reshape(x, [node.type(x).elementCount])
        let result = try node.emit(ScatterRows(add: true), flat, try node.reshape(positions, [many]), try node.reshape(updates, [many]))
        return try node.reshape(result, shape)
    }

    private static func scatterND(_ node: inout NodeImport) throws -> ValueID {
        let (x, indices, updates) = (try node.input(0), try node.input(1), try node.input(2))
        let (shape, places) = (node.shape(x), node.shape(indices))
        guard let width = places.last?.value else { throw NodeProblem("the last dimension of its indices must be known") }
        guard width <= shape.count else { throw NodeProblem("tuples of \(width) indices do not point into \(node.type(x))") }
        let positions = try positions(&node, indices, in: Array(shape[..<width]))
        let reduction = try reduction(try node.string("reduction", "none"))
        return try scatterParts(&node, x, positions, updates, reached: width, reduction)
    }

    /// Writes parts of `x` behind its first `width` dimensions, which are counted through.
    private static func scatterParts(
        _ node: inout NodeImport, _ x: ValueID, _ positions: ValueID, _ updates: ValueID, reached width: Int,
        _ reduction: ScatterReduce.Reduction?
    ) throws -> ValueID {
        let shape = node.shape(x)
        let (count, part) = (shape[..<width].reduce(1, *), Array(shape[width...]))
        let many = node.type(positions).elementCount
        let (rows, places) = (try node.reshape(x, [count] + part), try node.reshape(positions, [many]))
        let new = try node.reshape(updates, [many] + part)
        let result: ValueID
        switch reduction {
        case nil: result = try node.emit(ScatterRows(), rows, places, new)
        case .add where node.dtype(x) != .bool: result = try node.emit(ScatterRows(add: true), rows, places, new)
        case let other?:
            let each = try node.reshape(places, [many] + part.map { _ in 1 })
            result = try node.emit(ScatterReduce(other, axis: 0), rows, try node.expand(each, [many] + part), new)
        }
        return try node.reshape(result, shape)
    }

    /// Writes each item's new positions of a cache behind those that it has, around its end if it is `circular`.
    private static func tensorScatter(_ node: inout NodeImport) throws -> ValueID {
        let (cache, update) = (try node.input(0), try node.input(1))
        let (shape, new) = (node.shape(cache), node.shape(update))
        let axis = try node.axis(try node.int("axis", -2), of: shape.count)
        guard axis > 0, new.count == shape.count else { throw NodeProblem("it cannot write \(node.type(update)) into \(node.type(cache))") }
        let (size, before) = (shape[axis], Array(shape[..<axis]))
        var places = try node.emit(Iota(size: new[axis]))
        if let starts = node.optional(2) {
            let first = try node.reshape(try node.cast(starts, to: .i64), [shape[0]] + [Dim](repeating: 1, count: axis))
            places = try node.binary(Add.self, first, places)
        }
        if try node.string("mode", "linear") == "circular" {
            places = try node.binary(Mod.self, places, try size64(&node, size))
        }
        let rows = try node.binary(Mul.self, try node.emit(Iota(size: before.reduce(1, *))), try size64(&node, size))
        let positions = try node.binary(Add.self, try node.reshape(rows, before + [1]), places)
        return try scatterParts(&node, cache, positions, update, reached: axis + 1, nil)
    }

    // MARK: Others

    /// Compares indices with 0, 1, … along a new dimension.
    private static func oneHot(_ node: inout NodeImport) throws -> ValueID {
        let (indices, values) = (try node.input(0), try node.input(2))
        let count = try node.dims(try node.reshape(try node.cast(try node.input(1), to: .i64), [1]))[0]
        let rank = node.rank(indices) + 1
        let axis = try node.axis(try node.int("axis", -1), of: rank)
        let whole = try node.cast(indices, to: .i64)
        let places = try node.unsqueeze(try nonNegative(&node, whole, below: count), axis)
        var counting = [Dim](repeating: 1, count: rank)
        counting[axis] = count
        let hot = try node.emit(Comparison<Equal>(), [places, try node.reshape(try node.emit(Iota(size: count)), counting)])
        let (off, on) = (try node.slice(values, axis: 0, 0..<1), try node.slice(values, axis: 0, 1..<2))
        return try node.choose(hot, try node.reshape(on, []), try node.reshape(off, []))
    }

    /// Gathers each item's steps in their new order: backwards up to its length.
    private static func reverseSequence(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let rank = node.rank(x)
        let time = try node.axis(try node.int("time_axis", 0), of: rank)
        let batch = try node.axis(try node.int("batch_axis", 1), of: rank)
        guard time != batch else { throw NodeProblem("items and steps are one dimension") }
        let rest = (0..<rank).filter { $0 != time && $0 != batch }
        let order = [batch, time] + rest
        let turned = try node.transpose(x, order)
        let (items, steps) = (node.shape(x)[batch], node.shape(x)[time])
        let lengths = try node.reshape(try node.cast(try node.input(1), to: .i64), [items, 1])
        let step = try node.reshape(try node.emit(Iota(size: steps)), [1, steps])
        let backwards = try node.binary(Sub.self, try node.binary(Sub.self, lengths, try node.scalar(1)), step)
        let places = try node.choose(try node.compare(Less.self, step, lengths), backwards, step)
        let starts = try node.binary(
            Mul.self, try node.reshape(try node.emit(Iota(size: items)), [items, 1]), try size64(&node, steps))
        let rows = try node.reshape(turned, [items * steps] + rest.map { node.shape(x)[$0] })
        let picked = try node.emit(Gather(axis: 0), rows, try node.binary(Add.self, places, starts))
        return try node.transpose(picked, (0..<rank).map { order.firstIndex(of: $0) ?? 0 })
    }
}
