import IR

extension OperatorSamples {
    /// Operators that only derivatives write.
    static let gradients: [OperatorSample] = filters + turned + norms + resizes + joined

    private static let filters: [OperatorSample] = {
        var draw = SampleTensors(seed: 41)
        let cases: [(String, ConvGeometry, [Int], [Int], [Int])] = [
            ("pointwise", ConvGeometry(), [1, 1], [2, 5, 7, 9], [2, 11, 7, 9]),
            ("3x3", ConvGeometry(padding: [1, 1, 1, 1]), [3, 3], [2, 3, 8, 7], [2, 5, 8, 7]),
            ("wide", ConvGeometry(padding: [1, 1, 1, 1]), [3, 3], [1, 35, 6, 5], [1, 100, 6, 5]),
            ("many pixels", ConvGeometry(padding: [0, 1, 0, 1]), [1, 3], [2, 4, 23, 31], [2, 7, 23, 31]),
            ("patches", ConvGeometry(stride: [4, 4]), [4, 4], [1, 3, 12, 8], [1, 17, 3, 2]),
            ("strided", ConvGeometry(stride: [2, 1], padding: [1, 0, 1, 2]), [3, 3], [1, 4, 9, 10], [1, 6, 5, 10]),
            ("rest", ConvGeometry(stride: [2, 2]), [3, 3], [1, 3, 8, 8], [1, 4, 3, 3]),
            ("dilated", ConvGeometry(padding: [2, 3, 2, 3], dilation: [2, 3]), [3, 3], [1, 2, 9, 11], [1, 3, 9, 11]),
            ("groups", ConvGeometry(padding: [1, 1, 1, 1], groups: 2), [3, 3], [1, 6, 5, 5], [1, 8, 5, 5]),
            ("depthwise", ConvGeometry(padding: [1, 1, 1, 1], groups: 7), [3, 3], [2, 7, 6, 5], [2, 7, 6, 5]),
            ("sequence", ConvGeometry(stride: [2], padding: [1, 3], dilation: [2]), [4], [2, 3, 19], [2, 4, 9]),
            ("volume", ConvGeometry(padding: [1, 0, 0, 0, 1, 1]), [2, 1, 3], [1, 2, 3, 4, 3], [1, 3, 3, 4, 2]),
        ]
        return cases.map { label, geometry, kernel, x, dy in
            OperatorSample("conv_weight_gradient \(label)", ConvWeightGradient(geometry, kernel: kernel), [draw.floats(x), draw.floats(dy)])
        }
    }()

    private static let turned: [OperatorSample] = {
        var draw = SampleTensors(seed: 42)
        let cases: [(Int, [Int])] = [(1, [5, 3, 3, 2]), (2, [6, 4, 1, 3]), (7, [7, 1, 3, 3]), (1, [4, 2, 5]), (1, [2, 3, 2, 1, 3])]
        return cases.map { groups, shape in OperatorSample("turn_filter \(groups) \(shape)", TurnFilter(groups: groups), [draw.floats(shape)]) }
    }()

    private static let norms: [OperatorSample] = {
        var draw = SampleTensors(seed: 43)
        let shapes: [(Int, [Int])] = [(4, [2, 8, 5, 7]), (1, [1, 3, 4, 4]), (8, [2, 40, 9, 9]), (2, [3, 6, 11]), (3, [2, 9])]
        return shapes.flatMap { groups, shape in
            let (x, dy) = (draw.floats(shape), draw.floats(shape))
            let (weight, bias) = (draw.floats([shape[1]]), draw.floats([shape[1]]))
            return [
                OperatorSample("group_norm_gradient \(shape)", GroupNormGradient(groups: groups, eps: 1e-5), [x, dy, weight]),
                OperatorSample("group_norm_gradient plain \(shape)", GroupNormGradient(groups: groups, eps: 1e-3), [x, dy]),
                OperatorSample(
                    "group_norm_gradient silu \(shape)", GroupNormGradient(groups: groups, eps: 1e-5, silu: true), [x, dy, weight, bias]),
            ]
        }
    }()

    private static let resizes: [OperatorSample] = {
        var draw = SampleTensors(seed: 44)
        let cases: [(old: [Dim], new: [Int])] = [([5, 7], [10, 14]), ([8, 6], [3, 4]), ([4, 9], [7, 9]), ([1, 3], [4, 1]), ([6], [9])]
        return cases.flatMap { old, new in
            [
                Resize(size: old, mode: .nearest), Resize(size: old, mode: .linear), Resize(size: old, mode: .linear, alignCorners: true),
                Resize(size: old, mode: .cubic),
            ]
            .map {
                OperatorSample(
                    "resize_gradient \($0.mode.rawValue) \($0.alignCorners) \(old) \(new)", ResizeGradient($0), [draw.floats([2, 3] + new)])
            }
        }
    }()

    private static let joined: [OperatorSample] = {
        var draw = SampleTensors(seed: 45)
        return ScatterReduce.Reduction.allCases.flatMap { reduction in
            [
                OperatorSample(
                    "scatter_reduce \(reduction.rawValue) last", ScatterReduce(reduction, axis: -1),
                    [draw.floats([3, 5]), draw.integers([2, 7], 0...4), draw.floats([2, 7])]),
                OperatorSample(
                    "scatter_reduce \(reduction.rawValue) first", ScatterReduce(reduction, axis: 0),
                    [draw.floats([4, 3, 2]), draw.integers([6, 3, 2], 0...3), draw.floats([6, 3, 2])]),
                OperatorSample(
                    "scatter_reduce \(reduction.rawValue) integers", ScatterReduce(reduction, axis: 0),
                    [draw.integers([4]), draw.integers([9], 0...3), draw.integers([9])]),
                OperatorSample(
                    "scatter_reduce \(reduction.rawValue) truths", ScatterReduce(reduction, axis: 1),
                    [draw.bools([2, 3]), draw.integers([2, 5], 0...2), draw.bools([2, 5])]),
            ]
        }
    }()
}
