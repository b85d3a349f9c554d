import CKernels
import IR
import TestSupport
import Testing

/// Dense layers over packed weights against loops in double precision; integer products against integers.
@Suite struct PackedLinearTests {
    @Test func agreesWithTheDefinition() async {
        await #expect(processExitsWith: .success) {
            let sizes = [
                (1, 97, 70), (2, 33, 300), (5, 64, 19), (6, 70, 33), (7, 64, 19), (13, 130, 257), (20, 65, 520), (100, 70, 64), (3, 5, 0),
                (0, 5, 3), (400, 17, 1100), (9, 1, 1),
            ]
            for (m, n, k) in sizes {
                for form in 0..<4 {
                    for format in [
                        TK_WEIGHT_F32, TK_WEIGHT_BF16, TK_WEIGHT_F16, TK_WEIGHT_W8, TK_WEIGHT_W4, TK_WEIGHT_I8, TK_WEIGHT_I7,
                        TK_WEIGHT_I7_REST,
                    ] {
                        for path in m <= 20 ? [TK_PATH_PANELS, TK_PATH_FEW_ROWS] : [TK_PATH_AUTO] {
                            var fixture = PackedCase(m, n, k, form, format)
                            fixture.path = path
                            try fixture.check()
                        }
                    }
                }
            }
        }
    }

    @Test func unpackingIsTheInverseOfPacking() throws {
        var draw = SampleTensors(seed: 5)
        let formats = [
            (TK_WEIGHT_F32, DType.f32), (TK_WEIGHT_BF16, .bf16), (TK_WEIGHT_F16, .f16), (TK_WEIGHT_W8, .i8), (TK_WEIGHT_W4, .i4),
            (TK_WEIGHT_I8, .i8),
            (TK_WEIGHT_I7, .i8), (TK_WEIGHT_I7_REST, .i8),
        ]
        for (format, dtype) in formats {
            for level in Int32(TK_ISA_GENERIC)...Int32(TK_ISA_AMX) {
                for (n, k) in [(1, 1), (16, 4), (33, 7), (40, 66)] {
                    let weight =
                        format == TK_WEIGHT_I7_REST
                        ? PackedCase.nearlyHalfRange(draw.integers([n, k], -30...30, as: .i8))
                        : dtype.isInteger
                            ? draw.integers([n, k], dtype == .i4 ? -8...7 : -64...64, as: dtype) : draw.floats([n, k], as: dtype)
                    let layout = tk_packed_layout_of(format, level)
                    let packed = Tensor(.u8, [tk_packed_bytes(format, layout, n, k)]) {
                        #expect(tk_pack_weight(format, layout, weight.bytes.pointer, k, n, k, $0.baseAddress) == TK_OK)
                    }
                    let back = Tensor(dtype, [n, k]) {
                        #expect(tk_unpack_weight(format, layout, packed.bytes.pointer, n, k, $0.baseAddress) == TK_OK)
                    }
                    #expect(back == weight, "format \(format.rawValue), level \(level), \(n)×\(k)")
                    try checkRows(of: weight, packed, format, layout)
                }
            }
        }
    }

    /// Rows picked from a packed weight.
    private func checkRows(of weight: Tensor, _ packed: Tensor, _ format: tk_weight_format, _ layout: tk_packed_layout) throws {
        let (n, k) = (weight.shape[0], weight.shape[1])
        let rows = [n - 1, 0, n / 2]
        var status = TK_OK
        let picked = Tensor(weight.dtype, [rows.count, k]) { target in
            status = rows.withUnsafeBufferPointer {
                tk_gather_packed(format, layout, packed.bytes.pointer, n, k, TK_I64, $0.baseAddress, $0.count, target.baseAddress, nil)
            }
        }
        if format == TK_WEIGHT_W4 { return #expect(status == TK_UNSUPPORTED) }
        #expect(status == TK_OK && picked.doubles == rows.flatMap { weight.doubles[($0 * k)..<($0 * k + k)] })
    }

    @Test func aRowWithNaNOrInfinityGivesNaNAndNoOtherRowDoes() async {
        await #expect(processExitsWith: .success) {
            for bad in [Float.nan, .infinity, -.infinity] {
                var fixture = PackedCase(3, 20, 40, 0, TK_WEIGHT_I8)
                fixture.x[40 + 17] = bad
                for result in try fixture.results() {
                    #expect(result[20..<40].allSatisfy(\.isNaN) && (result[..<20] + result[40...]).allSatisfy(\.isFinite))
                }
            }
        }
    }

    @Test func rowsTooSmallForAScaleOfTheirOwnGiveZero() async {
        await #expect(processExitsWith: .success) {
            for format in [TK_WEIGHT_I8, TK_WEIGHT_I7, TK_WEIGHT_I7_REST] {
                var fixture = PackedCase(2, 20, 40, 0, format)
                for index in 0..<40 { fixture.x[index] = index % 2 == 0 ? 1e-38 : -1e-38 }
                for result in try fixture.results() { #expect(result[..<20].allSatisfy { $0 == 0 }) }
            }
        }
    }

    /// The largest activations, 255, times weights at the limits: one more and sums of 16 bits would overflow.
    @Test func halfRangeHoldsAtItsLimits() async {
        await #expect(processExitsWith: .success) {
            let eights: [[Int8]] = [
                [32, 32, 32, 32, 32, 32, 32, 32], [-32, -32, -32, -32, -32, -32, -32, -32], [64, 64, 64, 64, 0, 0, 0, 0],
                [-64, 0, 0, -64, -64, 0, 0, -64], [64, -64, 64, -64, 64, -64, 64, -64], [0, 0, -64, -64, 64, 64, 0, 0],
            ]
            for k in [8, 12, 29, 72] {
                let values = eights.flatMap { eight in (0..<k).map { Double(eight[$0 % 8]) } }
                var fixture = PackedCase(7, eights.count, k, 0, TK_WEIGHT_I7)
                fixture.weights[0] = Tensor(values, [eights.count, k], as: .i8)
                #expect(tk_is_half_range(fixture.weights[0].bytes.pointer.assumingMemoryBound(to: Int8.self), eights.count, k) != 0)
                fixture.x = [Float](repeating: 1, count: 7 * k)
                try fixture.check()
            }
        }
    }

    @Test func halfRangeEndsWhereSumsOfFourWouldOverflow() {
        func fits(_ weights: [Int8]) -> Bool { tk_is_half_range(weights, 1, weights.count) != 0 }
        #expect(fits([64, 64, 64, 64, -64, -64, -64, -64]) && fits([64, 64]) && fits([]))
        #expect(!fits([65]) && !fits([-65]))
        #expect(!fits([64, 64, 0, 0, 1]) && !fits([0, 0, -64, -64, 0, 0, 0, -1]))
        #expect(fits([64, 64, 0, 0, 0, 0, 1, 0, 1]))
    }

    @Test func moreRestsThanThereIsRoomForAreRefused() {
        let weights = [Int8](repeating: 127, count: 64 * 64)
        #expect(tk_is_nearly_half_range(weights, 64, 64) == 0)
        let layout = tk_packed_layout_of(TK_WEIGHT_I7_REST, tk_active_isa())
        _ = Tensor(.u8, [tk_packed_bytes(TK_WEIGHT_I7_REST, layout, 64, 64)]) {
            #expect(tk_pack_weight(TK_WEIGHT_I7_REST, layout, weights, 64, 64, 64, $0.baseAddress) == TK_UNSUPPORTED)
        }
        #expect(tk_is_nearly_half_range([Int8](repeating: 32, count: 64 * 64), 64, 64) != 0)
    }

    @Test func tooDeepIntegerProductsAreRefused() {
        var arguments = tk_packed_linear_args()
        (arguments.m, arguments.n, arguments.k, arguments.format) = (1, 1, Int(TK_I8_DEPTH) + 1, TK_WEIGHT_I8)
        #expect(tk_packed_linear(&arguments, nil) == TK_UNSUPPORTED)
        arguments.m = -1
        #expect(tk_packed_linear(&arguments, nil) == TK_BAD_ARGUMENT)
    }

    @Test(arguments: [TK_WEIGHT_W8, TK_WEIGHT_W4, TK_WEIGHT_I8, TK_WEIGHT_I7, TK_WEIGHT_I7_REST].map(\.rawValue))
    func integersWithoutScalesAreRefused(_ format: UInt32) {
        var arguments = tk_packed_linear_args()
        (arguments.m, arguments.n, arguments.k, arguments.format) = (1, 1, 1, tk_weight_format(rawValue: format))
        #expect(tk_packed_linear(&arguments, nil) == TK_BAD_ARGUMENT)
    }
}

