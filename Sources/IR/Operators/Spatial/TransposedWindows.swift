/// Windows the other way round: what each window gave goes back to the positions that it saw.
struct TransposedWindows {
    let kernel: [Int]
    private let stride, dilation: [Int]
    private let before: [Int]
    private var behind: [Int]
    private let groups: Int

    /// - Throws: ``DerivativeError`` if sizes of the kernel are symbols.
    init(_ geometry: ConvGeometry, kernel: [Dim]) throws {
        let (own, rank) = (geometry.spelled(kernel.count), kernel.count)
        self.kernel = kernel.compactMap(\.value)
        guard self.kernel.count == rank else { throw DerivativeError("the size of its kernel must be known, not \(kernel)") }
        (stride, dilation, groups) = (own.stride, own.dilation, geometry.groups)
        (before, behind) = (Array(own.padding[..<rank]), Array(own.padding[rank...]))
    }

    /// - Throws: ``DerivativeError`` if the last window may not be full and sizes are symbols.
    init(_ pool: PoolGeometry, of sizes: [Dim], results: [Dim], groups: Int) throws {
        let rank = pool.kernel.count
        (kernel, stride, dilation, self.groups) = (pool.kernel, pool.stride, pool.dilation, groups)
        (before, behind) = (Array(pool.padding[..<rank]), Array(pool.padding[rank...]))
        guard pool.ceil else { return }
        for axis in 0..<rank {
            guard let size = sizes[axis].value, let count = results[axis].value else {
                throw DerivativeError("with 'ceil' its sizes must be known, not \(sizes)")
            }
            // As much as the last window needs.
            behind[axis] = (count - 1) * stride[axis] + reach(axis) - size - before[axis]
        }
    }

    /// Positions from the first to the last that a window sees.
    private func reach(_ axis: Int) -> Int { dilation[axis] * (kernel[axis] - 1) + 1 }

    /// `dy` [n, o, d′…] through `filter` [o, c/g, k…] over the positions of `shape` [n, c, d…].
    func spread(_ dy: Traced, _ filter: Traced, over shape: [Dim]) throws -> Traced {
        try byPhases(dy, filter, over: shape) ?? byZeros(dy, filter.applying(TurnFilter(groups: groups)), over: shape)
    }

    /// Through `filter` [c, o/g, k…], turned around, with zeros where steps passed over.
    private func byZeros(_ dy: Traced, _ filter: Traced, over shape: [Dim]) throws -> Traced {
        var (wide, padding) = (dy, [Int](repeating: 0, count: 2 * kernel.count))
        var starts = [Int](repeating: 0, count: kernel.count)
        for axis in kernel.indices {
            // A window at every position, those that steps passed over with nothing.
            let windows = shape[axis + 2] + Dim(before[axis] + behind[axis] - reach(axis) + 1)
            wide = try wide.spread(axis + 2, by: stride[axis]).sliced(axis + 2, from: 0, to: windows)
            padding[axis] = max(reach(axis) - 1 - before[axis], 0)
            padding[axis + kernel.count] = max(reach(axis) - 1 - behind[axis], 0)
            starts[axis] = max(before[axis] - reach(axis) + 1, 0)
        }
        var dx = try wide.applying(Conv(padding: padding, dilation: dilation, groups: groups), filter)
        for axis in kernel.indices {
            dx = try dx.sliced(axis + 2, from: Dim(starts[axis]), to: Dim(starts[axis]) + shape[axis + 2])
        }
        return dx
    }

    /// With steps s, positions s · q + r see the taps r, r + s, …: each phase r is a convolution without steps, all of them one with s · s
    /// times the outputs, and their pixels are shuffled into place. nil for what is no picture, has groups, other steps or sizes that symbols
    /// leave open.
    private func byPhases(_ dy: Traced, _ filter: Traced, over shape: [Dim]) throws -> Traced? {
        guard kernel.count == 2, groups == 1, stride[0] == stride[1], stride[0] > 1, dilation == [1, 1] else { return nil }
        let (step, taps) = (stride[0], kernel.map { ($0 + stride[0] - 1) / stride[0] })
        let rests = (0..<2).map { axis -> Int? in
            let positions = (shape[axis + 2] + Dim(before[axis] + step - 1)).floorDivided(by: Dim(step))
            return (positions - dy.shape[axis + 2]).value
        }
        guard let below = rests[0], let right = rests[1], below >= 0, right >= 0 else { return nil }
        var phases = filter
        for axis in 0..<2 { phases = try phases.withZeros(axis + 2, before: 0, behind: Dim(taps[axis] * step - kernel[axis])) }
        let (outputs, inputs) = (filter.shape[0], filter.shape[1])
        phases = try phases.reshaped([outputs, inputs, Dim(taps[0]), Dim(step), Dim(taps[1]), Dim(step)]).transposed([0, 1, 3, 5, 2, 4])
        phases = try phases.reshaped([outputs, inputs * Dim(step * step)] + taps.map { Dim($0) })
        let turned = try phases.applying(TurnFilter())
        let small = try dy.applying(Conv(padding: [taps[0] - 1, taps[1] - 1, below, right]), turned)
        var dx = try small.applying(PixelShuffle(factor: step))
        for axis in 0..<2 { dx = try dx.sliced(axis + 2, from: Dim(before[axis]), to: Dim(before[axis]) + shape[axis + 2]) }
        return dx
    }
}
