import IR

extension OperatorSamples {
    static let fused: [OperatorSample] =
        attentions + fusedLinears + quantizedLinears + weightOnlyLinears + groupedLinears + integerLinears + integerConvolutions
        + fusedConvolutions

    private static let attentions: [OperatorSample] = {
        var (draw, grouped) = (SampleTensors(seed: 14), SampleTensors(seed: 15))
        var samples: [OperatorSample] = []
        for (b, h, n, m, d, e) in [
            (1, 1, 1, 1, 1, 1), (2, 3, 5, 7, 8, 8), (1, 2, 33, 70, 17, 19), (1, 2, 1, 40, 16, 16), (1, 1, 3, 0, 4, 4),
        ] {
            let qkv = [draw.floats([b, h, n, d]), draw.floats([b, h, m, d]), draw.floats([b, h, m, e])]
            let label = "\(b).\(h).\(n).\(m).\(d).\(e)"
            let plain = Attention(scale: 0.35)
            samples += [
                OperatorSample("attention \(label)", plain, qkv),
                OperatorSample("attention key mask \(label)", plain, qkv + [draw.bools([b, 1, 1, m])]),
                OperatorSample("attention mask \(label)", plain, qkv + [draw.bools([b, 1, n, m])]),
                OperatorSample("attention bias \(label)", plain, qkv + [nil, draw.floats([h, n, m])]),
                OperatorSample("attention off by one \(label)", Attention(scale: 0.2, offByOne: true), qkv + [draw.bools([n, m])]),
                OperatorSample("attention causal \(label)", Attention(scale: 0.5, causal: true), qkv),
                OperatorSample(
                    "attention grouped \(label)", plain,
                    [grouped.floats([b, 2 * h, n, d])] + qkv.dropFirst() + [grouped.bools([b, 1, n, m])]),
                OperatorSample(
                    "attention everything \(label)", Attention(scale: 0.5, offByOne: true, causal: true),
                    qkv + [draw.bools([1, h, n, m]), draw.floats([1, 1, n, m])]),
            ]
        }
        for (b, h, n, m, d, e) in [(1, 2, 33, 70, 17, 19), (2, 1, 130, 300, 24, 40), (1, 1, 600, 9, 8, 8), (1, 2, 3, 40, 16, 16)] {
            let qkv = [draw.floats([b, h, n, d]), draw.floats([b, h, m, d]), draw.floats([b, h, m, e])]
            let label = "\(b).\(h).\(n).\(m).\(d).\(e)"
            let plain = Attention(scale: 0.35, int8: true)
            samples += [
                OperatorSample("attention int8 \(label)", plain, qkv),
                OperatorSample(
                    "attention int8 bf16 \(label)", plain,
                    [draw.floats([b, h, n, d]), draw.floats([b, h, m, d], as: .bf16), draw.floats([b, h, m, e], as: .bf16)]),
                OperatorSample(
                    "attention bf16 keys \(label)", Attention(scale: 0.35),
                    [draw.floats([b, h, n, d]), draw.floats([b, h, m, d], as: .bf16), draw.floats([b, h, m, e])]),
                OperatorSample("attention int8 mask \(label)", plain, qkv + [draw.bools([b, 1, n, m])]),
                OperatorSample("attention int8 grouped \(label)", plain, [grouped.floats([b, 2 * h, n, d])] + qkv.dropFirst()),
                OperatorSample("attention int8 causal \(label)", Attention(scale: 0.5, causal: true, int8: true), qkv),
                OperatorSample(
                    "attention int8 everything \(label)", Attention(scale: 0.5, offByOne: true, causal: true, int8: true),
                    qkv + [draw.bools([1, h, n, m]), draw.floats([1, 1, n, m])]),
            ]
        }
        for (m, d, e) in [(300, 64, 64), (140, 19, 24), (5, 8, 96)] {
            let (k, v) = (draw.floats([2, 2, m, d], as: .bf16), draw.floats([2, 2, m, e], as: .bf16))
            samples.append(
                OperatorSample(
                    "attention one query of bf16 \(m).\(d).\(e)", Attention(scale: 0.35),
                    [draw.floats([2, 2, 1, d]), k, v, draw.bools([2, 1, 1, m])]))
        }
        let all = Tensor(bools: [Bool](repeating: true, count: 9), [1, 1, 1, 9])
        let qkv = [draw.floats([1, 2, 3, 8]), draw.floats([1, 2, 9, 8]), draw.floats([1, 2, 9, 8])]
        return samples + [
            OperatorSample("attention all masked", Attention(scale: 1), qkv + [all]),
            OperatorSample("attention all masked off by one", Attention(scale: 1, offByOne: true), qkv + [all]),
        ]
    }()

