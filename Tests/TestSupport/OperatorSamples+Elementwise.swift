import IR

extension OperatorSamples {
    static let unary: [OperatorSample] = {
        var draw = SampleTensors(seed: 1)
        var samples: [OperatorSample] = []
        let everywhere: [any TensorOperator] = [
            Unary<Neg>(), Unary<Abs>(), Unary<Exp>(), Unary<Tanh>(), Unary<Erf>(), Unary<Sigmoid>(), Unary<Silu>(),
            Unary<Gelu>(), Unary<GeluTanh>(), Unary<Relu>(), Unary<Sin>(), Unary<Cos>(), Unary<Floor>(), Unary<Ceil>(),
            Unary<Round>(), Unary<Square>(), Unary<Sign>(), Unary<Softplus>(), Unary<Atan>(), Unary<Sinh>(), Unary<Cosh>(),
            Unary<Asinh>(),
        ]
        let positive: [any TensorOperator] = [Unary<Log>(), Unary<Sqrt>(), Unary<Rsqrt>(), Unary<Reciprocal>()]
        let ranges = everywhere.map { ($0, -6.0...6.0) } + positive.map { ($0, 0.1...9.0) } + bounded
        for (op, range) in ranges {
            let name = type(of: op).opName
            samples.append(OperatorSample("\(name) odd", op, [draw.floats([3, 5, 7], range)]))
            samples.append(OperatorSample("\(name) long", op, [draw.floats([1037], range)]))
            samples.append(OperatorSample("\(name) scalar", op, [draw.floats([], range)]))
            samples.append(OperatorSample("\(name) empty", op, [draw.floats([2, 0, 3], range)]))
        }
        let withNaN = Tensor([1, Float.nan, -.infinity, 0, .nan, 3, 4, 5, .nan], [3, 3])
        samples.append(OperatorSample("is_nan", IsNaN(), [withNaN]))
        samples.append(OperatorSample("not", Not(), [draw.bools([5, 13])]))
        return samples + casts
    }()

    /// Functions that are defined, or finite, on a part of the line.
    private static let bounded: [(any TensorOperator, ClosedRange<Double>)] = [
        (Unary<Tan>(), -1.5...1.5), (Unary<Asin>(), -1...1), (Unary<Acos>(), -1...1), (Unary<Acosh>(), 1...9),
        (Unary<Atanh>(), -0.99...0.99),
    ]

    private static let casts: [OperatorSample] = {
        var draw = SampleTensors(seed: 2)
        let pairs: [(DType, DType)] = [
            (.f32, .f16), (.f32, .bf16), (.f16, .f32), (.bf16, .f32), (.f32, .i64), (.f32, .i8), (.f32, .u8), (.f32, .bool),
            (.f32, .f64), (.f64, .f32), (.i64, .f32), (.i32, .f32), (.i64, .i32), (.i32, .i64), (.i64, .i8), (.i64, .bool),
            (.bool, .f32), (.bool, .i64), (.u8, .f32), (.i8, .f32), (.f32, .f32),
        ]
        return pairs.map { from, to in
            let x =
                switch from {
                case .bool: draw.bools([3, 11])
                case _ where from.isFloat: draw.floats([3, 11], -300...300, as: from)
                default: draw.integers([3, 11], from.isSigned ? -100...100 : 0...200, as: from)
                }
            return OperatorSample("cast \(from.rawValue) \(to.rawValue)", Cast(to: to), [x])
        } + narrow(draw.floats([3, 11], -300...300))
    }()

    private static func narrow(_ x: Tensor) -> [OperatorSample] {
        [
            OperatorSample("cast narrow", Cast(to: .f8e4m3fn), [x]),
            OperatorSample("cast unsaturated", Cast(to: .f8e5m2, saturate: false), [x]),
            OperatorSample("cast nearest power", Cast(to: .f8e8m0, rounding: .nearest), [x]),
            OperatorSample("bit_cast f32", BitCast(to: .i32), [x]),
            OperatorSample("bit_cast i64", BitCast(to: .f64), [Tensor(integers: [1 << 62, 0, 3 << 61], [3])]),
        ]
    }

