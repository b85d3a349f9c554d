import IR

extension OperatorSamples {
    static let normalizations: [OperatorSample] = {
        var draw = SampleTensors(seed: 5)
        var samples: [OperatorSample] = []
        for shape in [[7], [5, 33], [2, 3, 64], [3, 1], [0, 8]] {
            let c = shape.last ?? 1
            let label = "\(shape)"
            samples += [
                OperatorSample("layer_norm \(label)", LayerNorm(eps: 1e-6), [draw.floats(shape), draw.floats([c]), draw.floats([c])]),
                OperatorSample("layer_norm plain \(label)", LayerNorm(eps: 1e-5), [draw.floats(shape)]),
                OperatorSample("layer_norm unshifted \(label)", LayerNorm(eps: 1e-5), [draw.floats(shape), draw.floats([c]), nil]),
                OperatorSample("rms_norm \(label)", RMSNorm(eps: 1e-6), [draw.floats(shape), draw.floats([c])]),
                OperatorSample("rms_norm plain \(label)", RMSNorm(eps: 1e-6), [draw.floats(shape)]),
            ]
            for op in [Softmax(), Softmax(offByOne: true), Softmax(axis: 0)] as [Softmax] {
                samples.append(OperatorSample("softmax \(op.axis) \(op.offByOne) \(label)", op, [draw.floats(shape, -9...9)]))
            }
            for axis in [-1, 0] {
                samples.append(OperatorSample("log_softmax \(axis) \(label)", LogSoftmax(axis: axis), [draw.floats(shape, -9...9)]))
                samples.append(OperatorSample("l2_normalize \(axis) \(label)", L2Normalize(axis: axis), [draw.floats(shape)]))
            }
        }
        samples += [
            OperatorSample("softmax middle", Softmax(axis: 1), [draw.floats([3, 5, 7])]),
            OperatorSample("softmax f16", Softmax(), [draw.floats([3, 17], as: .f16)]),
            OperatorSample("l2_normalize middle", L2Normalize(axis: -2, eps: 1e-6), [draw.floats([3, 5, 7])]),
            OperatorSample("l2_normalize zero", L2Normalize(), [Tensor(zeros: .f32, [2, 5])]),
        ]
        return samples + groupNorms
    }()

    private static let groupNorms: [OperatorSample] = {
        var draw = SampleTensors(seed: 6)
        let shapes: [(groups: Int, shape: [Int])] = [(2, [1, 6, 5, 3]), (3, [2, 6, 7]), (1, [3, 4]), (8, [2, 32, 4, 4])]
        return shapes.flatMap { groups, shape in
            let c = shape[1]
            return [
                OperatorSample(
                    "group_norm \(shape)", GroupNorm(groups: groups, eps: 1e-5), [draw.floats(shape), draw.floats([c]), draw.floats([c])]),
                OperatorSample("group_norm plain \(shape)", GroupNorm(groups: groups, eps: 1e-6), [draw.floats(shape)]),
            ]
        }
    }()