    private static let fusedLinears: [OperatorSample] = {
        var draw = SampleTensors(seed: 15)
        var samples: [OperatorSample] = []
        for activation in Activation.allCases {
            let name = activation.rawValue
            let (x, w, b) = (draw.floats([2, 5, 19]), draw.floats([33, 19]), draw.floats([33]))
            let (gate, residual) = (draw.floats([2, 5, 33]), draw.floats([2, 5, 33]))
            samples += [
                OperatorSample("fused_linear \(name)", FusedLinear(activation: activation), [x, w, b]),
                OperatorSample("fused_linear \(name) all", FusedLinear(activation: activation), [x, w, b, gate, residual]),
                OperatorSample("fused_linear \(name) residual", FusedLinear(activation: activation), [x, w, nil, nil, residual]),
                OperatorSample("fused_linear \(name) gate", FusedLinear(activation: activation), [x, w, nil, gate]),
                OperatorSample("gated_linear \(name)", GatedLinear(activation: activation), [x, w, draw.floats([33, 19])]),
                OperatorSample(
                    "gated_linear \(name) biased", GatedLinear(activation: activation),
                    [x, w, draw.floats([33, 19]), b, draw.floats([33])]),
            ]
        }
        return samples
    }()

    private static let quantizedLinears: [OperatorSample] = {
        var draw = SampleTensors(seed: 17)
        var samples: [OperatorSample] = []
        for activation in Activation.allCases {
            let name = activation.rawValue
            // Within -32...32 any four add up to half range, which has kernels of its own.
            let range = activation == .gelu ? -127...127 : -32...32
            let (x, w, up) = (draw.floats([2, 5, 19]), draw.integers([33, 19], range, as: .i8), draw.integers([33, 19], range, as: .i8))
            let (scale, upScale, b) = (draw.floats([33], 0.001...0.01), draw.floats([33], 0.001...0.01), draw.floats([33]))
            let (gate, residual) = (draw.floats([2, 5, 33]), draw.floats([2, 5, 33]))
            samples += [
                OperatorSample("quantized_linear \(name)", QuantizedLinear(activation: activation), [x, w, scale, b]),
                OperatorSample("quantized_linear \(name) all", QuantizedLinear(activation: activation), [x, w, scale, b, gate, residual]),
                OperatorSample(
                    "quantized_gated_linear \(name)", QuantizedGatedLinear(activation: activation), [x, w, up, scale, upScale]),
                OperatorSample(
                    "quantized_gated_linear \(name) biased", QuantizedGatedLinear(activation: activation),
                    [x, w, up, scale, upScale, b, draw.floats([33])]),
            ]
        }
        return samples
    }()

    /// Dense layers whose weights alone are narrow: 8 bits, and 4 bits in two groups of inputs, of which the second is cut short.
    private static let weightOnlyLinears: [OperatorSample] = [DType.i8, .i4].flatMap { dtype -> [OperatorSample] in
        var draw = SampleTensors(seed: 18)
        let range = dtype == .i4 ? -8...7 : -127...127
        func scale(_ draw: inout SampleTensors) -> Tensor {
            dtype == .i4 ? draw.floats([2, 33], -0.1...0.1, as: .bf16) : draw.floats([33], 0.001...0.01)
        }
        let (x, w, up) = (draw.floats([2, 5, 39]), draw.integers([33, 39], range, as: dtype), draw.integers([33, 39], range, as: dtype))
        let (ws, us, b) = (scale(&draw), scale(&draw), draw.floats([33]))
        let (gate, residual) = (draw.floats([2, 5, 33]), draw.floats([2, 5, 33]))
        let plain = QuantizedLinear(activation: .gelu, weightOnly: true)
        let gated = QuantizedGatedLinear(activation: .silu, weightOnly: true)
        let name = "weight-only \(dtype.rawValue)"
        return [
            OperatorSample("quantized_linear \(name)", plain, [x, w, ws, b]),
            OperatorSample("quantized_linear \(name) all", plain, [x, w, ws, b, gate, residual]),
            OperatorSample("quantized_linear \(name) one row", plain, [draw.floats([39]), w, ws]),
            OperatorSample("quantized_linear \(name) many rows", plain, [draw.floats([40, 39]), w, ws, b]),
            OperatorSample("quantized_gated_linear \(name)", gated, [x, w, up, ws, us, b, draw.floats([33])]),
        ]
    }

