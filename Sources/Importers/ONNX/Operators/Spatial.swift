import IR

/// Convolutions, pooling, resizing: operators over pictures.
extension OperatorMapping {
    static let spatial: [OperatorMapping] = convolutions + pooling + resizing + sampling + rearranging
}

/// Windows that slide over the dimensions behind the channels.
struct SlidingWindows {
    let kernel, stride, dilation: [Int]
    /// Before each spatial dimension, then behind each.
    let padding: [Int]

    /// From the first position of a window to behind its last, along each dimension.
    var reach: [Int] { zip(kernel, dilation).map { ($0 - 1) * $1 + 1 } }

    func before(_ axis: Int) -> Int { padding[axis] }

    func behind(_ axis: Int) -> Int { padding[axis + kernel.count] }
}

extension NodeImport {
    private func spatial(_ name: String, _ count: Int) throws -> [Int]? {
        guard let values = try ints(name), !values.isEmpty else { return nil }
        guard values.count == count, values.allSatisfy({ abs($0) <= Int(Int32.max) }) else {
            throw NodeProblem("\(name) \(values) must be \(count) numbers")
        }
        return values
    }

    /// The attributes `strides`, `dilations`, and `pads` or `auto_pad`, for a kernel over `sizes`.
    func windows(kernel: [Int], over sizes: [Dim]) throws -> SlidingWindows {
        let rank = kernel.count
        guard rank == sizes.count, (1...3).contains(rank), kernel.allSatisfy({ 1...Int(Int32.max) ~= $0 }) else {
            throw NodeProblem("a kernel of \(kernel) does not go over \(sizes.count) dimensions")
        }
        let ones = [Int](repeating: 1, count: rank)
        let (stride, dilation) = (try spatial("strides", rank) ?? ones, try spatial("dilations", rank) ?? ones)
        guard (stride + dilation).allSatisfy({ $0 > 0 }) else { throw NodeProblem("strides and dilations must be positive") }
        var padding = try spatial("pads", 2 * rank) ?? [Int](repeating: 0, count: 2 * rank)
        let mode = try string("auto_pad", "NOTSET")
        if mode == "VALID" { padding = [Int](repeating: 0, count: 2 * rank) }
        if mode.hasPrefix("SAME") {
            for axis in 0..<rank {
                let total = try samePadding((kernel[axis] - 1) * dilation[axis] + 1, stride[axis], sizes[axis])
                let smaller = total / 2
                padding[axis] = mode == "SAME_LOWER" ? total - smaller : smaller
                padding[axis + rank] = total - padding[axis]
            }
        }
        return SlidingWindows(kernel: kernel, stride: stride, dilation: dilation, padding: padding)
    }

    /// What must lie around `size` positions so that there are ⌈size / step⌉ windows.
    private func samePadding(_ reach: Int, _ step: Int, _ size: Dim) throws -> Int {
        if step == 1 { return reach - 1 }
        guard let size = size.value, size <= Int(Int32.max) else {
            throw NodeProblem("auto_pad with a stride of \(step) needs a known size, not \(size)")
        }
        return max(((size + step - 1) / step - 1) * step + reach - size, 0)
    }

    /// The spatial sizes of a filter, which must be known.
    func kernelSizes(of weight: ValueID) throws -> [Int] {
        let sizes = shape(weight).dropFirst(2)
        let known = sizes.compactMap(\.value)
        if known.count == sizes.count { return known }
        guard let given = try ints("kernel_shape"), given.count == sizes.count, Tensor.elementCount(given).map({ $0 < 1 << 24 }) ?? false
        else {
            throw NodeProblem("the kernel's sizes \(Array(sizes)) must be known")
        }
        return given
    }

    /// A constant reshaped so that it runs along dimension 1 of a tensor of `rank` dimensions; a single number stays one.
    mutating func alongChannels(_ value: ValueID, rank: Int) throws -> ValueID {
        if type(value).elementCount == 1 { return try reshape(value, []) }
        return try reshape(value, [type(value).elementCount] + [Dim](repeating: 1, count: rank - 2))
    }

    /// `x` with the elements of `axis` in reverse order.
    mutating func reversed(_ x: ValueID, axis: Int, count: Int) throws -> ValueID {
        count == 1 ? x : try emit(Gather(axis: axis), x, try vector(Array((0..<count).reversed())))
    }

    /// A size as a number of type `dtype`.
    mutating func number(_ size: Dim, _ dtype: DType) throws -> ValueID {
        if let value = size.value { return try scalar(value, dtype) }
        return try cast(try reshape(try vector([size]), []), to: dtype)
    }
}
