import IR
import TestSupport
import Testing

/// Elements that a detour over doubles, floats or signed integers would change.
@Suite struct ElementTypeTests {
    private let beyond = 1 << 53 + 1

    @Test func floatsRoundOnceToHalves() throws {
        // Just above the middle of two neighbours; through f32 it becomes the middle, which goes to the even one below.
        let x = Tensor([1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-8 + 0x1p-40, -(1 + 0x1p-11 + 0x1p-40), 0x1p-25 + 0x1p-60], [4], as: .f64)
        #expect(try evaluate(Cast(to: .f16), [x]).doubles == [1 + 0x1p-10, 1.00390625, -(1 + 0x1p-10), 0x1p-24])
        #expect(try evaluate(Cast(to: .bf16), [x]).doubles[1] == 1 + 0x1p-7)
        let extremes = Tensor([65519.9999999, 65520, 1e300, -1e300, .nan, 1e-300, -0.0], [7], as: .f64)
        let halves = try evaluate(Cast(to: .f16), [extremes]).doubles
        #expect(Array(halves[..<4]) == [65504, .infinity, .infinity, -.infinity] && halves[4].isNaN && halves[5] == 0)
        #expect(halves[6].sign == .minus)
    }

    @Test func integersRoundOnceToFloats() throws {
        // 2^56 + 2^48 lies between two bf16 neighbours, and one more is nearer to the upper one.
        let middle = 1 << 56 + 1 << 48
        let x = Tensor(integers: [middle, middle + 1, -middle - 1, 1 << 54 + 1 << 30 + 1], [4])
        #expect(try evaluate(Cast(to: .bf16), [x]).doubles.prefix(3) == [0x1p56, 0x1p56 + 0x1p49, -0x1p56 - 0x1p49])
        #expect(x.floats[3] == 0x1p54 + 0x1p31)
        #expect(Tensor(naturals: [UInt(middle) + 1, .max], [2]).floats == [Float(UInt(middle) + 1), 0x1p64])
        #expect(try evaluate(Cast(to: .bf16), [Tensor(naturals: [UInt(middle) + 1], [1])]).doubles == [0x1p56 + 0x1p49])
    }

    @Test func unsignedIntegersAreUnsigned() throws {
        let (large, small) = (Tensor(naturals: [.max, 1 << 63], [2]), Tensor(naturals: [2, 3], [2]))
        #expect(large.doubles == [0x1p64, 0x1p63])
        #expect(try evaluate(Comparison<Greater>(), [large, small]).bools == [true, true])
        #expect(try evaluate(Binary<Maximum>(), [large, small]) == large)
        #expect(try evaluate(Binary<Minimum>(), [large, small]) == small)
        #expect(try evaluate(Binary<Div>(), [large, small]) == Tensor(naturals: [.max / 2, (1 << 63) / 3], [2]))
        #expect(try evaluate(Binary<Mod>(), [large, small]) == Tensor(naturals: [1, (1 << 63) % 3], [2]))
        #expect(try evaluate(Binary<Pow>(), [small, large]) == Tensor(naturals: [0, power(3, 1 << 63)], [2]))
        let all = Tensor(naturals: [5, .max, 1 << 63], [3])
        #expect(try evaluate(Reduce<ReduceMax>(axes: [0]), [all]) == Tensor(naturals: [.max], []))
        #expect(try evaluate(Reduce<ReduceMin>(axes: [0]), [all]) == Tensor(naturals: [5], []))
        #expect(try evaluate(Reduce<ReduceMax>(axes: [0]), [Tensor(zeros: .u64, [0])]) == Tensor(naturals: [0], []))
        #expect(try evaluate(Reduce<ReduceMin>(axes: [0]), [Tensor(zeros: .u64, [0])]) == Tensor(naturals: [.max], []))
        #expect(try evaluate(ArgReduce<ArgMax>(axis: 0), [all]).integers == [1])
        #expect(try TopK(k: 3).evaluate([all], [:])[1].integers == [1, 2, 0])
        #expect(try evaluate(Cast(to: .f64), [large]).doubles == [0x1p64, 0x1p63])
        #expect(try evaluate(Cast(to: .u64), [Tensor([1e30, 0x1p63, -1], [3], as: .f64)]) == Tensor(naturals: [.max, 1 << 63, 0], [3]))
    }