/// Forms: plain; bias and GELU; gated with bias, factor and SiLU; a residual that is the result itself.
private struct PackedCase {
    let (m, n, k, form): (Int, Int, Int, Int)
    let format: tk_weight_format
    var path = TK_PATH_AUTO
    var x: [Float]
    var weights: [Tensor]
    let scales: [[Float]]
    /// Scales of w4, bf16 [groups, n].
    let groupScales: [Tensor]
    let bias, factor, start: [Float]

    init(_ m: Int, _ n: Int, _ k: Int, _ form: Int, _ format: tk_weight_format) {
        (self.m, self.n, self.k, self.form, self.format) = (m, n, k, form, format)
        var draw = SampleTensors(seed: UInt64(m * n + form))
        x = draw.floats([m, k]).floats
        let half = format == TK_WEIGHT_I7 ? 64 : 127
        let isInteger = [TK_WEIGHT_I8, TK_WEIGHT_I7, TK_WEIGHT_I7_REST].contains(format)
        weights = (0..<2).map { _ in
            if format == TK_WEIGHT_I7 { return PackedCase.halfRange(draw.integers([n, k], -half...half, as: .i8)) }
            if format == TK_WEIGHT_I7_REST { return PackedCase.nearlyHalfRange(draw.integers([n, k], -30...30, as: .i8)) }
            // The first output has no weights.
            if format == TK_WEIGHT_W4 {
                return Tensor(integers: draw.integers([n, k], -8...7).integers.enumerated().map { $0 < k ? 0 : $1 }, [n, k], as: .i4)
            }
            if isInteger || format == TK_WEIGHT_W8 { return draw.integers([n, k], -half...half, as: .i8) }
            return draw.floats([n, k], -0.1...0.1, as: format == TK_WEIGHT_BF16 ? .bf16 : format == TK_WEIGHT_F16 ? .f16 : .f32)
        }
        scales = (0..<2).map { _ in draw.floats([n], 0.0005...0.001).floats }
        let groups = (k + Int(TK_W4_GROUP) - 1) / Int(TK_W4_GROUP)
        groupScales = (0..<2).map { _ in draw.floats([groups, n], -0.02...0.02, as: .bf16) }
        (bias, factor, start) = (draw.floats([n]).floats, draw.floats([m, n]).floats, draw.floats([m, n]).floats)
    }

