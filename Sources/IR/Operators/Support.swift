/// Shared checks and loops of operator files.
enum Check {
    /// Operand `index`, which must be there.
    static func operand(_ inputs: [TensorType?], _ index: Int, _ name: String) throws -> TensorType {
        guard index < inputs.count, let type = inputs[index] else { throw InferenceError("operand \(index) (\(name)) is missing") }
        return type
    }

    /// Operand `index` or nil if absent.
    static func optional(_ inputs: [TensorType?], _ index: Int) -> TensorType? { index < inputs.count ? inputs[index] : nil }

    static func count(_ inputs: [TensorType?], _ range: ClosedRange<Int>) throws {
        guard !range.contains(inputs.count) else { return }
        throw InferenceError(
            "\(inputs.count) operands given; it takes \(range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range)")")
    }

    static func float(_ type: TensorType, _ name: String) throws {
        guard type.dtype.isFloat else { throw InferenceError("\(name) must be a float tensor, not \(type)") }
    }

    static func integer(_ type: TensorType, _ name: String) throws {
        guard type.dtype.isInteger else { throw InferenceError("\(name) must be an integer tensor, not \(type)") }
    }

    static func dtype(_ type: TensorType, _ dtype: DType, _ name: String) throws {
        guard type.dtype == dtype else { throw InferenceError("\(name) must be \(dtype.rawValue), not \(type)") }
    }

    static func rank(_ type: TensorType, _ rank: ClosedRange<Int>, _ name: String) throws {
        guard !rank.contains(type.rank) else { return }
        throw InferenceError(
            "\(name) must have \(rank.lowerBound)\(rank.count > 1 ? " to \(rank.upperBound)" : "") dimensions, not \(type)")
    }

    static func shape(_ type: TensorType, _ shape: [Dim], _ name: String) throws {
        guard type.shape != shape else { return }
        throw InferenceError("\(name) must have shape [\(shape.map(\.description).joined(separator: ", "))], not \(type)")
    }

    /// Two operands of one element type.
    static func pair(_ inputs: [TensorType?]) throws -> (TensorType, TensorType) {
        try count(inputs, 2...2)
        let (a, b) = (try operand(inputs, 0, "a"), try operand(inputs, 1, "b"))
        guard a.dtype == b.dtype else { throw InferenceError("a (\(a)) and b (\(b)) must have the same element type") }
        return (a, b)
    }

    /// Fails if `dim` is negative whatever its symbols are; what cannot be decided passes.
    static func atLeastZero(_ dim: Dim, _ message: @autoclosure () -> String) throws {
        if let upper = dim.bounds().upper, upper < 0 { throw InferenceError(message()) }
    }

    /// Fails if the two differ whatever their symbols are; what cannot be decided passes.
    static func mayEqual(_ a: Dim, _ b: Dim, _ message: @autoclosure () -> String) throws {
        try atLeastZero(a - b, message())
        try atLeastZero(b - a, message())
    }

    /// `type` must stretch to `shape` without stretching it.
    static func broadcasts(_ type: TensorType, to shape: [Dim], _ name: String) throws {
        guard (try? Broadcast.shape(type.shape, shape)) != shape else { return }
        throw InferenceError("\(name) (\(type)) must broadcast to [\(shape.map(\.description).joined(separator: ", "))]")
    }

    /// `type` must stretch to `shape` for some sizes of the symbols; what cannot be decided is looked at when they are known.
    static func mayBroadcast(_ type: TensorType, to shape: [Dim], _ name: String) throws {
        let open = zip(type.shape.reversed(), shape.reversed()).allSatisfy { size, target in
            size == target || size.value == 1 || (size - target).value == nil
        }
        guard type.rank <= shape.count, open else { return try broadcasts(type, to: shape, name) }
    }

    /// Indices of ``GatherElements`` and ``ScatterElements``.
    static func elementIndices(_ indices: TensorType, into x: TensorType, axis: Int) throws {
        try integer(indices, "indices")
        try rank(indices, x.rank...x.rank, "indices")
        let axis = try Check.axis(axis, rank: x.rank)
        for dimension in x.shape.indices where dimension != axis {
            try atLeastZero(
                x.shape[dimension] - indices.shape[dimension], "indices (\(indices)) reach beyond x (\(x)) in dimension \(dimension)")
        }
    }

    /// `shape` without `axis`, or with size 1 there.
    static func reduced<Size: ExpressibleByIntegerLiteral>(_ shape: [Size], axis: Int, keepDims: Bool) -> [Size] {
        shape[..<axis] + (keepDims ? [1] : []) + shape[(axis + 1)...]
    }

