import IR

extension OperatorMapping {
    static let sources: [OperatorMapping] = [
        .one("Constant") { node in
            if let tensor = try node.tensorAttribute("value") ?? node.tensorAttribute("sparse_value") { return try node.constant(tensor) }
            if let value = try node.float("value_float") { return try node.scalar(value, .f32) }
            if let value = try node.int("value_int") { return try node.scalar(value) }
            if let value = try node.string("value_string") { return try node.constant(Tensor(strings: [value], [])) }
            if let values = try node.floats("value_floats") { return try node.constant(Tensor(values, [values.count], as: .f32)) }
            if let values = try node.ints("value_ints") { return try node.vector(values) }
            if let values = try node.strings("value_strings") { return try node.constant(Tensor(strings: values, [values.count])) }
            throw NodeProblem("it has no value")
        },
        .one("ConstantOfShape") { node in
            let value = try node.tensorAttribute("value") ?? Tensor([Float(0)], [1])
            let shape = try node.dims(try node.input(0))
            guard value.count == 1, let single = value.reshaped([]) else { throw NodeProblem("its value must be one number") }
            if value.dtype == .string || value.dtype.bits < 8 { return try node.expand(try node.constant(single), shape) }
            let number: Scalar = value.dtype.isFloat ? .float(value.doubles.first ?? 0) : .int(value.integers.first ?? 0)
            return try node.emit(Fill(shape: shape, value: number, dtype: value.dtype))
        },
        .one("EyeLike") { node in
            let x = try node.input(0)
            let shape = node.shape(x)
            guard shape.count == 2 else { throw NodeProblem("\(node.type(x)) is no matrix") }
            let dtype = try node.dtypeAttribute("dtype") ?? node.dtype(x)
            let row = try node.reshape(try node.emit(Iota(size: shape[0], start: try node.int("k", 0))), [shape[0], 1])
            return try node.cast(try node.emit(Comparison<Equal>(), [row, try node.emit(Iota(size: shape[1]))]), to: dtype)
        },
        .one("Range") { node in try range(&node) },
    ]

    /// Integers that sizes decide stay sizes; others are computed.
    private static func range(_ node: inout NodeImport) throws -> ValueID {
        let (start, limit, delta) = (try node.input(0), try node.input(1), try node.input(2))
        let dtype = node.dtype(start)
        if dtype.isInteger, let first = node.known(start)?.first, let last = node.known(limit)?.first,
            let step = node.known(delta)?.first?.value, step != 0
        {
            let length = step > 0 ? last - first : first - last
            let count = Dim.larger(length.ceilDivided(by: Dim(abs(step))), 0)
            return try counted(&node, count, start, delta, dtype)
        }
        // Integers are exact as such, however large they are.
        let wide: DType = dtype.isInteger ? .i64 : .f64
        let distance = try node.binary(Sub.self, try node.cast(limit, to: wide), try node.cast(start, to: wide))
        let step = try node.cast(delta, to: wide)
        var length: ValueID
        if dtype.isInteger {
            let rest = try node.binary(Sub.self, distance, try direction(&node, step))
            length = try node.binary(Div.self, try node.binary(Add.self, rest, step), step)
        } else {
            length = try node.unary(Ceil.self, try node.binary(Div.self, distance, step))
        }
        length = try node.binary(Maximum.self, length, 0)
        let count = try node.dims(try node.reshape(try node.cast(length, to: .i64), [1]))[0]
        return try counted(&node, count, start, delta, dtype)
    }

    /// start + i · delta; narrow floats in f32, rounded once.
    private static func counted(
        _ node: inout NodeImport, _ count: Dim, _ start: ValueID, _ delta: ValueID, _ dtype: DType
    ) throws -> ValueID {
        let wide: DType = dtype == .f16 || dtype == .bf16 ? .f32 : dtype
        let steps = try node.cast(try node.emit(Iota(size: count)), to: wide)
        let offsets = try node.binary(Mul.self, steps, try node.reshape(try node.cast(delta, to: wide), []))
        return try node.cast(try node.binary(Add.self, offsets, try node.reshape(try node.cast(start, to: wide), [])), to: dtype)
    }
}