    static let products: [OperatorSample] = {
        var draw = SampleTensors(seed: 7)
        var samples: [OperatorSample] = []
        for (m, k, n) in [(1, 1, 1), (1, 37, 19), (5, 16, 48), (33, 7, 65), (2, 0, 3), (0, 4, 3)] {
            let label = "\(m)x\(k)x\(n)"
            samples += [
                OperatorSample("matmul \(label)", MatMul(), [draw.floats([m, k]), draw.floats([k, n])]),
                OperatorSample("matmul tb \(label)", MatMul(transposeB: true), [draw.floats([2, m, k]), draw.floats([2, n, k])]),
                OperatorSample("linear \(label)", Linear(), [draw.floats([m, k]), draw.floats([n, k]), draw.floats([n])]),
                OperatorSample("linear unbiased \(label)", Linear(), [draw.floats([2, m, k]), draw.floats([n, k])]),
            ]
        }
        for (m, k, n) in [(1, 1, 1), (5, 16, 48), (33, 7, 65), (70, 530, 37), (2, 0, 3), (0, 4, 3)] {
            let label = "bf16 \(m)x\(k)x\(n)"
            samples += [
                OperatorSample("matmul \(label)", MatMul(bf16: true), [draw.floats([m, k]), draw.floats([k, n])]),
                OperatorSample("matmul ta \(label)", MatMul(transposeA: true, bf16: true), [draw.floats([k, m]), draw.floats([k, n])]),
                OperatorSample("matmul tb \(label)", MatMul(transposeB: true, bf16: true), [draw.floats([2, m, k]), draw.floats([2, n, k])]),
                OperatorSample("linear \(label)", Linear(bf16: true), [draw.floats([m, k]), draw.floats([n, k]), draw.floats([n])]),
                OperatorSample(
                    "fused_linear \(label)", FusedLinear(activation: .gelu, bf16: true),
                    [draw.floats([m, k]), draw.floats([n, k]), nil, nil, draw.floats([m, n])]),
            ]
        }
        samples += [
            OperatorSample("matmul ta", MatMul(transposeA: true), [draw.floats([7, 5]), draw.floats([7, 9])]),
            OperatorSample("matmul both", MatMul(transposeA: true, transposeB: true), [draw.floats([3, 7, 5]), draw.floats([3, 9, 7])]),
            OperatorSample("matmul broadcast", MatMul(), [draw.floats([2, 1, 4, 5]), draw.floats([3, 5, 6])]),
            OperatorSample("matmul shared b", MatMul(), [draw.floats([2, 3, 4, 5]), draw.floats([5, 6])]),
            OperatorSample("matmul i64", MatMul(transposeB: true), [draw.integers([2, 4, 5]), draw.integers([6, 5])]),
            OperatorSample("linear vector", Linear(), [draw.floats([17]), draw.floats([5, 17]), nil]),
            OperatorSample("det", Det(), [draw.floats([2, 3, 5, 5])]),
            OperatorSample("det empty", Det(), [Tensor(zeros: .f32, [2, 0, 0])]),
        ]
        return samples + convolutions
    }()

    private static let convolutions: [OperatorSample] = {
        var draw = SampleTensors(seed: 8)
        let cases: [(String, Conv, [Int], [Int])] = [
            ("pointwise", Conv(), [1, 5, 7, 9], [11, 5, 1, 1]),
            ("3x3", Conv(padding: [1, 1, 1, 1]), [2, 3, 8, 7], [5, 3, 3, 3]),
            ("patches", Conv(stride: [4, 4]), [1, 3, 12, 8], [17, 3, 4, 4]),
            ("strided", Conv(stride: [2, 1], padding: [1, 0, 1, 2]), [1, 4, 9, 10], [6, 4, 3, 3]),
            ("asymmetric", Conv(stride: [2, 2], padding: [0, 0, 1, 1]), [1, 3, 8, 8], [4, 3, 3, 3]),
            ("dilated", Conv(padding: [2, 3, 2, 3], dilation: [2, 3]), [1, 2, 9, 11], [3, 2, 3, 3]),
            ("groups", Conv(padding: [1, 1, 1, 1], groups: 2), [1, 6, 5, 5], [8, 3, 3, 3]),
            ("depthwise", Conv(padding: [1, 1, 1, 1], groups: 7), [2, 7, 6, 5], [7, 1, 3, 3]),
            ("depthwise strided", Conv(stride: [2, 1], padding: [1, 2, 1, 2], groups: 19), [2, 19, 7, 12], [19, 1, 3, 5]),
            ("groups apart", Conv(padding: [1, 1, 1, 1], groups: 2), [2, 16, 5, 6], [24, 8, 3, 3]),
            ("wide", Conv(padding: [0, 2, 0, 2]), [1, 3, 4, 33], [2, 3, 1, 5]),
            ("sequence", Conv(stride: [2], padding: [1, 3], dilation: [2]), [2, 3, 19], [4, 3, 4]),
            (
                "volume", Conv(stride: [1, 2, 1], padding: [1, 0, 2, 0, 1, 1], dilation: [1, 1, 2], groups: 2), [1, 4, 3, 5, 6],
                [2, 2, 2, 3, 2]
            ),
        ]
        return cases.flatMap { label, op, x, weight in
            let operands = [draw.floats(x), draw.floats(weight)]
            return [
                OperatorSample("conv \(label)", op, operands + [draw.floats([weight[0]])]),
                OperatorSample("conv \(label) unbiased", op, operands),
            ]
        }
    }()
}
