import IR

extension OperatorSamples {
    static let indexing: [OperatorSample] = {
        var draw = SampleTensors(seed: 9)
        return [
            OperatorSample("gather rows", Gather(), [draw.floats([9, 17]), draw.integers([5], 0...8)]),
            OperatorSample("gather batch", Gather(), [draw.floats([9, 17]), draw.integers([2, 3], 0...8, as: .i32)]),
            OperatorSample("gather scalar", Gather(), [draw.floats([9, 4]), draw.integers([], 0...8)]),
            OperatorSample("gather last", Gather(axis: -1), [draw.floats([3, 7]), draw.integers([4], 0...6)]),
            OperatorSample("gather middle", Gather(axis: 1), [draw.integers([2, 5, 3]), draw.integers([4], 0...4)]),
            OperatorSample("gather none", Gather(), [draw.floats([9, 4]), draw.integers([0])]),
            OperatorSample("gather bool", Gather(), [draw.bools([9, 4]), draw.integers([3], 0...8)]),
            OperatorSample("gather_elements last", GatherElements(axis: -1), [draw.floats([3, 9]), draw.integers([3, 4], 0...8)]),
            OperatorSample("gather_elements first", GatherElements(axis: 0), [draw.floats([5, 7]), draw.integers([2, 6], 0...4)]),
            OperatorSample(
                "scatter_elements last", ScatterElements(axis: 1),
                [draw.floats([2, 9]), draw.integers([2, 3], 0...8), draw.floats([2, 3])]),
            OperatorSample(
                "scatter_elements first", ScatterElements(axis: 0),
                [draw.integers([6, 5]), draw.integers([2, 4], 0...5), draw.integers([2, 4])]),
            OperatorSample(
                "scatter_rows set", ScatterRows(),
                [draw.floats([11, 19]), draw.permutation(6, below: 11), draw.floats([6, 19])]),
            OperatorSample(
                "scatter_rows add", ScatterRows(add: true),
                [draw.floats([7, 5, 3]), draw.integers([9], 0...6), draw.floats([9, 5, 3])]),
            OperatorSample(
                "scatter_rows add i64", ScatterRows(add: true), [draw.integers([4]), draw.integers([9], 0...3), draw.integers([9])]),
            OperatorSample("scatter_rows none", ScatterRows(), [draw.floats([4, 3]), draw.integers([0]), draw.floats([0, 3])]),
            OperatorSample(
                "update_slice cache", UpdateSlice(axis: 2, offsets: [0, 0, 0, 0]),
                [draw.floats([1, 3, 8, 5]), draw.floats([1, 3, 2, 5]), Tensor(integers: [4], [1])]),
            OperatorSample(
                "update_slice offsets", UpdateSlice(axis: 0, offsets: [1, 2]),
                [draw.floats([6, 7]), draw.floats([2, 4]), Tensor(integers: [3], [1])]),
        ]
    }()

    static let movement: [OperatorSample] = {
        var draw = SampleTensors(seed: 10)
        let n = Dim.symbol("n")
        let wide: [Tensor?] = [draw.floats([2, 3, 7]), draw.floats([2, 1, 7]), draw.floats([2, 0, 7]), draw.floats([2, 5, 7])]
        return [
            OperatorSample("concat middle", Concat(axis: 1), wide),
            OperatorSample("concat first", Concat(axis: 0), [draw.floats([2, 5]), draw.floats([3, 5])]),
            OperatorSample("concat last", Concat(axis: -1), [draw.integers([3, 5]), draw.integers([3, 4])]),
            OperatorSample("concat one", Concat(axis: 0), [draw.bools([3, 5])]),
            OperatorSample("split middle", Split(axis: 1, sizes: [2, 0, 3]), [draw.floats([2, 5, 3])]),
            OperatorSample("split symbolic", Split(axis: -1, sizes: [n, n + 1]), [draw.floats([3, 9])], ["n": 4]),
            OperatorSample("slice middle", Slice(axis: 1, start: 1, end: 4), [draw.floats([2, 5, 3])]),
            OperatorSample("slice stepped", Slice(axis: -1, start: 1, end: 10, step: 4), [draw.floats([3, 11])]),
            OperatorSample("slice symbolic", Slice(axis: 0, start: n - 1, end: 2 * n), [draw.integers([9, 2])], ["n": 3]),
            OperatorSample("slice none", Slice(axis: 0, start: 2, end: 2), [draw.floats([4, 3])]),
            OperatorSample("pad constant", Pad(before: [0, 1, 2], after: [1, 0, 3], value: -1.5), [draw.floats([2, 3, 5])]),
            OperatorSample("pad reflect", Pad(before: [0, 2, 3], after: [0, 1, 4], mode: .reflect), [draw.floats([2, 3, 5])]),
            OperatorSample("pad edge", Pad(before: [0, 2, 9], after: [1, 1, 4], mode: .edge), [draw.floats([2, 3, 5])]),
            OperatorSample("pad i64", Pad(before: [2], after: [1], value: 7), [draw.integers([5])]),
            OperatorSample("transpose 2", Transpose([1, 0]), [draw.floats([17, 35])]),
            OperatorSample("transpose heads", Transpose([0, 2, 1, 3]), [draw.floats([2, 5, 3, 8])]),
            OperatorSample("transpose turn", Transpose([2, 0, 1]), [draw.integers([4, 5, 6])]),
            OperatorSample("transpose none", Transpose([0, 1, 2]), [draw.bools([2, 3, 4])]),
            OperatorSample("reshape", Reshape([5, 6]), [draw.floats([2, 3, 5])]),
            OperatorSample("reshape scalar", Reshape([]), [draw.floats([1, 1])]),
            OperatorSample("reshape empty", Reshape([0, 7]), [draw.floats([3, 0])]),
            OperatorSample("expand rows", Expand([4, 3, 5]), [draw.floats([3, 1])]),
            OperatorSample("expand symbolic", Expand([n, 7]), [draw.integers([1, 7])], ["n": 5]),
            OperatorSample("expand scalar", Expand([3, 2]), [draw.bools([])]),
            OperatorSample("expand to none", Expand([0, 3]), [draw.floats([1, 3])]),
            OperatorSample("pixel_shuffle", PixelShuffle(factor: 2), [draw.floats([2, 12, 3, 5])]),
            OperatorSample("pixel_shuffle 3", PixelShuffle(factor: 3), [draw.floats([1, 9, 2, 2])]),
            OperatorSample("pixel_unshuffle", PixelUnshuffle(factor: 2), [draw.floats([2, 3, 6, 10])]),
            OperatorSample("pixel_unshuffle 3", PixelUnshuffle(factor: 3), [draw.floats([1, 2, 6, 3])]),
            OperatorSample("stop_gradient", StopGradient(), [draw.floats([3, 5])]),
            OperatorSample("stop_gradient i64", StopGradient(), [draw.integers([4])]),
            OperatorSample("straight_through", StraightThrough(), [draw.floats([3, 5]), draw.floats([3, 5])]),
        ]
    }()

