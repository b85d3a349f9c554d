import IR

extension OperatorSamples {
    static let reductions: [OperatorSample] = {
        var draw = SampleTensors(seed: 12)
        var samples: [OperatorSample] = []
        func add(_ label: String, _ x: Tensor, _ axes: [Int], _ keep: Bool, integers: Bool = false) {
            var ops: [any TensorOperator] = [
                Reduce<ReduceSum>(axes: axes, keepDims: keep), Reduce<ReduceMax>(axes: axes, keepDims: keep),
                Reduce<ReduceMin>(axes: axes, keepDims: keep), Reduce<ReduceProd>(axes: axes, keepDims: keep),
            ]
            if !integers { ops.append(Reduce<ReduceMean>(axes: axes, keepDims: keep)) }
            samples += ops.map { OperatorSample("\(type(of: $0).opName) \(label)", $0, [x]) }
        }
        add("last", draw.floats([3, 5, 37]), [-1], false)
        add("first", draw.floats([4, 35]), [0], true)
        add("middle", draw.floats([3, 5, 7]), [1], false)
        add("two", draw.floats([2, 3, 4, 5]), [1, 3], true)
        add("ends", draw.floats([3, 4, 5]), [-1, 0], false)
        add("all", draw.floats([5, 21]), [0, 1], false)
        add("no axis", draw.floats([5]), [], false)
        add("i64", draw.integers([4, 5], -3...3), [1], false, integers: true)
        for keep in [false, true] {
            let x = draw.bools([5, 4, 9])
            samples.append(OperatorSample("reduce_any \(keep)", Reduce<ReduceAny>(axes: [-1], keepDims: keep), [x]))
            samples.append(OperatorSample("reduce_all \(keep)", Reduce<ReduceAll>(axes: [0, 1], keepDims: keep), [x]))
        }
        let empty = Tensor(zeros: .f32, [3, 0])
        samples.append(OperatorSample("reduce_sum none", Reduce<ReduceSum>(axes: [1]), [empty]))
        samples.append(OperatorSample("reduce_max nothing left", Reduce<ReduceMax>(axes: [0]), [empty]))
        return samples + searches + dynamicQuantizations + quantizations
    }()

    /// Ranges with both ends, without one, of nothing at all.
    private static let dynamicQuantizations: [OperatorSample] = {
        var draw = SampleTensors(seed: 31)
        let (whole, positive) = (draw.floats([3, 5, 37]), draw.floats([2, 6000], 1...3))
        let negative = Tensor(positive.floats.map { -$0 }, [12000])
        return [
            OperatorSample("dynamic_quantize", DynamicQuantize(), [whole]),
            OperatorSample("dynamic_quantize positive", DynamicQuantize(), [positive]),
            OperatorSample("dynamic_quantize negative", DynamicQuantize(), [negative]),
            OperatorSample("dynamic_quantize zeros", DynamicQuantize(), [Tensor([Float](repeating: 0, count: 9), [9])]),
            OperatorSample("dynamic_quantize none", DynamicQuantize(), [Tensor(zeros: .f32, [0, 4])]),
            OperatorSample("dynamic_quantize rows", DynamicQuantize(perRow: true), [whole]),
            OperatorSample("dynamic_quantize no columns", DynamicQuantize(perRow: true), [Tensor(zeros: .f32, [4, 0])]),
        ]
    }()

