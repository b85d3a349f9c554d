import IR
import Testing

/// Floats of 8 bits and fewer, and integers of 2 bits.
@Suite struct NarrowFloatTests {
    private static let types = DType.allCases.filter { $0.narrowFloat != nil }

    private func bits(_ x: Double, _ format: NarrowFloat, saturating: Bool = true, _ rounding: NarrowFloat.Rounding = .up) -> UInt8 {
        format.bits(of: x, saturating: saturating, rounding: rounding)
    }

    /// Every value is its own nearest, whatever its sign.
    @Test(arguments: NarrowFloat.allCases) func valuesAreTheirOwnRounding(_ format: NarrowFloat) {
        for code in 0...(format == .e2m1 ? UInt8(15) : .max) {
            let value = Double(format.value(code))
            if value.isNaN {
                #expect(format.value(bits(value, format)).isNaN)
            } else {
                #expect(bits(value, format, saturating: !value.isInfinite) == code, "\(code)")
            }
        }
    }

    /// Between neighbours the nearer one, and of two the even one.
    @Test(arguments: [NarrowFloat.e4m3fn, .e5m2, .e4m3fnuz, .e5m2fnuz, .e2m1]) func numbersBetweenAreRounded(_ format: NarrowFloat) {
        for code in 0..<UInt8(format == .e2m1 ? 7 : 0x7B) {
            let (low, high) = (Double(format.value(code)), Double(format.value(code + 1)))
            guard high.isFinite, !high.isNaN else { continue }
            let middle = (low + high) / 2
            #expect(bits(middle, format) == (code % 2 == 0 ? code : code + 1))
            #expect(bits(middle.nextDown, format) == code && bits(middle.nextUp, format) == code + 1)
        }
    }

    @Test func whatLiesBeyond() {
        #expect(bits(1e6, .e4m3fn) == 0x7E && bits(-.infinity, .e4m3fn) == 0xFE && bits(1e6, .e4m3fn, saturating: false) == 0x7F)
        #expect(bits(-.infinity, .e5m2) == 0xFB && bits(-1e9, .e5m2, saturating: false) == 0xFC)
        #expect(bits(1e9, .e5m2fnuz) == 0x7F && bits(1e9, .e5m2fnuz, saturating: false) == 0x80)
        #expect(bits(-1e-9, .e4m3fnuz) == 0 && bits(-1e-9, .e4m3fn) == 0x80)
        #expect(bits(9, .e2m1, saturating: false) == 7 && bits(.nan, .e2m1) == 8)
        #expect(bits(448, .e4m3fn) == 0x7E && bits(464, .e4m3fn, saturating: false) == 0x7E)
        #expect(bits(465, .e4m3fn, saturating: false) == 0x7F)
    }

    @Test func powersOfTwo() {
        #expect(bits(1.1, .e8m0) == 128 && bits(1.1, .e8m0, .down) == 127 && bits(1.1, .e8m0, .nearest) == 127)
        #expect(bits(1.5, .e8m0, .nearest) == 128 && bits(-4, .e8m0) == 129)
        #expect(bits(0, .e8m0) == 0 && bits(0, .e8m0, saturating: false) == 255 && bits(1e300, .e8m0) == 254)
        #expect(NarrowFloat.e8m0.value(0) == 0x1p-127 && NarrowFloat.e8m0.value(255).isNaN)
    }

    @Test func packedElementsKeepTheirPlaces() {
        let pairs = Tensor(integers: [1, -2, 0, -1, 1], [5], as: .i2)
        #expect(pairs.bytes.buffer.elementsEqual([0b1100_1001, 0b01]) && pairs.integers == [1, -2, 0, -1, 1])
        #expect(Tensor(integers: [3, 4, 5], [3], as: .u2).integers == [3, 0, 1])
        let nibbles = Tensor([0.5, -6, 3], [3], as: .f4e2m1)
        #expect(nibbles.bytes.buffer.elementsEqual([0xF1, 0x05]) && nibbles.doubles == [0.5, -6, 3])
    }

    @Test(arguments: NarrowFloatTests.types) func theyAreMovedComparedAndConverted(_ dtype: DType) throws {
        let x = Tensor([1, 2, 4, 0.5, 2, 1], [2, 3], as: dtype)
        #expect(try evaluate(Transpose([1, 0]), [x]).doubles == [1, 0.5, 2, 2, 4, 1])
        #expect(try evaluate(Concat(axis: 0), [x, x]).count == 12)
        let row = Tensor([1, 2, 8], [3], as: dtype)
        #expect(try evaluate(Comparison<Equal>(), [x, row]).bools == [true, true, false, false, true, false])
        #expect(try evaluate(Cast(to: .f32), [x]).floats == [1, 2, 4, 0.5, 2, 1])
        #expect(try evaluate(Cast(to: .i8), [x]).integers == [1, 2, 4, 0, 2, 1])
        for op in [Binary<Add>(), Unary<Exp>(), Reduce<ReduceSum>(axes: [0])] as [any TensorOperator] {
            #expect(throws: InferenceError.self) { try op.infer([x.type, x.type]) }
            #expect(throws: InferenceError.self) { try op.infer([x.type]) }
        }
    }

    @Test(arguments: NarrowFloatTests.types + [.i2, .u2]) func textFormKeepsTheBits(_ dtype: DType) throws {
        var module = Module(name: "m", stage: .imported)
        module.setConstant(Constant(key: "c", Tensor(codes: Array(0..<8) + Array(248..<256), [16], as: dtype)))
        #expect(try Module(parsing: "\(module)") == module)
    }
}
