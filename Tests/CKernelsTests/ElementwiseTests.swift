import CKernels
import Foundation
import TestSupport
import Testing

@Suite struct ElementwiseTests {
    /// Operator, the function in double precision, ulp and absolute error that `kernels.def` promises (and half an ulp, by
    /// which the expected value is itself rounded). Functions that the table calls exact must round correctly, but for
    /// `rsqrt`, which rounds twice.
    static let unary: [(tk_unary_op, @Sendable (Double) -> Double, ulp: Double, absolute: Double)] = [
        (TK_UNARY_NEG, { -$0 }, 0, 0), (TK_UNARY_ABS, { abs($0) }, 0, 0), (TK_UNARY_SQUARE, { $0 * $0 }, 0.5, 0),
        (TK_UNARY_SIGN, { $0.isNaN ? $0 : $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }, 0, 0),
        (TK_UNARY_RELU, { $0.isNaN ? $0 : max($0, 0) }, 0, 0),
        (TK_UNARY_FLOOR, { $0.rounded(.down) }, 0, 0), (TK_UNARY_CEIL, { $0.rounded(.up) }, 0, 0),
        (TK_UNARY_ROUND, { $0.rounded(.toNearestOrEven) }, 0, 0), (TK_UNARY_SQRT, { $0.squareRoot() }, 0.5, 0),
        (TK_UNARY_RSQRT, { 1 / $0.squareRoot() }, 1.5, 0), (TK_UNARY_RECIPROCAL, { 1 / $0 }, 0.5, 0),
        (TK_UNARY_EXP, { exp($0) }, 1, 0), (TK_UNARY_LOG, { log($0) }, 1, 0), (TK_UNARY_TANH, { tanh($0) }, 1.5, 0),
        (TK_UNARY_ERF, { erf($0) }, 1.5, 0), (TK_UNARY_SIGMOID, { 1 / (1 + exp(-$0)) }, 2.5, 1e-36),
        (TK_UNARY_SILU, { $0 / (1 + exp(-$0)) }, 2.5, 1e-36),
        (TK_UNARY_SOFTPLUS, { max($0, 0) + log1p(exp(-abs($0))) }, 2, 1e-36),
        (TK_UNARY_GELU, { 0.5 * $0 * (1 + erf($0 * 0.5.squareRoot())) }, 3, 2e-7),
        (TK_UNARY_GELU_TANH, { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }, 1.5, 2e-7),
        (TK_UNARY_SIN, { sin($0) }, 1, 0), (TK_UNARY_COS, { cos($0) }, 1, 0), (TK_UNARY_TAN, { tan($0) }, 1, 0),
        (TK_UNARY_ASIN, { asin($0) }, 1, 0), (TK_UNARY_ACOS, { acos($0) }, 1, 0), (TK_UNARY_ATAN, { atan($0) }, 1, 0),
        (TK_UNARY_SINH, { sinh($0) }, 2, 0), (TK_UNARY_COSH, { cosh($0) }, 2, 0), (TK_UNARY_ASINH, { asinh($0) }, 2, 0),
        (TK_UNARY_ACOSH, { acosh($0) }, 2, 0), (TK_UNARY_ATANH, { atanh($0) }, 2, 0),
    ]