    /// Weights [n, k] with the eights in which too much of one sign meets halved, until they are of half range.
    static func halfRange(_ weight: Tensor) -> Tensor {
        var (values, k) = (weight.integers.map { Int8($0) }, weight.shape[1])
        for row in 0..<weight.shape[0] {
            for start in stride(from: 0, to: k, by: 8) {
                let eight = (row * k + start)..<(row * k + min(start + 8, k))
                while tk_is_half_range(Array(values[eight]), 1, eight.count) == 0 {
                    for index in eight { values[index] /= 2 }
                }
            }
        }
        return Tensor(values.map(Double.init), weight.shape, as: .i8)
    }

    /// Small weights [n, k] with neighbours at the limits here and there, as many as a rest has room for.
    static func nearlyHalfRange(_ weight: Tensor) -> Tensor {
        let values = weight.integers.enumerated().map { index, value in
            index % 701 < 2 && weight.count >= 1402 ? index / 701 % 2 == 0 ? 127 : -128 : value
        }
        return Tensor(integers: values, weight.shape, as: .i8)
    }

    private var isInteger: Bool { [TK_WEIGHT_I8, TK_WEIGHT_I7, TK_WEIGHT_I7_REST].contains(format) }
    private var name: String { "packed linear \(m)×\(n)×\(k), form \(form), format \(format.rawValue), path \(path.rawValue)" }

    /// On every instruction set. Integer products keep their bits on all of them until an activation comes.
    func results() throws -> [[Float]] {
        try Sweep(name: name, exact: isInteger && (form == 0 || form == 3)).run(m * n, Float.self, initially: start) { y in call(y) }
    }

    func check() throws {
        var (expected, bounds): ([Double], [Double]) = ([], [])
        for i in 0..<m {
            let row = products(i)
            for j in 0..<n {
                let b = form == 1 || form == 2 ? Double(bias[j]) : 0
                let ((sum, size), (second, secondSize)) = (row[0][j], row[1][j])
                // Slopes of the activations stay below 1.2, their values below |z| + 1.
                let (a, g) = (size + abs(b) + 1, secondSize + abs(b) + 1)
                let (f, r) = (Double(factor[i * n + j]), Double(start[i * n + j]))
                switch form {
                case 1: expected.append(Activation.gelu.apply(sum + b)); bounds.append(1.2 * a)
                case 2: expected.append(Activation.silu.apply(sum + b) * (second + b) * f); bounds.append(2.2 * a * g * abs(f))
                case 3: expected.append(sum + r); bounds.append(a + abs(r))
                default: expected.append(sum); bounds.append(a)
                }
            }
        }
        for (level, result) in try results().enumerated() {
            // Integer sums are exact: a few roundings are left. Only BF16 instructions round x.
            let rounds = format == TK_WEIGHT_BF16 && level >= Int(TK_ISA_AVX512BF16)
            let unit = isInteger ? 8 * 0x1p-24 : rounds ? 0x1p-8 : Double(k + 8) * 0x1p-24
            #expect(fault(result, expected) { unit * bounds[$0] } == nil, "\(name), level \(level)")
        }
    }