    private func power(_ base: UInt, _ exponent: UInt) -> UInt {
        // base^(2^63) by squaring 63 times.
        (0..<exponent.trailingZeroBitCount).reduce(base) { value, _ in value &* value }
    }

    @Test func wideIntegersStayExact() throws {
        let x = Tensor(integers: [beyond, beyond + 1, -beyond], [3])
        let one = Tensor(integers: [1], [1])
        #expect(try evaluate(Binary<Add>(), [x, one]).integers == [beyond + 1, beyond + 2, -beyond + 1])
        #expect(try evaluate(Binary<Mul>(), [x, Tensor(integers: [3], [1])]).integers == [3 * beyond, 3 * beyond + 3, -3 * beyond])
        #expect(try evaluate(Comparison<Less>(), [Tensor(integers: [beyond - 1], [1]), Tensor(integers: [beyond], [1])]).bools == [true])
        #expect(try evaluate(Where(), [Tensor(bools: [true], [1]), x, one]) == x)
        #expect(try evaluate(Reduce<ReduceSum>(axes: [0]), [x]).integers == [beyond + 1])
        #expect(try evaluate(Reduce<ReduceMax>(axes: [0]), [x]).integers == [beyond + 1])
        #expect(try evaluate(ArgReduce<ArgMax>(axis: 0), [x]).integers == [1])
        #expect(try TopK(k: 1).evaluate([x], [:])[0].integers == [beyond + 1])
        #expect(try evaluate(CumSum(axis: 0), [x]).integers == [beyond, 2 * beyond + 1, beyond + 1])
        #expect(try evaluate(Cast(to: .u64), [x]) == Tensor(naturals: [UInt(beyond), UInt(beyond) + 1, UInt(bitPattern: -beyond)], [3]))
        let rows = [Tensor(integers: [beyond], [1]), Tensor(integers: [0, 0], [2]), Tensor(integers: [1, 1], [2])]
        #expect(try evaluate(ScatterRows(add: true), rows).integers == [beyond + 2])
    }

    @Test func constantsOfOperatorsAreExact() throws {
        #expect(try Fill(shape: [1], value: .int(beyond), dtype: .i64).evaluate([], [:])[0].integers == [beyond])
        #expect(try Fill(shape: [1], value: .int(-1), dtype: .u64).evaluate([], [:])[0] == Tensor(naturals: [.max], [1]))
        #expect(try evaluate(Pad(before: [1], after: [0], value: .int(beyond)), [Tensor(integers: [3], [1])]).integers == [beyond, 3])
        let fields: Attributes = ["shape": .ints([1]), "value": .int(beyond), "dtype": .dtype(.i64)]
        let fill = try #require(OperatorRegistry.make("fill", fields) as? Fill)
        #expect(try evaluate(fill, []).integers == [beyond])
        // -0.0 is not the default.
        let pad = Pad(before: [1], after: [0], value: -0.0)
        let again = try #require(OperatorRegistry.make("pad", pad.attributes) as? Pad)
        #expect(try evaluate(again, [Tensor([1], [1])]).floats[0].sign == .minus)
    }

    @Test func attributesAreEqualByBits() throws {
        #expect(AttributeValue.float(.nan) == .float(.nan) && AttributeValue.floats([.nan, 1]) == .floats([.nan, 1]))
        #expect(AttributeValue.float(0.0) != .float(-0.0) && AttributeValue.floats([0.0]) != .floats([-0.0]))
        #expect(Set([AttributeValue.float(.nan), .float(.nan), .float(0.0), .float(-0.0)]).count == 3)
        #expect(AttributeValue.int(1) != .float(1) && AttributeValue.string("a") != .function("a"))
        let fill = Fill(shape: [1], value: .float(.nan), dtype: .f32)
        #expect(fill.isEqual(to: Fill(shape: [1], value: .float(.nan), dtype: .f32)))
        #expect(!Fill(shape: [1], value: 0.0, dtype: .f32).isEqual(to: Fill(shape: [1], value: -0.0, dtype: .f32)))
    }

