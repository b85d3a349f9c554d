import IR

/// Where a value lies in memory: a buffer, an offset and strides. Views of one buffer cost nothing.
struct View: Hashable {
    /// Index into the table of buffers.
    let buffer: Int
    let dtype: DType
    var sizes: [Int]
    /// Distance between neighbours along each dimension, in elements; 0 repeats.
    var strides: [Int]
    /// First element.
    var offset: Int

    /// A dense row-major view from the start of a buffer.
    init(buffer: Int, dtype: DType, sizes: [Int]) {
        self.buffer = buffer
        self.dtype = dtype
        self.sizes = sizes
        strides = rowMajorStrides(sizes)
        offset = 0
    }

    var rank: Int { sizes.count }

    /// Bounded by what an integer holds: the sizes of a view without elements may be any.
    var count: Int { sizes.reduce(1, saturatingMultiply) }

    var byteCount: Int { dtype.byteCount(of: count) ?? (dtype == .string ? 0 : .max) }

    /// Dense and row-major; dimensions of size 1 may have any stride.
    var isContiguous: Bool {
        var expected = 1
        for axis in sizes.indices.reversed() where sizes[axis] != 1 {
            if strides[axis] != expected { return count == 0 }
            expected = saturatingMultiply(expected, sizes[axis])
        }
        return true
    }

    /// A contiguous view with the strides of a row-major one, whatever those of its dimensions of size 1 or 0 are.
    var canonical: View {
        var view = self
        view.strides = rowMajorStrides(sizes)
        return view
    }

    /// The bytes of a dense view of packed elements.
    var packedBytes: View { View(buffer: buffer, dtype: .u8, sizes: [byteCount]) }

    /// Pointer arithmetic that is left for run time.
    var ref: Ref { Ref(buffer: buffer, byteOffset: offset * dtype.byteWidth) }

    func transposed(_ permutation: [Int]) -> View {
        var view = self
        view.sizes = permutation.map { sizes[$0] }
        view.strides = permutation.map { strides[$0] }
        return view
    }

    /// `count` elements along `axis` from `start`, every `step`-th.
    func sliced(axis: Int, start: Int, count: Int, step: Int = 1) -> View {
        var view = self
        view.offset += start * strides[axis]
        view.sizes[axis] = count
        view.strides[axis] *= step
        return view
    }

    /// The part at position `index` of the first dimension, without that dimension.
    func picked(_ index: Int) -> View {
        var view = sliced(axis: 0, start: index, count: 1)
        view.sizes.removeFirst()
        view.strides.removeFirst()
        return view
    }

    /// Stretched to `target` by NumPy broadcasting.
    func expanded(to target: [Int]) -> View {
        var view = self
        view.strides = target.indices.map { axis in
            let own = axis - (target.count - sizes.count)
            return own < 0 || (sizes[own] == 1 && target[axis] != 1) ? 0 : strides[own]
        }
        view.sizes = target
        return view
    }

    /// The same elements as `target`, or nil if no strides express that without a copy, or if the counts differ.
    func reshaped(to target: [Int]) -> View? {
        guard target.reduce(1, *) == count else { return nil }
        var view = self
        view.sizes = target
        if count == 0 || isContiguous {
            view.strides = rowMajorStrides(target)
            return view
        }
        guard let strides = View.regroup(sizes, strides, target) else { return nil }
        view.strides = strides
        return view
    }

    /// Strides of `target` over the runs of dimensions that lie evenly in memory.
    private static func regroup(_ sizes: [Int], _ strides: [Int], _ target: [Int]) -> [Int]? {
        var runs: [(size: Int, stride: Int)] = []
        for (size, stride) in zip(sizes, strides) where size != 1 {
            if let last = runs.last, last.stride == stride * size {
                runs[runs.count - 1] = (last.size * size, stride)
            } else {
                runs.append((size, stride))
            }
        }
        var result = [Int](repeating: 1, count: target.count)
        var axis = target.count - 1
        for run in runs.reversed() {
            var (covered, stride) = (1, run.stride)
            while covered < run.size {
                guard axis >= 0 else { return nil }
                result[axis] = stride
                stride *= target[axis]
                covered *= target[axis]
                axis -= 1
            }
            if covered != run.size { return nil }
        }
        return result
    }

    /// As a matrix of rows: the last dimension contiguous, all others joined with one distance. nil if that needs a copy.
    var rows: (count: Int, columns: Int, stride: Int)? {
        guard let columns = sizes.last else { return (1, 1, 1) }
        guard strides.last == 1 || columns <= 1 else { return nil }
        guard let joined = leading.reshaped(to: [leading.count]) else { return nil }
        let stride = joined.count <= 1 ? columns : joined.strides[0]
        return stride >= columns ? (joined.count, columns, stride) : nil
    }

    private var leading: View {
        var view = self
        view.sizes.removeLast()
        view.strides.removeLast()
        return view
    }
}

/// A place in memory, resolved against the table of buffer addresses when a step runs.
struct Ref {
    let buffer: Int
    let byteOffset: Int
}

/// Addresses of all buffers during one run.
struct Memory {
    let table: UnsafePointer<UnsafeMutableRawPointer>

    func raw(_ ref: Ref) -> UnsafeMutableRawPointer { table[ref.buffer] + ref.byteOffset }

    func raw(_ ref: Ref?) -> UnsafeMutableRawPointer? { ref.map { raw($0) } }

    func f32(_ ref: Ref) -> UnsafeMutablePointer<Float> { raw(ref).assumingMemoryBound(to: Float.self) }

    func f32(_ ref: Ref?) -> UnsafeMutablePointer<Float>? { ref.map { f32($0) } }

    func u8(_ ref: Ref) -> UnsafeMutablePointer<UInt8> { raw(ref).assumingMemoryBound(to: UInt8.self) }

    func u8(_ ref: Ref?) -> UnsafeMutablePointer<UInt8>? { ref.map { u8($0) } }

    func i64(_ ref: Ref) -> UnsafeMutablePointer<Int64> { raw(ref).assumingMemoryBound(to: Int64.self) }
}
