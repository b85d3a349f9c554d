/// Windows the other way round: what each window gave goes back to the positions that it saw.
struct TransposedWindows {
    private let stride, dilation: [Int]
    private let kernel: [Int]
    private let before: [Int]
    private var behind: [Int]

    /// - Throws: ``DerivativeError`` if sizes of the kernel are symbols.
    init(_ geometry: ConvGeometry, kernel: [Dim]) throws {
        let (own, rank) = (geometry.spelled(kernel.count), kernel.count)
        self.kernel = kernel.compactMap(\.value)
        guard self.kernel.count == rank else { throw DerivativeError("the size of its kernel must be known, not \(kernel)") }
        (stride, dilation) = (own.stride, own.dilation)
        (before, behind) = (Array(own.padding[..<rank]), Array(own.padding[rank...]))
    }

    /// - Throws: ``DerivativeError`` if the last window may not be full and sizes are symbols.
    init(_ pool: PoolGeometry, of sizes: [Dim], results: [Dim]) throws {
        let rank = pool.kernel.count
        (kernel, stride, dilation) = (pool.kernel, pool.stride, pool.dilation)
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

    /// `dy` [n, o, d′…] through `filter` [c, o/g, k…] over the positions of `shape` [n, c, d…].
    func spread(_ dy: Traced, _ filter: Traced, over shape: [Dim], _ groups: Int) throws -> Traced {
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
}