    /// Attributes and inline data of every bit pattern that a number can have.
    @Test func textKeepsBits() throws {
        var module = Module(name: "bits")
        let nan = Double(bitPattern: 0x7ff8_0000_0000_0123)
        module.metadata = [
            "nan": .float(.nan), "payload": .float(nan), "negative": .float(-Double.nan), "zeros": .floats([0.0, -0.0, nan, .nan]),
            "wide": .int(.max),
        ]
        module.setConstant(Constant(key: "u64", Tensor(naturals: [.max, 1 << 63, 0], [3])))
        module.setConstant(Constant(key: "i64", Tensor(integers: [.max, .min, beyond], [3])))
        let patterns: [UInt32] = [0x7fc0_0000, 0x7fa0_0001, 0xffc0_0000, 0x8000_0000, 1]
        module.setConstant(
            Constant(
                key: "f32",
                Tensor(.f32, [5]) { target in
                    patterns.withUnsafeBytes { target.copyMemory(from: $0) }
                }))
        for dtype in [DType.f16, .bf16, .f64] {
            module.setConstant(Constant(key: dtype.rawValue, Tensor([.nan, -0.0, .infinity, 0.1], [4], as: dtype)))
        }
        let again = try Module(parsing: "\(module)")
        #expect(again == module)
        for (key, constant) in module.constants { #expect(again.constants[key]?.tensor == constant.tensor, "\(key)") }
    }

    @Test func textRefusesWhatATypeDoesNotHold() {
        for (type, value) in [
            ("u8", "256"), ("u8", "-1"), ("i8", "128"), ("u64", "-1"), ("u64", "18446744073709551616"), ("i64", "9223372036854775808"),
            ("bool", "2"), ("i32", "1.5"), ("f32", "nan(0x7f800000)"), ("f16", "nan(0x17e00)"), ("i32", "nan"),
        ] {
            #expect(throws: ParseError.self, "\(value) as \(type)") {
                try Module(parsing: "module @m stage(imported) {\n  const @c : \(type)[1] = [\(value)]\n}\n")
            }
        }
    }

    /// Types come from inference; these counts fail if the samples no longer reach what it accepts.
    @Test func samplesReachEveryLegalType() {
        func types(_ opName: String, operand: Int) -> Set<DType> {
            let samples = OperatorSamples.samples(of: opName) + OperatorSamples.typed.filter { $0.opName == opName }
            return Set(samples.compactMap { operand < $0.inputs.count ? $0.inputs[operand]?.dtype : nil })
        }
        let (all, numbers) = (Set(DType.allCases), Set(DType.allCases.filter(\.isNumber)))
        let (floats, integers) = (all.filter(\.isFloat), all.filter(\.isInteger))
        // 2 bits hold no index of the samples.
        let indices = integers.filter { $0.bits > 2 }
        let notOfFloats = ["not", "and", "or", "xor", "where", "shift_left", "shift_right"]
        for type in OperatorRegistry.elementwiseNames {
            #expect(types(type, operand: 0).isSuperset(of: floats) || notOfFloats.contains(type))
        }
        #expect(types("exp", operand: 0) == floats && types("add", operand: 0) == numbers && types("eq", operand: 1) == all)
        #expect(types("where", operand: 1) == all && types("where", operand: 0) == [.bool])
        #expect(types("and", operand: 0) == integers.union([.bool]))
        #expect(types("reduce_sum", operand: 0) == numbers && types("reduce_mean", operand: 0) == floats)
        #expect(types("arg_max", operand: 0) == numbers && types("top_k", operand: 0) == numbers && types("cum_sum", operand: 0) == numbers)
        #expect(types("gather", operand: 0) == all && types("gather", operand: 1) == indices)
        #expect(types("scatter_rows", operand: 1) == indices && types("concat", operand: 0) == all && types("pad", operand: 0) == all)
        let casts = OperatorSamples.typed.filter { $0.opName == "cast" && $0.name.hasPrefix("cast hard") }
        #expect(casts.count == DType.withoutStrings.count * DType.withoutStrings.count)
    }
}

extension OperatorRegistry {
    fileprivate static var elementwiseNames: [String] { all.filter { $0.facts.contains(.elementwise) }.map { $0.opName } }
}