    /// `axis` counted from the front; negative ones count from the end.
    static func axis(_ axis: Int, rank: Int) throws -> Int {
        let positive = axis < 0 ? axis + rank : axis
        guard positive >= 0, positive < rank else { throw InferenceError("axis \(axis) does not exist in \(rank) dimensions") }
        return positive
    }
}

/// NumPy broadcasting.
package enum Broadcast {
    /// The shape both operands are stretched to.
    /// - Throws: ``InferenceError`` if two sizes differ and neither is 1. A symbol against another size must be equal.
    package static func shape(_ a: [Dim], _ b: [Dim]) throws -> [Dim] {
        let rank = max(a.count, b.count)
        let x = [Dim](repeating: 1, count: rank - a.count) + a
        let y = [Dim](repeating: 1, count: rank - b.count) + b
        return try zip(x, y).map { p, q in
            if p == q || q.value == 1 { return p }
            if p.value == 1 { return q }
            throw InferenceError("dimensions \(p) and \(q) do not broadcast")
        }
    }

    /// The same on sizes.
    static func sizes(_ a: [Int], _ b: [Int]) throws -> [Int] {
        try shape(a.map { Dim($0) }, b.map { Dim($0) }).compactMap(\.value)
    }

    /// `body` of the elements of two tensors stretched to `shape`, in row-major order.
    static func map<Element, Result>(
        _ a: [Element], _ shapeA: [Int], _ b: [Element], _ shapeB: [Int], to shape: [Int], _ body: (Element, Element) -> Result
    ) -> [Result] {
        let (stridesA, stridesB) = (strides(shapeA, to: shape), strides(shapeB, to: shape))
        let (width, stepA, stepB) = (shape.last ?? 1, stridesA.last ?? 0, stridesB.last ?? 0)
        var results: [Result] = []
        forEachIndex(Array(shape.dropLast())) { index in
            var (i, j) = (offset(index, stridesA), offset(index, stridesB))
            for _ in 0..<width {
                results.append(body(a[i], b[j]))
                (i, j) = (i + stepA, j + stepB)
            }
        }
        return results
    }

    /// Element strides of a row-major tensor of `sizes`, seen as `target`: 0 where it is stretched.
    package static func strides(_ sizes: [Int], to target: [Int]) -> [Int] {
        let own = rowMajorStrides(sizes)
        return target.indices.map { axis in
            let index = axis - (target.count - sizes.count)
            return index < 0 || sizes[index] == 1 ? 0 : own[index]
        }
    }
}

/// Element strides of a dense row-major tensor.
package func rowMajorStrides(_ sizes: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() { strides[axis] = saturatingMultiply(strides[axis + 1], sizes[axis + 1]) }
    return strides
}

/// Calls `body` with each multi-index of `sizes` in row-major order.
func forEachIndex(_ sizes: [Int], _ body: ([Int]) throws -> Void) rethrows {
    guard sizes.allSatisfy({ $0 > 0 }) else { return }
    var index = [Int](repeating: 0, count: sizes.count)
    while true {
        try body(index)
        var axis = sizes.count - 1
        while axis >= 0 {
            index[axis] += 1
            if index[axis] < sizes[axis] { break }
            index[axis] = 0
            axis -= 1
        }
        if axis < 0 { return }
    }
}

/// `Σ index[i] × strides[i]`
func offset(_ index: [Int], _ strides: [Int]) -> Int {
    var sum = 0
    for axis in index.indices { sum += index[axis] * strides[axis] }
    return sum
}

extension Tensor {
    /// Operand `index` of `evaluate`.
    static func operand(_ inputs: [Tensor?], _ index: Int) throws -> Tensor {
        guard index < inputs.count, let tensor = inputs[index] else { throw EvaluationError("operand \(index) is missing") }
        return tensor
    }

    /// Sizes viewed as [before axis, axis, after axis].
    func split(at axis: Int) -> (outer: Int, size: Int, inner: Int) {
        (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
    }

    /// The same elements as `shape`, whose count is theirs.
    func shaped(_ shape: [Int]) throws -> Tensor {
        guard let result = reshaped(shape) else { throw EvaluationError("\(type) does not fit the shape \(shape)") }
        return result
    }

    /// All elements of tensors of one dtype, one tensor after the other, as a vector.
    static func joined(_ parts: [Tensor]) throws -> Tensor {
        guard let dtype = parts.first?.dtype, parts.allSatisfy({ $0.dtype == dtype }) else {
            throw EvaluationError("tensors of different element types: \(parts.map(\.type))")
        }
        let count = parts.reduce(0) { $0 + $1.count }
        if dtype == .string { return Tensor(strings: parts.flatMap(\.strings), [count]) }
        if dtype.bits < 8 { return Tensor(codes: parts.flatMap(\.codes), [count], as: dtype) }
        return Tensor(dtype, [count]) { target in
            var position = 0
            for part in parts {
                UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: part.bytes.buffer)
                position += part.bytes.count
            }
        }
    }