    /// Weights of 4 bits in groups of every size, with zero points and without, x rounded and not.
    private static let groupedLinears: [OperatorSample] = QuantizedProduct.groupSizes.flatMap { size -> [OperatorSample] in
        var draw = SampleTensors(seed: 19 + UInt64(size))
        let depth = size * 3 - 9
        func matrix(_ draw: inout SampleTensors) -> [Tensor] {
            [
                draw.integers([33, depth], -8...7, as: .i4), draw.floats([3, 33], -0.1...0.1, as: .bf16),
                draw.integers([3, 33], 0...15, as: .u8),
            ]
        }
        let (main, up) = (matrix(&draw), matrix(&draw))
        let (b, gate, residual) = (draw.floats([33]), draw.floats([2, 5, 33]), draw.floats([2, 5, 33]))
        return [1, 2].flatMap { batch -> [OperatorSample] in
            let x = draw.floats(batch == 1 ? [1, depth] : [2, 5, depth])
            return [false, true].flatMap { weightOnly -> [OperatorSample] in
                let plain = QuantizedLinear(activation: .gelu, weightOnly: weightOnly)
                let gated = QuantizedGatedLinear(activation: .silu, weightOnly: weightOnly)
                let name = "groups of \(size)\(weightOnly ? " weight-only" : "") \(batch)"
                let ending: [Tensor?] = batch == 1 ? [b, nil, nil] : [b, gate, residual]
                return [
                    OperatorSample("quantized_linear \(name)", plain, [x, main[0], main[1], b]),
                    OperatorSample("quantized_linear \(name) zero", plain, [x, main[0], main[1]] + ending + [main[2]]),
                    OperatorSample(
                        "quantized_gated_linear \(name)", gated, [x, main[0], up[0], main[1], up[1], b, nil, main[2], up[2]]),
                ]
            }
        }
    }

    /// Few rows and many, of weights of full and of half range, and depths that fill no word.
    private static let integerLinears: [OperatorSample] = {
        var draw = SampleTensors(seed: 21)
        return [([2, 5, 19], -128...127), ([19], -32...32), ([40, 130], -128...127), ([3, 64], -32...32)].flatMap { shape, range in
            let k = shape.last ?? 1
            let (x, w) = (draw.integers(shape, 0...255, as: .u8), draw.integers([33, k], range, as: .i8))
            let zero = Tensor(integers: [117], [], as: .u8)
            let (step, scale, bias) = (draw.floats([], 0.01...0.02), draw.floats([33], 0.001...0.01), draw.floats([33]))
            return [
                OperatorSample("integer_linear \(shape) \(range)", IntegerLinear(), [x, w, zero]),
                OperatorSample("integer_linear unshifted \(shape) \(range)", IntegerLinear(), [x, w]),
                OperatorSample("integer_linear scaled \(shape) \(range)", IntegerLinear(), [x, w, zero, step, scale, bias]),
                OperatorSample(
                    "integer_linear all \(shape) \(range)", IntegerLinear(activation: .gelu),
                    [x, w, nil, step, scale, bias, draw.floats(shape.dropLast() + [33]), draw.floats(shape.dropLast() + [33])]),
            ]
        }
    }()

