import IR

extension OperatorMapping {
    static let sampling: [OperatorMapping] = [
        .one("GridSample") { node in try gridSample(&node) },
        .one("AffineGrid") { node in try affineGrid(&node) },
    ]

    /// Grids count from -1 to 1 over x, last dimension first: from the centres of the outermost pixels if aligned, else from their edges.
    private static func gridSample(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let (rank, aligned) = (node.rank(x) - 2, try node.flag("align_corners", false))
        var grid = try node.input(1)
        if node.dtype(grid) != .f64 { grid = try node.cast(grid, to: .f32) }
        let dtype = node.dtype(grid)
        let last = node.rank(grid) - 1
        guard rank > 0, last >= 1, node.shape(grid)[last] == Dim(rank) else {
            throw NodeProblem("a grid of \(node.type(grid)) does not fit \(node.type(x))")
        }
        let parts = try (0..<rank).reversed().map { index -> ValueID in
            let part = try node.slice(grid, axis: last, index..<index + 1)
            let size = try node.number(node.shape(x)[rank + 1 - index], dtype)
            let upwards = try node.binary(Add.self, part, 1)
            if aligned { return try node.binary(Mul.self, try node.binary(Mul.self, upwards, 0.5), try node.binary(Sub.self, size, 1)) }
            return try node.binary(Mul.self, try node.binary(Sub.self, try node.binary(Mul.self, upwards, size), 1), 0.5)
        }
        let mode: Sample.Mode
        switch try node.string("mode", "linear") {
        case "linear", "bilinear": mode = .linear
        case "cubic", "bicubic": mode = .cubic
        case "nearest": mode = .nearest
        case let other: throw NodeProblem("mode '\(other)' is not supported")
        }
        let outside: Sample.Outside
        switch try node.string("padding_mode", "zeros") {
        case "zeros": outside = .zeros
        case "border": outside = .border
        case "reflection": outside = aligned ? .mirror : .reflect
        case let other: throw NodeProblem("padding_mode '\(other)' is not supported")
        }
        let positions = try node.concat(parts, axis: last)
        if node.dtype(x).isFloat { return try node.emit(Sample(mode: mode, outside: outside), x, positions) }
        let y = try node.emit(Sample(mode: mode, outside: outside), try node.cast(x, to: .f64), positions)
        return try node.cast(y, to: node.dtype(x))
    }

    /// Positions from -1 to 1, last dimension first and then 1, times θ.
    private static func affineGrid(_ node: inout NodeImport) throws -> ValueID {
        let theta = try node.input(0)
        let sizes = Array(try node.dims(try node.input(1)).dropFirst(2))
        let (rank, aligned) = (sizes.count, try node.flag("align_corners", false))
        guard (1...3).contains(rank), node.rank(theta) == 3 else { throw NodeProblem("\(node.type(theta)) and \(sizes) do not fit") }
        var parts: [ValueID] = []
        for axis in (0..<rank).reversed() {
            let count = try node.number(sizes[axis], .f64)
            var line = try node.cast(try node.emit(Iota(size: sizes[axis])), to: .f64)
            // 2i/(n - 1) - 1, or (2i + 1)/n - 1
            line = try node.binary(Mul.self, line, 2)
            if !aligned { line = try node.binary(Add.self, line, 1) }
            let span = aligned ? try node.binary(Maximum.self, try node.binary(Sub.self, count, 1), 1) : count
            line = try node.binary(Sub.self, try node.binary(Div.self, line, span), 1)
            line = try node.reshape(line, (0...rank).map { $0 == axis ? sizes[axis] : 1 })
            parts.append(try node.expand(line, sizes + [1]))
        }
        parts.append(try node.emit(Fill(shape: sizes + [1], value: 1, dtype: .f64)))
        let points = try node.reshape(try node.concat(parts, axis: rank), [sizes.reduce(1, *), Dim(rank + 1)])
        let images = node.shape(theta)[0]
        let grid = try node.emit(
            MatMul(transposeB: true), try node.expand(points, [images] + node.shape(points)), try node.cast(theta, to: .f64))
        return try node.cast(try node.reshape(grid, [images] + sizes + [Dim(rank)]), to: node.dtype(theta))
    }
}