    static let binary: [OperatorSample] = {
        var draw = SampleTensors(seed: 3)
        var samples: [OperatorSample] = []
        let arithmetic: [any TensorOperator] = [
            Binary<Add>(), Binary<Sub>(), Binary<Mul>(), Binary<Div>(), Binary<Minimum>(), Binary<Maximum>(), Binary<Mod>(),
            Binary<Rem>(),
        ]
        let comparisons: [any TensorOperator] = [
            Comparison<Equal>(), Comparison<NotEqual>(), Comparison<Less>(), Comparison<LessEqual>(), Comparison<Greater>(),
            Comparison<GreaterEqual>(),
        ]
        for op in arithmetic + comparisons {
            let name = type(of: op).opName
            for (label, a, b) in shapePairs {
                samples.append(OperatorSample("\(name) \(label)", op, [draw.floats(a), draw.floats(b, 0.5...3)]))
            }
            for dtype in [DType.i64, .i32] {
                let operands = [draw.integers([4, 9], as: dtype), draw.integers([9], -3...3, as: dtype)]
                samples.append(OperatorSample("\(name) \(dtype.rawValue)", op, operands))
            }
        }
        for (label, a, b) in shapePairs {
            samples.append(OperatorSample("pow \(label)", Binary<Pow>(), [draw.floats(a, 0.1...3), draw.floats(b)]))
        }
        samples.append(OperatorSample("pow i64", Binary<Pow>(), [draw.integers([7]), draw.integers([7], 0...5)]))
        return samples + choices
    }()

    /// Equal, long, row, column, both stretched, scalar, rank added, empty.
    private static let shapePairs: [(String, [Int], [Int])] = [
        ("equal", [3, 37], [3, 37]), ("long", [1029], [1029]), ("row", [5, 35], [35]), ("column", [5, 35], [5, 1]),
        ("both", [4, 1, 17], [3, 1]), ("scalar", [3, 19], []), ("scalar first", [], [3, 19]), ("middle", [2, 3, 18], [2, 1, 18]),
        ("empty", [3, 0], [1, 0]), ("none left", [0], [1]),
    ]

    private static let choices: [OperatorSample] = {
        var draw = SampleTensors(seed: 4)
        var samples: [OperatorSample] = []
        let logical: [any TensorOperator] = [Logical<And>(), Logical<Or>(), Logical<Xor>()]
        for op in logical {
            let name = type(of: op).opName
            samples.append(OperatorSample("\(name) equal", op, [draw.bools([5, 17]), draw.bools([5, 17])]))
            samples.append(OperatorSample("\(name) broadcast", op, [draw.bools([2, 1, 7]), draw.bools([5, 1])]))
            samples.append(OperatorSample("\(name) i64", op, [draw.integers([4, 9]), draw.integers([9])]))
        }
        for op in [Shift<ShiftLeft>(), Shift<ShiftRight>()] as [any TensorOperator] {
            let name = type(of: op).opName
            samples.append(OperatorSample("\(name) i64", op, [draw.integers([4, 9]), draw.integers([9], -3...70)]))
            let places = draw.integers([4, 1], 0...40, as: .i32)
            samples.append(OperatorSample("\(name) column", op, [draw.integers([4, 9], as: .i32), places]))
        }
        samples.append(OperatorSample("eq bool", Comparison<Equal>(), [draw.bools([19]), draw.bools([19])]))
        samples += [
            OperatorSample("where equal", Where(), [draw.bools([3, 37]), draw.floats([3, 37]), draw.floats([3, 37])]),
            OperatorSample("where broadcast", Where(), [draw.bools([2, 1, 5]), draw.floats([3, 1]), draw.floats([])]),
            OperatorSample("where i64", Where(), [draw.bools([6, 1]), draw.integers([6, 5]), draw.integers([5])]),
            OperatorSample("where bool", Where(), [draw.bools([6]), draw.bools([6]), draw.bools([1])]),
        ]
        return samples
    }()
}
