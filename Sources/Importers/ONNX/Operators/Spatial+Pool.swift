import IR

extension OperatorMapping {
    static let pooling: [OperatorMapping] = [
        OperatorMapping("MaxPool") { node in try maxPool(&node) },
        .one("AveragePool") { node in
            let x = try node.input(0)
            let isPadded = try node.flag("count_include_pad", false)
            return try node.emit(AveragePool(try poolGeometry(node, x), divisor: isPadded ? .padded : .inside), x)
        },
        .one("LpPool") { node in
            let (x, p) = (try node.input(0), try node.float("p", 2))
            let powers = try power(&node, x, p)
            let sums = try node.emit(AveragePool(try poolGeometry(node, x), divisor: .none), powers)
            return try root(&node, sums, p)
        },
        .one("GlobalAveragePool") { node in
            let x = try node.input(0)
            return try node.rank(x) > 2 ? node.reduce(ReduceMean.self, x, Array(2..<node.rank(x)), keepDims: true) : x
        },
        .one("GlobalMaxPool") { node in
            let x = try node.input(0)
            return try node.rank(x) > 2 ? node.reduce(ReduceMax.self, x, Array(2..<node.rank(x)), keepDims: true) : x
        },
        .one("GlobalLpPool") { node in
            let (x, p) = (try node.input(0), try node.float("p", 2))
            let powers = try power(&node, x, p)
            let sums = try node.rank(x) > 2 ? node.reduce(ReduceSum.self, powers, Array(2..<node.rank(x)), keepDims: true) : powers
            return try root(&node, sums, p)
        },
        .one("MaxUnpool") { node in try maxUnpool(&node) },
        .one("RoiAlign") { node in
            // Version 10 had no attribute for it and took the corners of pixels.
            let usual = node.version < 16 ? "output_half_pixel" : "half_pixel"
            let isMax = try node.string("mode", "avg").lowercased() == "max"
            let op = RoiAlign(
                size: [try node.int("output_height", 1), try node.int("output_width", 1)], scale: try node.float("spatial_scale", 1),
                samples: try node.int("sampling_ratio", 0),
                halfPixel: try node.string("coordinate_transformation_mode", usual).lowercased() == "half_pixel",
                mode: isMax ? .max : .average)
            return try node.emit(op, try node.input(0), try node.input(1), try node.input(2))
        },
        .one("MaxRoiPool") { node in
            guard let size = try node.ints("pooled_shape") else { throw NodeProblem("attribute 'pooled_shape' is missing") }
            return try node.emit(MaxRoiPool(size: size, scale: try node.float("spatial_scale", 1)), try node.input(0), try node.input(1))
        },
        .one("NonMaxSuppression") { node in
            let centered = try node.flag("center_point_box", false)
            var operands: [ValueID?] = [try node.input(0), try node.input(1)]
            operands += (2..<5).map { node.optional($0) }
            while let last = operands.last, last == nil { operands.removeLast() }
            return try node.emit(NonMaxSuppression(centered: centered), operands)
        },
    ]

    private static func poolGeometry(_ node: NodeImport, _ x: ValueID) throws -> PoolGeometry {
        let sizes = Array(node.shape(x).dropFirst(2))
        guard let kernel = try node.ints("kernel_shape") else { throw NodeProblem("attribute 'kernel_shape' is missing") }
        let windows = try node.windows(kernel: kernel, over: sizes)
        return PoolGeometry(
            kernel: windows.kernel, stride: windows.stride, padding: windows.padding, dilation: windows.dilation,
            ceil: try node.flag("ceil_mode", false))
    }

    private static func maxPool(_ node: inout NodeImport) throws -> [ValueID?] {
        let x = try node.input(0)
        let geometry = try poolGeometry(node, x)
        guard node.wants(1) else {
            // Bytes are exact in f32, for which there are kernels.
            let isByte = [.i8, .u8].contains(node.dtype(x))
            let y = try node.emit(MaxPool(geometry), isByte ? node.cast(x, to: .f32) : x)
            return [try node.cast(y, to: node.dtype(x))]
        }
        let results = try node.add(MaxPool(geometry, indices: true), x)
        guard try node.flag("storage_order", false), results.count == 2 else { return results }
        return [results[0], try columnMajor(&node, results[1], Array(node.shape(x).dropFirst(2)))]
    }

    /// Places counted row by row, counted column by column within each plane.
    private static func columnMajor(_ node: inout NodeImport, _ places: ValueID, _ sizes: [Dim]) throws -> ValueID {
        var (rest, step) = (places, Dim(1))
        var sum: ValueID?
        // From the last dimension to the first: its coordinate times the product of those before.
        for axis in sizes.indices.reversed() {
            let size = try node.number(sizes[axis], .i64)
            let stride = try node.number(sizes[..<axis].reduce(1, *), .i64)
            let part = try node.binary(Mul.self, try node.binary(Mod.self, rest, size), stride)
            sum = try sum.map { try node.binary(Add.self, $0, part) } ?? part
            rest = try node.binary(Div.self, rest, size)
            step = step * sizes[axis]
        }
        let plane = try node.binary(Mul.self, rest, try node.number(step, .i64))
        return try sum.map { try node.binary(Add.self, plane, $0) } ?? plane
    }

    private static func power(_ node: inout NodeImport, _ x: ValueID, _ p: Double) throws -> ValueID {
        if p == 2 { return try node.binary(Mul.self, x, x) }
        let size = try node.unary(Abs.self, x)
        return p == 1 ? size : try node.binary(Pow.self, size, p)
    }

    private static func root(_ node: inout NodeImport, _ x: ValueID, _ p: Double) throws -> ValueID {
        if p == 1 { return x }
        return p == 2 ? try node.unary(Sqrt.self, x) : try node.binary(Pow.self, x, 1 / p)
    }

    /// Each element at the place where it was the largest of its window; 0 elsewhere.
    private static func maxUnpool(_ node: inout NodeImport) throws -> ValueID {
        let (x, places) = (try node.input(0), try node.input(1))
        let shape = node.shape(x)
        guard let kernel = try node.ints("kernel_shape") else { throw NodeProblem("attribute 'kernel_shape' is missing") }
        let windows = try node.windows(kernel: kernel, over: Array(shape.dropFirst(2)))
        let own =
            shape[..<2]
            + kernel.indices.map { axis in
                (shape[axis + 2] - 1) * Dim(windows.stride[axis]) + Dim(kernel[axis] - windows.before(axis) - windows.behind(axis))
            }
        let zeros = try node.emit(Fill(shape: [own.reduce(1, *)], value: 0, dtype: node.dtype(x)))
        let count = shape.reduce(1, *)
        let flat = try node.emit(
            ScatterElements(axis: 0), zeros, try node.reshape(places, [count]), try node.reshape(x, [count]))
        let y = try node.reshape(flat, Array(own))
        guard let wanted = node.optional(2) else { return y }
        let sizes = try node.dims(wanted)
        guard sizes.count == own.count else { throw NodeProblem("output_shape must have \(own.count) sizes") }
        return try padded(&node, y, sizes.map { _ in 0 }, zip(sizes, own).map { $0 - $1 }, value: nil)
    }
}
