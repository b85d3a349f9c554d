import IR

/// Operators that move pixels.
extension OperatorMapping {
    static let rearranging: [OperatorMapping] = [
        .one("Pad") { node in try pad(&node) },
        .one("DepthToSpace") { node in
            let (x, block) = (try node.input(0), try blockSize(node))
            if try node.string("mode", "DCR") == "CRD" { return try node.emit(PixelShuffle(factor: block.constant), x) }
            let shape = node.shape(x)
            let depth = shape[1].floorDivided(by: block * block)
            let apart = try node.reshape(x, [shape[0], block, block, depth, shape[2], shape[3]])
            let woven = try node.transpose(apart, [0, 3, 4, 1, 5, 2])
            return try node.reshape(woven, [shape[0], depth, shape[2] * block, shape[3] * block])
        },
        .one("SpaceToDepth") { node in
            let (x, block) = (try node.input(0), try blockSize(node))
            let shape = node.shape(x)
            let (rows, columns) = (shape[2].floorDivided(by: block), shape[3].floorDivided(by: block))
            let apart = try node.reshape(x, [shape[0], shape[1], rows, block, columns, block])
            // The pixels of a block are the slower part of the new channels, or (from version 28 on, if asked for) the faster.
            let isFaster = try node.string("mode", "DCR") == "CRD"
            let woven = try node.transpose(apart, isFaster ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4])
            return try node.reshape(woven, [shape[0], shape[1] * block * block, rows, columns])
        },
        .one("CenterCropPad") { node in try centerCropPad(&node) },
        .one("Crop") { node in try crop(&node) },
        .one("Col2Im") { node in try columnsToImage(&node) },
    ]

    private static func blockSize(_ node: NodeImport) throws -> Dim {
        guard let block = try node.int("blocksize"), block > 0, block <= Int(Int16.max), node.rank(try node.input(0)) == 4 else {
            throw NodeProblem("it takes pictures and a positive 'blocksize'")
        }
        return Dim(block)
    }

    private static func pad(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let rank = node.rank(x)
        let given: [Dim]
        if node.version < 11 {
            given = (try node.ints(node.version < 2 ? "paddings" : "pads") ?? []).map { Dim($0) }
        } else {
            let pads = try node.input(1)
            given = try node.known(pads) ?? node.integers(pads).map { Dim($0) }
        }
        let chosen = try node.version < 18 ? nil : node.optional(3).map { try node.axes(node.integers($0), of: rank) }
        let axes = chosen ?? Array(0..<rank)
        guard given.count == 2 * axes.count, given.allSatisfy({ $0.value.map { $0.magnitude <= UInt(Int32.max) } ?? true }) else {
            throw NodeProblem("pads must be \(2 * axes.count) numbers, not \(given)")
        }
        var (before, behind) = ([Dim](repeating: 0, count: rank), [Dim](repeating: 0, count: rank))
        for (index, axis) in axes.enumerated() { (before[axis], behind[axis]) = (given[index], given[index + axes.count]) }
        switch try node.string("mode", "constant") {
        case "constant":
            var value = node.version < 11 ? nil : node.optional(2)
            if node.version < 11, let number = try node.float("value"), number != 0 { value = try node.scalar(number, node.dtype(x)) }
            return try padded(&node, x, before, behind, value: value)
        case "reflect": return try mirrored(&node, x, before, behind, .reflect)
        case "edge": return try mirrored(&node, x, before, behind, .edge)
        case "wrap": return try wrapped(&node, x, before, behind)
        case let other: throw NodeProblem("mode '\(other)' is not supported")
        }
    }

    /// x without what negative margins cut, and the margins that are left.
    private static func cut(
        _ node: inout NodeImport, _ x: ValueID, _ before: [Dim], _ behind: [Dim]
    ) throws -> (x: ValueID, before: [Dim], behind: [Dim]) {
        var (x, margins) = (x, (before, behind))
        for axis in before.indices {
            let (low, high) = (try isNegative(before[axis]), try isNegative(behind[axis]))
            guard low || high else { continue }
            let (start, end) = (low ? 0 - before[axis] : 0, node.shape(x)[axis] + (high ? behind[axis] : 0))
            x = try node.emit(Slice(axis: axis, start: start, end: end), x)
            if low { margins.0[axis] = 0 }
            if high { margins.1[axis] = 0 }
        }
        return (x, margins.0, margins.1)
    }

    private static func isNegative(_ size: Dim) throws -> Bool {
        if let value = size.value { return value < 0 }
        let bounds = size.bounds()
        if let low = bounds.lower, low >= 0 { return false }
        if let high = bounds.upper, high < 0 { return true }
        // A size that is computed is a margin, unless it is a difference that may go either way.
        if size.terms.allSatisfy({ $0.coefficient > 0 }) && size.constant >= 0 { return false }
        throw NodeProblem("whether a margin of \(size) cuts or adds must be known")
    }

    /// x in a margin of `value`, 0 if nil; negative margins cut.
    static func padded(
        _ node: inout NodeImport, _ x: ValueID, _ before: [Dim], _ behind: [Dim], value: ValueID?
    ) throws -> ValueID {
        var (x, before, behind) = try cut(&node, x, before, behind)
        if (before + behind).allSatisfy({ $0 == 0 }) { return x }
        let dtype = node.dtype(x)
        var scalar: Scalar? = 0
        if let value {
            let number = node.scope.constantTensor(value)
            scalar = number.map { dtype.isFloat ? .float($0.doubles.first ?? 0) : .int($0.integers.first ?? 0) }
        }
        let (low, high) = (before.compactMap(\.value), behind.compactMap(\.value))
        if let scalar, low.count == before.count, high.count == behind.count, dtype != .string {
            return try node.emit(Pad(before: low, after: high, value: scalar), x)
        }
        for axis in before.indices where before[axis] != 0 || behind[axis] != 0 {
            let parts = try [before[axis], behind[axis]].map { size -> ValueID? in
                if size == 0 { return nil }
                var shape = node.shape(x)
                shape[axis] = size
                if let value { return try node.expand(try node.cast(try node.reshape(value, []), to: dtype), shape) }
                if dtype == .string { return try node.expand(try node.constant(Tensor(strings: [""], [])), shape) }
                return try node.emit(Fill(shape: shape, value: 0, dtype: dtype))
            }
            x = try node.concat([parts[0], x, parts[1]].compactMap { $0 }, axis: axis)
        }
        return x
    }

    private static func mirrored(
        _ node: inout NodeImport, _ x: ValueID, _ before: [Dim], _ behind: [Dim], _ mode: Pad.Mode
    ) throws -> ValueID {
        var (x, before, behind) = try cut(&node, x, before, behind)
        let (low, high) = (before.compactMap(\.value), behind.compactMap(\.value))
        guard low.count == before.count, high.count == behind.count else { throw NodeProblem("pads must be known for mode '\(mode)'") }
        var (first, last) = (low, high)
        for (axis, size) in node.shape(x).enumerated() where mode == .reflect {
            // A margin that is larger than its mirror image: back and forth.
            guard let size = size.value, 1...1 << 24 ~= size, size <= max(low[axis], high[axis]), max(low[axis], high[axis]) < 1 << 24
            else {
                continue
            }
            let turn = max(2 * (size - 1), 1)
            let places = (-low[axis]..<size + high[axis]).map { place -> Int in
                let rest = ((place % turn) + turn) % turn
                return rest < size ? rest : turn - rest
            }
            x = try node.emit(Gather(axis: axis), x, try node.vector(places))
            (first[axis], last[axis]) = (0, 0)
        }
        return (first + last).allSatisfy { $0 == 0 } ? x : try node.emit(Pad(before: first, after: last, mode: mode), x)
    }

    /// x as a torus: position i shows (i - before) mod size.
    private static func wrapped(_ node: inout NodeImport, _ x: ValueID, _ before: [Dim], _ behind: [Dim]) throws -> ValueID {
        var (x, before, behind) = try cut(&node, x, before, behind)
        for axis in before.indices where before[axis] != 0 || behind[axis] != 0 {
            let size = node.shape(x)[axis]
            var places = try node.emit(Iota(size: size + before[axis] + behind[axis]))
            places = try node.binary(Sub.self, places, try node.number(before[axis], .i64))
            places = try node.binary(Mod.self, places, try node.number(size, .i64))
            x = try node.emit(Gather(axis: axis), x, places)
        }
        return x
    }

    private static func centerCropPad(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let (rank, wanted) = (node.rank(x), try node.dims(try node.input(1)))
        let axes = try node.ints("axes").map { try node.axes($0, of: rank) } ?? Array(0..<rank)
        guard wanted.count == axes.count else { throw NodeProblem("shape must have \(axes.count) sizes") }
        var (before, behind) = ([Dim](repeating: 0, count: rank), [Dim](repeating: 0, count: rank))
        for (axis, size) in zip(axes, wanted) {
            let more = size - node.shape(x)[axis]
            guard let more = more.value else { throw NodeProblem("whether \(node.shape(x)[axis]) is larger than \(size) must be known") }
            // The half before is the smaller one in both directions.
            before[axis] = Dim(more / 2)
            behind[axis] = Dim(more - more / 2)
        }
        return try padded(&node, x, before, behind, value: nil)
    }

    /// An operator of version 1 alone: cuts `border` (left, top, right, bottom), or from there on pictures of size `scale`.
    private static func crop(_ node: inout NodeImport) throws -> ValueID {
        var x = try node.input(0)
        guard let border = try node.ints("border"), border.count == 4, node.rank(x) == 4 else {
            throw NodeProblem("'border' must be four numbers, its input pictures")
        }
        let scale = try node.ints("scale") ?? []
        for (axis, first, last) in [(2, 1, 3), (3, 0, 2)] {
            let size = node.shape(x)[axis]
            let start = Dim(border[first])
            let end = scale.count == 2 ? start + Dim(scale[axis - 2]) : size - Dim(border[last])
            x = try node.emit(Slice(axis: axis, start: start, end: end), x)
        }
        return x
    }

    /// Every column added to where its window lay: rows of pixels, scattered with addition into the padded image.
    private static func columnsToImage(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let (image, block) = (try node.integers(try node.input(1)), try node.integers(try node.input(2)))
        let rank = image.count
        let windows = try node.windows(kernel: block, over: image.map { Dim($0) })
        guard node.rank(x) == 3, image.allSatisfy({ 0...Int(Int32.max) ~= $0 }) else { throw NodeProblem("\(node.type(x)) are no columns") }
        let sizes = (0..<rank).map { image[$0] + windows.before($0) + windows.behind($0) }
        let counts = (0..<rank).map { (sizes[$0] - windows.reach[$0]) / windows.stride[$0] + 1 }
        guard sizes.allSatisfy({ $0 >= 0 }), counts.allSatisfy({ $0 > 0 }), let all = Tensor.elementCount(counts + block), all < 1 << 28,
            let pixels = Tensor.elementCount(sizes)
        else { throw NodeProblem("windows of \(block) do not fit into \(image)") }
        let images = node.shape(x)[0] * node.shape(x)[1].floorDivided(by: Dim(block.reduce(1, *)))
        let columns = try node.transpose(try node.reshape(x, [images, Dim(all)]), [1, 0])
        let zeros = try node.emit(Fill(shape: [Dim(pixels), images], value: 0, dtype: node.dtype(x)))
        let places = try node.vector(places(windows, block + counts, sizes))
        let rows = try node.transpose(try node.emit(ScatterRows(add: true), zeros, places, columns), [1, 0])
        let channels = node.shape(x)[1].floorDivided(by: Dim(block.reduce(1, *)))
        let y = try node.reshape(rows, [node.shape(x)[0], channels] + sizes.map { Dim($0) })
        let margins = [0, 0] + (0..<rank).map { Dim(-windows.before($0)) }
        return try padded(&node, y, margins, [0, 0] + (0..<rank).map { Dim(-windows.behind($0)) }, value: nil)
    }

    /// Places in an image of `sizes`, for each tap of the windows and each window, which `shape` counts one after the other.
    private static func places(_ windows: SlidingWindows, _ shape: [Int], _ sizes: [Int]) -> [Int] {
        let rank = sizes.count
        return (0..<shape.reduce(1, *)).map { number in
            var (rest, index) = (number, [Int](repeating: 0, count: shape.count))
            for axis in shape.indices.reversed() { (rest, index[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis]) }
            return (0..<rank).reduce(0) { place, axis in
                place * sizes[axis] + index[axis] * windows.dilation[axis] + index[axis + rank] * windows.stride[axis]
            }
        }
    }
}