    /// Kernels of one pixel and of several, apart, at steps and beyond the edges; patches that fill no word, two pictures.
    private static let integerConvolutions: [OperatorSample] = {
        var draw = SampleTensors(seed: 22)
        let forms: [(String, [Int], [Int], ConvGeometry)] = [
            ("pointwise", [2, 7, 5, 6], [1, 1], ConvGeometry()),
            ("strided pointwise", [1, 8, 5, 6], [1, 1], ConvGeometry(stride: [2, 2])),
            ("square", [2, 5, 9, 7], [3, 3], ConvGeometry(padding: [1, 1, 1, 1])),
            ("dilated", [1, 6, 9, 11], [3, 2], ConvGeometry(stride: [2, 1], padding: [2, 0, 1, 3], dilation: [2, 3])),
            ("large", [1, 20, 24, 30], [3, 3], ConvGeometry(padding: [1, 1, 1, 1])),
        ]
        return forms.flatMap { name, shape, kernel, geometry -> [OperatorSample] in
            let x = draw.integers(shape, 0...255, as: .u8)
            let w = draw.integers([9, shape[1] * kernel[0] * kernel[1]], name == "square" ? -128...127 : -30...30, as: .i8)
            let (zero, offset) = (Tensor(integers: [117], [], as: .u8), draw.integers([9], -5000...5000, as: .i32))
            let (step, scale, bias) = (draw.floats([], 0.01...0.02), draw.floats([9], 0.001...0.01), draw.floats([9]))
            let plain = IntegerConv(kernel: kernel, geometry)
            guard let sums = try? plain.evaluate([x, w, zero], [:]).first else { return [] }
            let all: [Tensor?] = [x, w, zero, nil, step, scale, bias, draw.floats(sums.shape)]
            return [
                OperatorSample("integer_conv \(name)", plain, [x, w, zero]),
                OperatorSample("integer_conv \(name) moved", plain, [x, w, nil, offset]),
                OperatorSample("integer_conv \(name) scaled", plain, [x, w, zero, offset, step, scale]),
                OperatorSample("integer_conv \(name) all", IntegerConv(kernel: kernel, geometry, activation: .silu), all),
            ]
        }
    }()

    private static func quantizedConvolutions(_ activation: Activation, _ draw: inout SampleTensors) -> [OperatorSample] {
        let (x, scale) = (draw.floats([2, 3, 5, 8]), draw.floats([5], 0.001...0.01))
        let strided = QuantizedConv(ConvGeometry(stride: [1, 2], padding: [1, 1, 1, 1]), activation: activation)
        let plain = QuantizedConv(ConvGeometry(padding: [1, 1, 1, 1]), activation: activation)
        let weight = Tensor((0..<135).map { Double($0 * 37 % 255 - 127) }, [5, 3, 3, 3], as: .i8)
        let name = "quantized_conv \(activation.rawValue)"
        let rounded = Tensor(draw.floats([5, 3, 3, 3]).doubles, [5, 3, 3, 3], as: .bf16)
        let fused = FusedConv(plain.geometry, activation: activation)
        return [
            OperatorSample("fused_conv \(activation.rawValue) bf16", fused, [x, rounded, draw.floats([5])]),
            OperatorSample("\(name) strided", strided, [x, weight, scale, draw.floats([5])]),
            OperatorSample("\(name) residual", plain, [x, weight, scale, nil, draw.floats([2, 5, 5, 8])]),
        ]
    }

    private static let fusedConvolutions: [OperatorSample] = {
        var draw = SampleTensors(seed: 16)
        var samples: [OperatorSample] = []
        for activation in Activation.allCases {
            let op = FusedConv(stride: [1, 2], padding: [1, 1, 1, 1], groups: 2, activation: activation)
            let operands = [draw.floats([2, 4, 5, 8]), draw.floats([6, 2, 3, 3])]
            let residual = draw.floats([2, 6, 5, 4])
            samples.append(OperatorSample("fused_conv \(activation.rawValue)", op, operands + [draw.floats([6])]))
            samples.append(OperatorSample("fused_conv \(activation.rawValue) residual", op, operands + [nil, residual]))
            samples += quantizedConvolutions(activation, &draw)
        }
        for silu in [false, true] {
            let op = FusedGroupNorm(groups: 2, eps: 1e-5, silu: silu)
            let x = draw.floats([2, 6, 5, 3])
            let (w, b, scale, shift) = (draw.floats([6]), draw.floats([6]), draw.floats([2, 6]), draw.floats([2, 6]))
            samples += [
                OperatorSample("fused_group_norm \(silu)", op, [x, w, b]),
                OperatorSample("fused_group_norm \(silu) modulated", op, [x, w, b, scale, shift]),
                OperatorSample("fused_group_norm \(silu) shifted", op, [x, nil, nil, nil, shift]),
            ]
        }
        return samples
    }()
}
