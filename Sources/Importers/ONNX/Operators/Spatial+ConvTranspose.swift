import IR

extension OperatorMapping {
    /// A transposed convolution as an ordinary one at the resolution of x, whose channels are the pixels of s × s blocks of the result:
    ///
    ///     y[q·s + r] = Σ_t x[q - t] · w[t·s + r]
    ///
    /// so the filter is cut into s phases of ⌈reach / s⌉ taps each, in reverse order, and the channels of phases become pixels.
    static func convTranspose(_ node: inout NodeImport) throws -> ValueID {
        let (x, weight) = (try node.input(0), try node.input(1))
        let groups = try node.int("group", 1)
        let kernel = try node.kernelSizes(of: weight)
        let form = try TransposedWindows(node, kernel, Array(node.shape(x).dropFirst(2)))
        guard groups > 0, let outputs = node.shape(weight)[1].value, let inputs = node.shape(weight)[0].value, inputs > 0,
            inputs % groups == 0, Tensor.elementCount(form.stride + [outputs * groups]).map({ $0 < 1 << 40 }) ?? false
        else { throw NodeProblem("a weight of \(node.type(weight)) does not go with \(groups) groups and strides of \(form.stride)") }
        let filter = try phases(&node, weight, form, groups: groups, inputs: inputs, outputs: outputs)
        let blocks = form.stride.reduce(1, *)
        var bias = node.optional(2)
        if let each = bias, blocks > 1 {
            let spread = try node.expand(try node.reshape(each, [Dim(outputs * groups), 1]), [Dim(outputs * groups), Dim(blocks)])
            bias = try node.reshape(spread, [Dim(outputs * groups * blocks)])
        }
        let ones = [Int](repeating: 1, count: kernel.count)
        let windows = SlidingWindows(kernel: form.taps, stride: ones, dilation: ones, padding: form.before + form.behind)
        var y = try conv(&node, x, filter, bias, windows, groups: groups)
        y = try shuffled(&node, y, form, outputs * groups)
        for axis in kernel.indices {
            let (start, size) = (Dim(form.start[axis]), form.sizes[axis])
            if start == 0 && node.shape(y)[axis + 2] == size { continue }
            y = try node.emit(Slice(axis: axis + 2, start: start, end: start + size), y)
        }
        return y
    }

    /// [c, m, k…] ─▶ [m · s…, c/groups, taps…]
    private static func phases(
        _ node: inout NodeImport, _ weight: ValueID, _ form: TransposedWindows, groups: Int, inputs: Int, outputs: Int
    ) throws -> ValueID {
        let rank = form.kernel.count
        var w = weight
        if form.dilation.contains(where: { $0 > 1 }) {
            // Zeros between the taps: [k, 1] ─▶ [k, dilation] ─▶ [k · dilation], of which the last dilation - 1 are cut.
            w = try node.reshape(w, [Dim(inputs), Dim(outputs)] + form.kernel.flatMap { [Dim($0), 1] })
            let gaps = [0, 0] + form.dilation.flatMap { [0, $0 - 1] }
            w = try node.emit(Pad(before: gaps.map { _ in 0 }, after: gaps), w)
            w = try node.reshape(w, [Dim(inputs), Dim(outputs)] + zip(form.kernel, form.dilation).map { Dim($0 * $1) })
            for axis in 0..<rank where form.dilation[axis] > 1 { w = try node.slice(w, axis: axis + 2, 0..<form.reach[axis]) }
        }
        let margin = [0, 0] + (0..<rank).map { form.taps[$0] * form.stride[$0] - form.reach[$0] }
        if margin.contains(where: { $0 > 0 }) { w = try node.emit(Pad(before: margin.map { _ in 0 }, after: margin), w) }
        let cut = (0..<rank).flatMap { [Dim(form.taps[$0]), Dim(form.stride[$0])] }
        w = try node.reshape(w, [Dim(groups), Dim(inputs / groups), Dim(outputs)] + cut)
        let order = [0, 2] + (0..<rank).map { 4 + 2 * $0 } + [1] + (0..<rank).map { 3 + 2 * $0 }
        w = try node.transpose(w, order)
        for axis in 0..<rank { w = try node.reversed(w, axis: 3 + rank + axis, count: form.taps[axis]) }
        let channels = groups * outputs * form.stride.reduce(1, *)
        return try node.reshape(w, [Dim(channels), Dim(inputs / groups)] + form.taps.map { Dim($0) })
    }