    /// For both weights and each output: the product with row i, and the sum of the magnitudes.
    private func products(_ i: Int) -> [[(Double, Double)]] {
        let row = Array(x[(i * k)..<(i * k + k)])
        if isInteger { return zip(weights, scales).map { integerProducts(row, $0.integers, $1) } }
        return weights.indices.map { which in
            let (w, groups) = (values(which), groupScales[which].doubles)
            return (0..<n).map { j in
                (0..<k).reduce((0.0, 0.0)) { sum, p in
                    let product = Double(row[p]) * w[j * k + p]
                    // Few rows of w4 add up the integers with 8 added to each.
                    let most =
                        format == TK_WEIGHT_W4 && path == TK_PATH_FEW_ROWS
                        ? 15 * Double(row[p]) * groups[p / Int(TK_W4_GROUP) * n + j] : product
                    return (sum.0 + product, sum.1 + abs(most))
                }
            }
        }
    }

    /// What the weights [n, k] stand for.
    private func values(_ which: Int) -> [Double] {
        let (w, groups) = (weights[which].doubles, groupScales[which].doubles)
        return w.enumerated().map { index, value in
            let (j, p) = (index / k, index % k)
            switch format {
            case TK_WEIGHT_W8: return value * Double(scales[which][j])
            case TK_WEIGHT_W4: return value * groups[p / Int(TK_W4_GROUP) * n + j]
            default: return value
            }
        }
    }

    private func integerProducts(_ row: [Float], _ w: [Int], _ scale: [Float]) -> [(Double, Double)] {
        let (low, high) = (min(row.min() ?? 0, 0), max(row.max() ?? 0, 0))
        let step = (high - low) / 255 < .leastNormalMagnitude ? 1 : (high - low) / 255
        let zero = (-low * (1 / step)).rounded(.toNearestOrEven)
        let levels = row.map { Int(min(max(($0 * (1 / step)).rounded(.toNearestOrEven) + zero, 0), 255)) - Int(zero) }
        return (0..<n).map { j in
            let sum = (0..<k).reduce(0) { $0 + levels[$1] * w[j * k + $1] }
            let value = Double(Float(sum) * (step * scale[j]))
            return (value, abs(value))
        }
    }

    private func groups(_ which: Int) -> UnsafeRawPointer { UnsafeRawPointer(groupScales[which].bytes.pointer) }

    private func call(_ y: UnsafeMutablePointer<Float>) -> tk_status {
        let layout = tk_packed_layout_of(format, tk_active_isa())
        let packed = weights.map { weight in
            Tensor(.u8, [tk_packed_bytes(format, layout, n, k)]) {
                #expect(tk_pack_weight(format, layout, weight.bytes.pointer, k, n, k, $0.baseAddress) == TK_OK)
            }
        }
        return scales[0].withUnsafeBufferPointer { scale in
            scales[1].withUnsafeBufferPointer { upScale in
                bias.withUnsafeBufferPointer { bias in
                    factor.withUnsafeBufferPointer { factor in
                        x.withUnsafeBufferPointer { x in
                            var arguments = tk_packed_linear_args()
                            (arguments.m, arguments.n, arguments.k, arguments.format) = (m, n, k, format)
                            arguments.path = path
                            (arguments.x, arguments.ldx, arguments.y, arguments.ldy) = (x.baseAddress, k, y, n)
                            arguments.main.weight = packed[0].bytes.pointer
                            arguments.main.scale = scale.baseAddress
                            arguments.main.group_scale = groups(0)
                            if form == 1 || form == 2 { arguments.main.bias = bias.baseAddress }
                            if form == 1 { arguments.activation = TK_ACT_GELU_ERF }
                            if form == 2 {
                                arguments.up = tk_packed_branch(
                                    weight: packed[1].bytes.pointer, scale: upScale.baseAddress, group_scale: groups(1), group_zero: nil,
                                    bias: bias.baseAddress, offset: nil)
                                (arguments.gate, arguments.ldgate, arguments.activation) = (factor.baseAddress, n, TK_ACT_SILU)
                            }
                            if form == 3 { (arguments.residual, arguments.ldres) = (UnsafePointer(y), n) }
                            return withScratch(tk_packed_linear_scratch(&arguments, tk_max_threads())) { tk_packed_linear(&arguments, $0) }
                        }
                    }
                }
            }
        }
    }
}