    /// One scale, one of each channel or row, and blocks of which the last is cut short.
    private static let quantizations: [OperatorSample] = {
        var draw = SampleTensors(seed: 32)
        let (x, groups) = (draw.floats([4, 6, 10], -3...3), ScalePlacement(axis: 2, block: 4))
        let (one, channel, row, blocks) = (
            draw.floats([], 0.01...0.05), draw.floats([6], 0.01...0.05), draw.floats([4, 6, 1], 0.01...0.05),
            draw.floats([4, 6, 3], 0.01...0.05)
        )
        func zeros(_ scale: Tensor, _ dtype: DType) -> Tensor { draw.integers(scale.shape, 0...7, as: dtype) }
        func both(_ name: String, _ scale: Tensor, _ placement: ScalePlacement, _ dtype: DType) -> [OperatorSample] {
            let zero = zeros(scale, dtype)
            let levels = draw.integers([4, 6, 10], dtype.isSigned ? -7...7 : 0...15, as: dtype)
            return [
                OperatorSample("quantize \(name)", Quantize(to: dtype, placement), [x, scale]),
                OperatorSample("quantize \(name) zero", Quantize(to: dtype, placement), [x, scale, zero]),
                OperatorSample("dequantize \(name)", Dequantize(placement), [levels, scale]),
                OperatorSample("dequantize \(name) zero", Dequantize(placement), [levels, scale, zero]),
            ]
        }
        return both("u8", one, ScalePlacement(), .u8) + both("i8", one, ScalePlacement(), .i8)
            + both("u16 channel", channel, ScalePlacement(axis: 1), .u16) + both("i8 channel", channel, ScalePlacement(axis: -2), .i8)
            + both("u8 row", row, ScalePlacement(), .u8) + both("i4 blocks", blocks, groups, .i4) + both("u4 blocks", blocks, groups, .u4)
            + [
                OperatorSample(
                    "quantize f16", Quantize(to: .i8), [draw.floats([3, 9], -3...3, as: .f16), draw.floats([], 0.01...0.02, as: .f16)]),
                OperatorSample("quantize f8", Quantize(to: .f8e4m3fn), [x, one]),
                OperatorSample(
                    "dequantize vector", Dequantize(), [draw.integers([9], as: .i8), draw.floats([1]), draw.integers([1], as: .i8)]),
                OperatorSample("dequantize symmetric rows", Dequantize(), [draw.integers([3, 9], as: .i8), draw.floats([3, 1])]),
                OperatorSample("dynamic_quantize symmetric", DynamicQuantize.symmetricRows, [x]),
                OperatorSample(
                    "dequantize i32 zero", Dequantize(), [draw.integers([5], as: .i32), one, Tensor(integers: [1 << 30], [], as: .i32)]),
                OperatorSample("dequantize i32", Dequantize(), [draw.integers([5], -100_000...100_000, as: .i32), one]),
                OperatorSample("dequantize to f16", Dequantize(to: .f16), [draw.integers([5], -100...100, as: .i8), one]),
            ]
    }()

    private static let searches: [OperatorSample] = {
        var draw = SampleTensors(seed: 13)
        return [
            OperatorSample("arg_max last", ArgReduce<ArgMax>(axis: -1), [draw.floats([4, 37])]),
            OperatorSample("arg_max first", ArgReduce<ArgMax>(axis: 0, keepDims: true), [draw.floats([5, 7])]),
            OperatorSample("arg_max ties", ArgReduce<ArgMax>(axis: 1), [draw.integers([5, 9, 3], 0...2)]),
            OperatorSample("arg_min last", ArgReduce<ArgMin>(axis: -1), [draw.floats([4, 37])]),
            OperatorSample("arg_min ties", ArgReduce<ArgMin>(axis: 1, keepDims: true), [draw.integers([5, 9, 3], 0...2, as: .i32)]),
            OperatorSample("top_k last", TopK(k: 5), [draw.floats([3, 33])]),
            OperatorSample("top_k first", TopK(k: 2, axis: 0), [draw.floats([5, 7])]),
            OperatorSample("top_k ties", TopK(k: 9, axis: 1), [draw.integers([2, 9, 3], 0...2)]),
            OperatorSample("top_k zero", TopK(k: 0), [draw.floats([3, 5])]),
            OperatorSample("cum_sum last", CumSum(axis: -1), [draw.floats([3, 17])]),
            OperatorSample("cum_sum first", CumSum(axis: 0), [draw.integers([9, 4])]),
            OperatorSample("cum_sum exclusive", CumSum(axis: 1, exclusive: true), [draw.floats([2, 5, 3])]),
            OperatorSample("cum_sum reverse", CumSum(axis: -1, reverse: true), [draw.floats([3, 9])]),
            OperatorSample("cum_prod last", CumProd(axis: -1), [draw.floats([3, 7])]),
            OperatorSample("cum_prod first", CumProd(axis: 0, reverse: true), [draw.floats([6, 5])]),
            OperatorSample("cum_prod exclusive", CumProd(axis: 1, exclusive: true), [draw.floats([2, 5, 3])]),
            OperatorSample("cum_prod exclusive backwards", CumProd(axis: 1, exclusive: true, reverse: true), [draw.floats([2, 5, 3])]),
            OperatorSample("cum_prod both", CumProd(axis: 0, exclusive: true, reverse: true), [draw.integers([3, 9])]),
            OperatorSample("cum_sum both", CumSum(axis: -1, exclusive: true, reverse: true), [draw.integers([3, 9], as: .i32)]),
        ]
    }()
}