    static let resizing: [OperatorSample] = {
        var draw = SampleTensors(seed: 11)
        let sizes: [(from: [Int], to: [Dim])] = [
            ([5, 7], [10, 14]), ([8, 6], [3, 4]), ([4, 9], [7, 9]), ([1, 3], [4, 1]), ([6, 6], [6, 6]),
        ]
        var samples: [OperatorSample] = []
        for (from, to) in sizes {
            let label = "\(from) \(to)"
            for op in [
                Resize(size: to, mode: .nearest), Resize(size: to, mode: .nearest, coordinates: .halfPixel),
                Resize(size: to, mode: .linear), Resize(size: to, mode: .linear, alignCorners: true),
                Resize(size: to, mode: .linear, coordinates: .asymmetric), Resize(size: to, mode: .cubic),
                Resize(size: to, mode: .cubic, alignCorners: true, cubicCoefficient: -0.5),
            ] {
                let name = "resize \(op.mode) \(op.coordinates) \(op.alignCorners) \(label)"
                samples.append(OperatorSample(name, op, [draw.floats([2, 3] + from)]))
            }
        }
        let symbolic = Resize(size: [2 * Dim.symbol("h"), 16], mode: .linear)
        for mode in Resize.Mode.allCases {
            samples.append(OperatorSample("resize \(mode) sequence", Resize(size: [11], mode: mode), [draw.floats([2, 3, 7])]))
            samples.append(OperatorSample("resize \(mode) volume", Resize(size: [3, 7, 4], mode: mode), [draw.floats([1, 2, 5, 4, 3])]))
        }
        return samples + [OperatorSample("resize symbolic", symbolic, [draw.floats([1, 1, 5, 8])], ["h": 5])]
    }()

    static let sources: [OperatorSample] = [
        OperatorSample("shape", Shape([3, .symbol("n"), 2 * .symbol("n") + 1]), [], ["n": 4]),
        OperatorSample("shape none", Shape([]), []),
        OperatorSample("string_concat", StringConcat(), [Tensor(strings: ["a", "bc"], [2]), Tensor(strings: ["", "é"], [2])]),
        OperatorSample("string_concat broadcast", StringConcat(), [Tensor(strings: ["a", "b"], [2, 1]), Tensor(strings: ["x"], [1])]),
        OperatorSample("iota", Iota(size: 19, start: -3), []),
        OperatorSample("iota symbolic", Iota(size: .symbol("n") + 1), [], ["n": 6]),
        OperatorSample("iota none", Iota(size: 0), []),
        OperatorSample("fill f32", Fill(shape: [3, 7], value: 0.1, dtype: .f32), []),
        OperatorSample("fill bool", Fill(shape: [.symbol("n")], value: 1, dtype: .bool), [], ["n": 5]),
        OperatorSample("fill i64", Fill(shape: [], value: -7, dtype: .i64), []),
        OperatorSample("fill bf16", Fill(shape: [2, 0], value: 3, dtype: .bf16), []),
    ]
}