    /// Elements picked by `sourceIndex` for each multi-index of `sizes`, whatever the dtype.
    func picking(_ sizes: [Int], _ sourceIndex: ([Int]) -> Int) -> Tensor {
        if dtype == .string {
            let source = strings
            var texts: [String] = []
            forEachIndex(sizes) { texts.append(source[sourceIndex($0)]) }
            return Tensor(strings: texts, sizes)
        }
        if dtype.bits < 8 {
            let source = codes
            var values: [Int] = []
            forEachIndex(sizes) { values.append(source[sourceIndex($0)]) }
            return Tensor(codes: values, sizes, as: dtype)
        }
        let width = dtype.byteWidth
        return Tensor(dtype, sizes) { target in
            var position = 0
            forEachIndex(sizes) { index in
                let source = sourceIndex(index) * width
                for byte in 0..<width { target[position + byte] = bytes.buffer[source + byte] }
                position += width
            }
        }
    }

    /// `count` positions of `axis` from `start` on, `step` apart.
    func slice(axis: Int, start: Int, count: Int, step: Int) -> Tensor {
        var sizes = shape
        sizes[axis] = count
        if step == 1, dtype.bits >= 8, dtype != .string { return run(axis: axis, start: start, sizes) }
        let strides = rowMajorStrides(shape)
        return picking(sizes) { offset($0, strides) + (start + $0[axis] * (step - 1)) * strides[axis] }
    }

    /// Neighbouring positions of `axis`, from `start` on, of elements of whole bytes: `sizes` is the shape of the result.
    private func run(axis: Int, start: Int, _ sizes: [Int]) -> Tensor {
        let (outer, _, inner) = split(at: axis)
        let width = inner * dtype.byteWidth
        return Tensor(dtype, sizes) { target in
            let source = bytes.buffer
            for row in 0..<outer {
                let from = (row * shape[axis] + start) * width
                let part = UnsafeRawBufferPointer(rebasing: source[from..<from + sizes[axis] * width])
                UnsafeMutableRawBufferPointer(rebasing: target[(row * sizes[axis] * width)...]).copyMemory(from: part)
            }
        }
    }

    /// The elements as indices into `size` positions.
    /// - Throws: ``EvaluationError`` for one that lies outside.
    func indices(below size: Int) throws -> [Int] {
        let values = integers
        if let wrong = values.first(where: { $0 < 0 || $0 >= size }) {
            let text = dtype == .u64 ? "\(UInt(bitPattern: wrong))" : "\(wrong)"
            throw EvaluationError("index \(text) lies outside 0 ..< \(size)")
        }
        return values
    }

    /// Offset in `x` of the element that each index (at its own place, `axis` replaced) names.
    func elementPositions(in x: Tensor, axis: Int) throws -> [Int] {
        let rows = try indices(below: x.shape[axis])
        let strides = rowMajorStrides(x.shape)
        for dimension in shape.indices where dimension != axis && shape[dimension] > x.shape[dimension] {
            throw EvaluationError("indices \(type) reach beyond \(x.type) in dimension \(dimension)")
        }
        var positions: [Int] = []
        forEachIndex(shape) { index in
            positions.append(offset(index, strides) + (rows[positions.count] - index[axis]) * strides[axis])
        }
        return positions
    }

    /// Calls `body` with the element offsets of each line along `axis`, lines in row-major order of the other dimensions.
    func forEachLine(along axis: Int, _ body: (Line) -> Void) {
        let (outer, size, inner) = split(at: axis)
        for i in 0..<outer {
            for j in 0..<inner { body(Line(start: i * size * inner + j, step: inner, count: size)) }
        }
    }

    /// Offsets `start`, `start + step`, …
    struct Line: Sequence {
        let start: Int
        let step: Int
        let count: Int

        func makeIterator() -> StrideTo<Int>.Iterator {
            stride(from: start, to: start + count * step, by: step).makeIterator()
        }
    }
}
