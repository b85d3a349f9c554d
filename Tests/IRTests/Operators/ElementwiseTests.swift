import Foundation
import IR
import Testing

@Suite struct ElementwiseTests {
    @Test func unaryValues() throws {
        let x: [Float] = [-2, -0.5, 0, 0.5, 1, 2.5]
        let expected: [(any TensorOperator, [Double])] = [
            (Unary<Neg>(), [2, 0.5, 0, -0.5, -1, -2.5]), (Unary<Abs>(), [2, 0.5, 0, 0.5, 1, 2.5]),
            (Unary<Exp>(), [0.135335283, 0.60653066, 1, 1.64872127, 2.71828183, 12.1824940]),
            (Unary<Tanh>(), [-0.96402758, -0.46211716, 0, 0.46211716, 0.76159416, 0.98661430]),
            (Unary<Erf>(), [-0.99532227, -0.52049988, 0, 0.52049988, 0.84270079, 0.99959305]),
            (Unary<Sigmoid>(), [0.11920292, 0.37754067, 0.5, 0.62245933, 0.73105858, 0.92414182]),
            (Unary<Silu>(), [-0.23840584, -0.18877033, 0, 0.31122967, 0.73105858, 2.31035455]),
            (Unary<Gelu>(), [-0.04550026, -0.15426877, 0, 0.34573123, 0.84134475, 2.48447583]),
            (Unary<GeluTanh>(), [-0.04540231, -0.15428599, 0, 0.34571401, 0.84119199, 2.48491573]),
            (Unary<Relu>(), [0, 0, 0, 0.5, 1, 2.5]), (Unary<Sin>(), [-0.90929743, -0.47942554, 0, 0.47942554, 0.84147098, 0.59847214]),
            (Unary<Cos>(), [-0.41614684, 0.87758256, 1, 0.87758256, 0.54030231, -0.80114362]),
            (Unary<Floor>(), [-2, -1, 0, 0, 1, 2]), (Unary<Ceil>(), [-2, 0, 0, 1, 1, 3]),
            (Unary<Round>(), [-2, 0, 0, 0, 1, 2]), (Unary<Square>(), [4, 0.25, 0, 0.25, 1, 6.25]),
            (Unary<Sign>(), [-1, -1, 0, 1, 1, 1]),
            (Unary<Softplus>(), [0.12692801, 0.47407698, 0.69314718, 0.97407698, 1.31326169, 2.57888973]),
        ]
        for (op, values) in expected { #expect(near(try evaluate(op, [Tensor(x, [6])]), values, 1e-6), "\(op)") }
        let positive = Tensor([0.25, 1, 4], [3])
        #expect(near(try evaluate(Unary<Log>(), [positive]), [-1.38629436, 0, 1.38629436]))
        #expect(near(try evaluate(Unary<Sqrt>(), [positive]), [0.5, 1, 2]))
        #expect(near(try evaluate(Unary<Rsqrt>(), [positive]), [2, 1, 0.5]))
        #expect(near(try evaluate(Unary<Reciprocal>(), [positive]), [4, 1, 0.25]))
    }

    @Test func unaryExtremes() throws {
        let x = Tensor([.infinity, -.infinity, .nan, 1e30, -1e30], [5])
        let inf = Double.infinity
        #expect(near(try evaluate(Unary<Silu>(), [x]), [inf, 0, .nan, 1e30, 0], 1e23))
        #expect(near(try evaluate(Unary<GeluTanh>(), [x]), [inf, 0, .nan, 1e30, 0], 1e23))
        #expect(near(try evaluate(Unary<Softplus>(), [x]), [inf, 0, .nan, 1e30, 0], 1e23))
        #expect(near(try evaluate(Unary<Relu>(), [x]), [inf, 0, .nan, 1e30, 0], 1e23))
        #expect(near(try evaluate(Unary<Sign>(), [x]), [1, -1, .nan, 1, -1]))
        #expect(try evaluate(IsNaN(), [x]).bools == [false, false, true, false, false])
    }

    @Test func integerArithmetic() throws {
        let a = Tensor(integers: [7, -7, 7, -7, 5, .min, .min], [7])
        let b = Tensor(integers: [2, 2, -2, -2, 0, -1, 3], [7])
        #expect(try evaluate(Binary<Div>(), [a, b]).integers == [3, -3, -3, 3, 0, .min, .min / 3])
        #expect(try evaluate(Binary<Mod>(), [a, b]).integers == [1, 1, -1, -1, 0, 0, 1])
        #expect(try evaluate(Binary<Add>(), [a, b]).integers == [9, -5, 5, -9, 5, .max, .min + 3])
        #expect(try evaluate(Binary<Maximum>(), [a, b]).integers == [7, 2, 7, -2, 5, -1, 3])
        let powers = [Tensor(integers: [3, 2, 0, -1, 5, -2], [6]), Tensor(integers: [4, -1, -1, -3, 0, 3], [6])]
        #expect(try evaluate(Binary<Pow>(), powers).integers == [81, 0, 0, -1, 1, -8])
        let narrow = [Tensor(integers: [127, -128], [2], as: .i8), Tensor(integers: [1, -1], [2], as: .i8)]
        #expect(try evaluate(Binary<Add>(), narrow).integers == [-128, 127])
        #expect(try evaluate(Binary<Div>(), narrow).integers == [127, -128])
    }

    @Test func floatArithmetic() throws {
        let (a, b) = (Tensor([5.5, -5.5, 1, .nan, 0], [5]), Tensor([2, 2, 0, 1, 0], [5]))
        #expect(near(try evaluate(Binary<Mod>(), [a, b]), [1.5, 0.5, .nan, .nan, .nan]))
        #expect(near(try evaluate(Binary<Div>(), [a, b]), [2.75, -2.75, .infinity, .nan, .nan]))
        #expect(near(try evaluate(Binary<Minimum>(), [a, b]), [2, -5.5, 0, .nan, 0]))
        #expect(near(try evaluate(Binary<Maximum>(), [b, a]), [5.5, 2, 1, .nan, 0]))
        #expect(near(try evaluate(Binary<Sub>(), [a, Tensor([1], [])]), [4.5, -6.5, 0, .nan, -1]))
    }

    @Test func broadcasting() throws {
        let (row, column) = (Tensor([1, 2, 3], [3]), Tensor([10, 20], [2, 1]))
        let sum = try evaluate(Binary<Add>(), [row, column])
        #expect(sum.shape == [2, 3] && sum.floats == [11, 12, 13, 21, 22, 23])
        #expect(try evaluate(Binary<Add>(), [Tensor(zeros: .f32, [0, 3]), row]).shape == [0, 3])
        #expect(throws: InferenceError.self) { try Binary<Add>().infer([row.type, TensorType(.f32, [2])]) }
        let (n, m) = (Dim.symbol("n"), Dim.symbol("m"))
        #expect(try Binary<Mul>().infer([TensorType(.f32, [n, 1]), TensorType(.f32, [m])]) == [TensorType(.f32, [n, m])])
        #expect(throws: InferenceError.self) { try Binary<Mul>().infer([TensorType(.f32, [n]), TensorType(.f32, [m])]) }
        #expect(throws: InferenceError.self) { try Binary<Mul>().infer([TensorType(.f32, [n]), TensorType(.i64, [n])]) }
        #expect(throws: InferenceError.self) { try Binary<Mul>().infer([TensorType(.bool, [n]), TensorType(.bool, [n])]) }
    }

    @Test func comparisonsAndLogic() throws {
        let (a, b) = (Tensor([1, 2, 3, .nan], [4]), Tensor([2, 2, 2, .nan], [4]))
        let expected: [(any TensorOperator, [Bool])] = [
            (Comparison<Equal>(), [false, true, false, false]), (Comparison<NotEqual>(), [true, false, true, true]),
            (Comparison<Less>(), [true, false, false, false]), (Comparison<LessEqual>(), [true, true, false, false]),
            (Comparison<Greater>(), [false, false, true, false]), (Comparison<GreaterEqual>(), [false, true, true, false]),
        ]
        for (op, bools) in expected { #expect(try evaluate(op, [a, b]).bools == bools, "\(op)") }
        let large = [Tensor(integers: [1 << 60], [1]), Tensor(integers: [1 << 60 + 1], [1])]
        #expect(try evaluate(Comparison<Equal>(), large).bools == [false])
        let (p, q) = (Tensor(bools: [true, true, false, false], [4]), Tensor(bools: [true, false, true, false], [4]))
        #expect(try evaluate(Logical<And>(), [p, q]).bools == [true, false, false, false])
        #expect(try evaluate(Logical<Or>(), [p, q]).bools == [true, true, true, false])
        #expect(try evaluate(Logical<Xor>(), [p, q]).bools == [false, true, true, false])
        #expect(try evaluate(Not(), [p]).bools == [false, false, true, true])
    }

    @Test func choice() throws {
        let condition = Tensor(bools: [true, false], [2, 1])
        let result = try evaluate(Where(), [condition, Tensor([1, 2, 3], [3]), Tensor([9], [])])
        #expect(result.shape == [2, 3] && result.floats == [1, 2, 3, 9, 9, 9])
        let nibbles = [Tensor(integers: [1, 2, 3], [3], as: .i4), Tensor(integers: [-8, 7, -1], [3], as: .i4)]
        let flags = Tensor(bools: [true, false, false], [3])
        #expect(try evaluate(Where(), [flags] + nibbles).integers == [1, 7, -1])
    }

    @Test func casts() throws {
        let x = Tensor([1.9, -1.9, 300, -300, .nan, .infinity, 0], [7])
        #expect(try evaluate(Cast(to: .i8), [x]).integers == [1, -1, 127, -128, 0, 127, 0])
        #expect(try evaluate(Cast(to: .u8), [x]).integers == [1, 0, 255, 0, 0, 255, 0])
        #expect(try evaluate(Cast(to: .i64), [x]).integers == [1, -1, 300, -300, 0, .max, 0])
        #expect(try evaluate(Cast(to: .u64), [x]).integers == [1, 0, 300, 0, 0, -1, 0])
        #expect(try evaluate(Cast(to: .u4), [x]).integers == [1, 0, 15, 0, 0, 15, 0])
        #expect(try evaluate(Cast(to: .bool), [x]).bools == [true, true, true, true, true, true, false])
        #expect(try evaluate(Cast(to: .bf16), [Tensor([1.00390625, 1.01171875], [2])]).floats == [1, 1.015625])
        let wide = Tensor(integers: [300, -1, 1 << 40], [3])
        #expect(try evaluate(Cast(to: .i8), [wide]).integers == [44, -1, 0])
        #expect(try evaluate(Cast(to: .u8), [wide]).integers == [44, 255, 0])
        let large = Tensor(integers: [(1 << 54) + (1 << 30) + 1], [1])
        #expect(try evaluate(Cast(to: .f32), [large]).floats == [Float((1 << 54) + (1 << 31))])
        #expect(try evaluate(Cast(to: .f32), [Tensor(integers: [-1], [1], as: .u64)]).floats == [0x1p64])
    }
}