    @Test func unaryFunctions() async {
        await #expect(processExitsWith: .success) {
            #expect(ElementwiseTests.unary.count == Int(TK_UNARY_COUNT.rawValue))
            for entry in ElementwiseTests.unary { try ElementwiseTests.check(entry) }
        }
    }

    private static func check(_ entry: (op: tk_unary_op, function: @Sendable (Double) -> Double, ulp: Double, absolute: Double)) throws {
        var draw = SampleTensors(seed: 11)
        let special: [Float] = [0, -0.0, 0x1p-133, -0x1p-133, 0.5, 1.5, 2.5, -2.5, 88.7, 89, -103.9, 1, .nan, .leastNormalMagnitude]
        let x = special + draw.floats([9000], -0.01...0.01).floats + draw.floats([9000], -90...90).floats + draw.floats([2003]).floats
        let expected = x.map { entry.function(Double($0)) }
        let info = tk_kernel_at(Int(entry.op.rawValue))
        let name = String(cString: info.name)
        let isGelu = entry.op == TK_UNARY_GELU || entry.op == TK_UNARY_GELU_TANH
        let sweep = Sweep(name: name, exact: String(cString: info.promise) == "exact")
        for result in try sweep.run(x.count, Float.self, { tk_unary_f32(entry.op, x, $0, x.count) }) {
            let fault = fault(result, expected) { index in
                let wanted = Float(expected[index])
                // Beyond the largest float lies infinity, one ulp away.
                if wanted.isInfinite && wanted == result[index] { return .infinity }
                return entry.ulp * Double(wanted.ulp) + (isGelu && x[index] > 0 ? 0 : entry.absolute)
            }
            #expect(fault == nil, "\(name)")
        }
    }

    static let binary: [(tk_binary_op, @Sendable (Double, Double) -> Double)] = [
        (TK_BINARY_ADD, { $0 + $1 }), (TK_BINARY_SUB, { $0 - $1 }), (TK_BINARY_MUL, { $0 * $1 }), (TK_BINARY_DIV, { $0 / $1 }),
        (TK_BINARY_MIN, { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }), (TK_BINARY_MAX, { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }),
        (TK_BINARY_EQ, { $0 == $1 ? 1 : 0 }), (TK_BINARY_NE, { $0 != $1 ? 1 : 0 }),
        (TK_BINARY_LT, { $0 < $1 ? 1 : 0 }), (TK_BINARY_LE, { $0 <= $1 ? 1 : 0 }), (TK_BINARY_GT, { $0 > $1 ? 1 : 0 }),
        (TK_BINARY_GE, { $0 >= $1 ? 1 : 0 }),
    ]

    /// Every pattern of repeated dimensions, with NaN and equal elements among the operands; results must round correctly.
    @Test func binaryFunctions() async {
        await #expect(processExitsWith: .success) {
            for shape in [[2500], [60, 41], [7, 9, 11], [4, 5, 6, 7]] {
                for (a, b) in [(0, 0), (0, 1), (2, 0), (1, 6), (5, 10), (15, 0), (0, 15)] {
                    for entry in ElementwiseTests.binary { try ElementwiseTests.check(entry, shape, a, b) }
                }
            }
        }
    }

    /// Strides of a dense operand that repeats the dimensions whose bits are set, and its element count.
    private static func strides(_ shape: [Int], repeating bits: Int) -> ([Int], count: Int) {
        var (strides, count) = ([Int](repeating: 0, count: shape.count), 1)
        for axis in shape.indices.reversed() where bits >> axis & 1 == 0 {
            strides[axis] = count
            count *= shape[axis]
        }
        return (strides, count)
    }

    private static func check(
        _ entry: (op: tk_binary_op, function: @Sendable (Double, Double) -> Double), _ shape: [Int], _ bitsA: Int, _ bitsB: Int
    ) throws {
        var draw = SampleTensors(seed: 12)
        let ((stridesA, countA), (stridesB, countB)) = (strides(shape, repeating: bitsA), strides(shape, repeating: bitsB))
        var a = draw.floats([countA]).floats.enumerated().map { $0 % 3 == 0 ? $1.rounded() : $1 }
        let b = draw.floats([countB]).floats.enumerated().map { $0 % 3 == 0 ? $1.rounded() : $1 }
        if countA > 5 { a[5] = .nan }
        let count = shape.reduce(1, *)
        let expected = (0..<count).map { number in
            var (rest, i, j) = (number, 0, 0)
            for axis in shape.indices.reversed() {
                i += rest % shape[axis] * stridesA[axis]
                j += rest % shape[axis] * stridesB[axis]
                rest /= shape[axis]
            }
            return entry.function(Double(a[i]), Double(b[j]))
        }
        let sweep = Sweep(name: "binary \(entry.op.rawValue) \(shape) \(bitsA) \(bitsB)", exact: true)
        func call(_ y: UnsafeMutableRawPointer) -> tk_status {
            tk_binary(TK_F32, entry.op, Int32(shape.count), shape, a, stridesA, b, stridesB, y)
        }
        let results =
            entry.op.rawValue >= TK_BINARY_EQ.rawValue
            ? try sweep.run(count, UInt8.self) { call($0) }.map { $0.map { Float($0) } } : try sweep.run(count, Float.self) { call($0) }
        for result in results { #expect(fault(result, expected.map { Double(Float($0)) }) { _ in 0 } == nil, "\(sweep.name)") }
    }

    /// Stages of one call against one call for each, which the tests above hold to the definition: the same bits.
    @Test(arguments: [(1, 1), (7, 61), (3, 5000), (300, 9)])
    func stagesAreCallsAfterEachOther(_ rows: Int, _ columns: Int) async {
        await #expect(processExitsWith: .success) { [rows, columns] in
            var draw = SampleTensors(seed: 13)
            let (n, x) = (rows * columns, draw.floats([rows * columns]).floats)
            let (row, column, number) = (draw.floats([columns]).floats, draw.floats([rows]).floats, draw.floats([1]).floats)
            func apart(_ y: UnsafeMutablePointer<Float>) -> tk_status {
                let shape = [rows, columns]
                var status = [tk_binary(TK_F32, TK_BINARY_ADD, 2, shape, x, [columns, 1], row, [0, 1], y)]
                status.append(tk_unary_f32(TK_UNARY_TANH, y, y, n))
                status.append(tk_binary(TK_F32, TK_BINARY_SUB, 2, shape, column, [1, 0], y, [columns, 1], y))
                status.append(tk_binary(TK_F32, TK_BINARY_MUL, 2, shape, y, [columns, 1], number, [0, 0], y))
                return status.first { $0 != TK_OK } ?? TK_OK
            }
            func together(_ y: UnsafeMutablePointer<Float>) -> tk_status {
                x.withUnsafeBufferPointer { x in
                    row.withUnsafeBufferPointer { row in
                        column.withUnsafeBufferPointer { column in
                            number.withUnsafeBufferPointer { number in
                                func stage(
                                    _ op: UInt32, _ a: UnsafePointer<Float>?, _ aKind: tk_operand, _ b: UnsafePointer<Float>?,
                                    _ bKind: tk_operand
                                ) -> tk_stage {
                                    tk_stage(op: Int32(op), a: a, a_kind: aKind, b: b, b_kind: bKind, y: y, a_slot: 0, b_slot: 0, y_slot: 0)
                                }
                                let stages = [
                                    stage(TK_BINARY_ADD.rawValue, x.baseAddress, TK_OPERAND_DENSE, row.baseAddress, TK_OPERAND_ROW),
                                    stage(TK_UNARY_TANH.rawValue, y, TK_OPERAND_DENSE, nil, TK_OPERAND_DENSE),
                                    stage(TK_BINARY_SUB.rawValue, column.baseAddress, TK_OPERAND_COLUMN, y, TK_OPERAND_DENSE),
                                    stage(TK_BINARY_MUL.rawValue, y, TK_OPERAND_DENSE, number.baseAddress, TK_OPERAND_SCALAR),
                                ]
                                return tk_elementwise(stages, 4, rows, columns)
                            }
                        }
                    }
                }
            }
            let (first, second) = (Sweep(name: "apart", exact: false), Sweep(name: "together", exact: false))
            let expected = try first.run(n, Float.self) { apart($0) }
            let results = try second.run(n, Float.self) { together($0) }
            #expect(results == expected)
        }
    }

    /// (x + row) and its tanh stay in the block; their product is written.
    @Test(arguments: [(1, 1), (3, 7), (40, 500), (2, 5000), (1, 9000)])
    func whatIsKeptForABlockAloneIsTheSame(_ rows: Int, _ columns: Int) throws {
        let n = rows * columns
        let x = (0..<n).map { Float($0 % 1013) / 100 - 5 }
        let row = (0..<columns).map { Float($0 % 7) }
        var y = [Float](repeating: 0, count: n)
        let status = x.withUnsafeBufferPointer { x in
            row.withUnsafeBufferPointer { row in
                y.withUnsafeMutableBufferPointer { y in
                    let some = x.baseAddress
                    let stages = [
                        tk_stage(
                            op: Int32(TK_BINARY_ADD.rawValue), a: x.baseAddress, a_kind: TK_OPERAND_DENSE, b: row.baseAddress,
                            b_kind: TK_OPERAND_ROW, y: nil, a_slot: 0, b_slot: 0, y_slot: 1),
                        tk_stage(
                            op: Int32(TK_UNARY_NEG.rawValue), a: some, a_kind: TK_OPERAND_DENSE, b: nil, b_kind: TK_OPERAND_DENSE, y: nil,
                            a_slot: 1, b_slot: 0, y_slot: 2),
                        tk_stage(
                            op: Int32(TK_BINARY_MUL.rawValue), a: some, a_kind: TK_OPERAND_DENSE, b: some, b_kind: TK_OPERAND_DENSE,
                            y: y.baseAddress, a_slot: 1, b_slot: 2, y_slot: 0),
                    ]
                    return tk_elementwise(stages, 3, rows, columns)
                }
            }
        }
        #expect(status == TK_OK)
        #expect((0..<n).allSatisfy { y[$0] == -(x[$0] + row[$0 % columns]) * (x[$0] + row[$0 % columns]) })
    }

    @Test func stagesThatNoBlockCanRunAreRefused() {
        var y: [Float] = [0]
        let one: [Float] = [1]
        func status(_ op: UInt32, _ a: tk_operand, _ b: tk_operand) -> tk_status {
            one.withUnsafeBufferPointer { one in
                y.withUnsafeMutableBufferPointer { y in
                    let stage = tk_stage(
                        op: Int32(op), a: one.baseAddress, a_kind: a, b: one.baseAddress, b_kind: b, y: y.baseAddress, a_slot: 0, b_slot: 0,
                        y_slot: 0)
                    return tk_elementwise([stage], 1, 1, 1)
                }
            }
        }
        #expect(status(TK_BINARY_ADD.rawValue, TK_OPERAND_DENSE, TK_OPERAND_ROW) == TK_OK)
        #expect(status(TK_BINARY_ADD.rawValue, TK_OPERAND_SCALAR, TK_OPERAND_COLUMN) == TK_UNSUPPORTED)
        #expect(status(TK_BINARY_EQ.rawValue, TK_OPERAND_DENSE, TK_OPERAND_DENSE) == TK_UNSUPPORTED)
        #expect(tk_elementwise([], 17, 1, 1) == TK_BAD_ARGUMENT)
        #expect(status(99, TK_OPERAND_DENSE, TK_OPERAND_DENSE) == TK_UNSUPPORTED)
    }

    @Test func integersWrapAndDivideByZero() {
        let (a, b): ([Int64], [Int64]) = ([7, -7, 7, -7, .max, .min, 5, 0], [2, 2, -2, -2, 1, -1, 0, 0])
        func apply(_ op: tk_binary_op) -> [Int64] {
            var y = [Int64](repeating: 99, count: a.count)
            #expect(tk_binary(TK_I64, op, 1, [a.count], a, [1], b, [1], &y) == TK_OK)
            return y
        }
        #expect(apply(TK_BINARY_DIV) == [3, -3, -3, 3, .max, .min, 0, 0])
        #expect(apply(TK_BINARY_MOD) == [1, 1, -1, -1, 0, 0, 0, 0])
        #expect(apply(TK_BINARY_ADD) == [9, -5, 5, -9, .min, .max, 5, 0])
    }

    /// All 65536 patterns of f16 there and back, and floats all over the range to f16 and bf16.
    @Test func halfPrecision() async {
        await #expect(processExitsWith: .success) {
            let patterns = (0...UInt16.max).map { $0 }
            let wide = try Sweep(name: "f16 to f32", exact: true).run(patterns.count, Float.self) {
                tk_cast(TK_F16, TK_F32, patterns, $0, 65_536)
            }
            for result in wide {
                #expect(
                    zip(result, patterns).allSatisfy { $0 == Float(Float16(bitPattern: $1)) || ($0.isNaN && Float16(bitPattern: $1).isNaN) }
                )
            }
            for start in stride(from: UInt32(0), to: 0xFF00_0000, by: 0x0404_0307) {
                let x = (0..<4096).map { Float(bitPattern: start &+ $0 &* 3571) }.filter { !$0.isNaN }
                let narrow = try Sweep(name: "f32 to f16", exact: true).run(x.count, UInt16.self) {
                    tk_cast(TK_F32, TK_F16, x, $0, x.count)
                }
                #expect(narrow.allSatisfy { $0 == x.map { Float16($0).bitPattern } })
                let brain = try Sweep(name: "f32 to bf16", exact: true).run(x.count, UInt16.self) {
                    tk_cast(TK_F32, TK_BF16, x, $0, x.count)
                }
                let expected = x.map { UInt16(truncatingIfNeeded: ($0.bitPattern &+ 0x7FFF &+ ($0.bitPattern >> 16 & 1)) >> 16) }
                #expect(brain.allSatisfy { $0 == expected })
            }
        }
    }

    @Test func castsSaturateAndWrap() {
        let x: [Double] = [1e300, -1e300, .nan, -0.9, 255.9, 3e9, -.infinity]
        var (bytes, words) = ([UInt8](repeating: 9, count: 7), [Int32](repeating: 9, count: 7))
        #expect(tk_cast(TK_F64, TK_U8, x, &bytes, 7) == TK_OK && bytes == [255, 0, 0, 0, 255, 255, 0])
        #expect(tk_cast(TK_F64, TK_I32, x, &words, 7) == TK_OK && words == [.max, .min, 0, 0, 255, .max, .min])
        let integers: [Int32] = [-1, 300, 70_000, 0]
        #expect(tk_cast(TK_I32, TK_U8, integers, &bytes, 4) == TK_OK && Array(bytes[..<4]) == [255, 44, 112, 0])
        #expect(tk_cast(TK_I32, TK_BOOL, integers, &bytes, 4) == TK_OK && Array(bytes[..<4]) == [1, 1, 1, 0])
        for from in 0..<13 {
            for to in 0..<13 {
                let (source, target) = ([UInt64](repeating: 0, count: 300), UnsafeMutablePointer<UInt64>.allocate(capacity: 300))
                #expect(tk_cast(tk_dtype(rawValue: UInt32(from)), tk_dtype(rawValue: UInt32(to)), source, target, 300) == TK_OK)
                target.deallocate()
            }
        }
    }
}