    /// [n, m · s…, d…] ─▶ [n, m, (d · s)…]
    private static func shuffled(_ node: inout NodeImport, _ y: ValueID, _ form: TransposedWindows, _ channels: Int) throws -> ValueID {
        let (rank, stride, shape) = (form.stride.count, form.stride, node.shape(y))
        if stride.allSatisfy({ $0 == 1 }) { return y }
        if rank == 2, stride[0] == stride[1] { return try node.emit(PixelShuffle(factor: stride[0]), y) }
        let apart = try node.reshape(y, [shape[0], Dim(channels)] + stride.map { Dim($0) } + shape[2...])
        let woven = try node.transpose(apart, [0, 1] + (0..<rank).flatMap { [2 + rank + $0, 2 + $0] })
        return try node.reshape(woven, [shape[0], Dim(channels)] + (0..<rank).map { shape[$0 + 2] * Dim(stride[$0]) })
    }
}

/// The sizes of a transposed convolution and of the ordinary one that computes it.
struct TransposedWindows {
    let kernel, stride, dilation, reach: [Int]
    /// Taps of a phase.
    let taps: [Int]
    /// Padding of the ordinary convolution.
    private(set) var before: [Int] = []
    private(set) var behind: [Int] = []
    /// Where the result starts in the blocks, and its sizes.
    private(set) var start: [Int] = []
    private(set) var sizes: [Dim] = []

    init(_ node: NodeImport, _ kernel: [Int], _ sizes: [Dim]) throws {
        let rank = kernel.count
        // Output sizes by auto_pad or output_shape are looked at below.
        let mode = try node.string("auto_pad", "NOTSET")
        let given = try node.windows(kernel: kernel, over: sizes.map { mode.hasPrefix("SAME") && $0.value == nil ? 1 : $0 })
        (self.kernel, stride, dilation, reach) = (kernel, given.stride, given.dilation, given.reach)
        taps = zip(reach, stride).map { ($0 + $1 - 1) / $1 }
        let extra = try node.ints("output_padding").flatMap { $0.isEmpty ? nil : $0 } ?? [Int](repeating: 0, count: rank)
        let shape = try node.ints("output_shape").flatMap { $0.isEmpty ? nil : Array($0.suffix(rank)) }
        guard extra.count == rank, shape.map({ $0.count == rank }) ?? true, (extra + (shape ?? [])).allSatisfy({ 0...Int(Int32.max) ~= $0 })
        else { throw NodeProblem("output_padding and output_shape must have \(rank) numbers") }
        for axis in 0..<rank {
            // Size without padding: (d - 1)·stride + room.
            let room = reach[axis] + extra[axis]
            var (before, behind) = (given.before(axis), given.behind(axis))
            if let shape {
                guard let size = sizes[axis].value, size <= Int(Int32.max) else {
                    throw NodeProblem("output_shape needs a known size, not \(sizes[axis])")
                }
                let total = (size - 1) * stride[axis] + room - shape[axis]
                // What is missing (a negative total) is added behind.
                before = mode == "SAME_UPPER" ? max(total, 0) / 2 : max(total, 0) - max(total, 0) / 2
                behind = total - before
            } else if mode.hasPrefix("SAME") {
                let total = max(room - stride[axis], 0)
                before = mode == "SAME_UPPER" ? total / 2 : total - total / 2
                behind = total - before
            }
            add(axis, sizes[axis], room, before, behind)
        }
    }

    private mutating func add(_ axis: Int, _ size: Dim, _ room: Int, _ before: Int, _ behind: Int) {
        let s = stride[axis]
        // Whole blocks before the result are left out by padding less.
        let skipped = floorQuotient(before, s)
        self.before.append(taps[axis] - 1 - skipped)
        start.append(before - skipped * s)
        // Blocks needed: d - 1 - skipped + ⌈(room - behind) / s⌉; the convolution gives d - skipped + padding behind.
        self.behind.append(-floorQuotient(behind - room, s) - 1)
        sizes.append((size - 1) * Dim(s) + Dim(room - before - behind))
    }
}

/// ⌊a / b⌋ for positive b.
private func floorQuotient(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }
