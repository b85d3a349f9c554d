/// Element type, shape and quantization of a tensor: `f32[batch, tokens, 192]`.
package struct TensorType: Hashable, Sendable {
    package var dtype: DType
    package var shape: [Dim]
    package var quantization: Quantization?
    /// How it lies in memory, where that is not row by row.
    package var layout: Layout?

    /// How integer elements stand for real numbers: which elements share one scale (and zero point).
    package enum Quantization: Hashable, Sendable {
        case perTensor
        case perChannel(axis: Int)
        case perGroup(axis: Int, size: Int)
    }

    package init(_ dtype: DType, _ shape: [Dim], quantization: Quantization? = nil, layout: Layout? = nil) {
        self.layout = layout
        self.dtype = dtype
        self.shape = shape
        self.quantization = quantization
    }

    package var rank: Int { shape.count }

    /// Number of elements, symbolic.
    package var elementCount: Dim { shape.reduce(1, *) }

    /// Bytes of such a tensor; nil if a size is symbolic or the number overflows.
    package var byteCount: Int? { staticShape.flatMap(Tensor.elementCount).flatMap { dtype.byteCount(of: $0) } }

    /// The sizes, if none is symbolic.
    package var staticShape: [Int]? {
        let sizes = shape.compactMap(\.value)
        return sizes.count == shape.count ? sizes : nil
    }

    package func with(dtype: DType) -> TensorType { TensorType(dtype, shape) }

    package func with(shape: [Dim]) -> TensorType { TensorType(dtype, shape, quantization: quantization) }

    package func with(layout: Layout) -> TensorType { TensorType(dtype, shape, quantization: quantization, layout: layout) }

    /// Sizes of the dimensions under `binding`.
    /// - Throws: ``BindingError`` for unknown symbols, negative sizes, or more than 2^48 elements.
    package func sizes(_ binding: Binding) throws -> [Int] {
        let sizes = try shape.map { try $0.evaluate(binding) }
        var count = 1
        for (dim, size) in zip(shape, sizes) {
            guard size >= 0 else { throw BindingError("dimension \(dim) of \(self) would be \(size)") }
            count = saturatingMultiply(count, size)
        }
        guard count <= 1 << 48 else { throw BindingError("a tensor of type \(self) would have \(count) elements") }
        return sizes
    }
}

/// An order of elements in memory that is not row by row. What it is in detail, the machine's instruction set decides.
package enum Layout: String, Hashable, Sendable, CaseIterable {
    /// Weights [out, in] of dense layers in panels of outputs, for products with x as it is (floats) or rounded (integers).
    case panels
    /// The same for integer weights that meet an x that is not rounded.
    case weightOnlyPanels = "weight_only_panels"
    /// Filters [out, in, height, width] of channels-last convolutions.
    case filter
}

extension TensorType: CustomStringConvertible {
    package var description: String {
        let layout = layout.map { " \($0.rawValue)" } ?? ""
        let base = "\(dtype.rawValue)[\(shape.map(\.description).joined(separator: ", "))]\(layout)"
        switch quantization {
        case nil: return base
        case .perTensor: return base + " per_tensor"
        case .perChannel(let axis): return base + " per_channel(\(axis))"
        case .perGroup(let axis, let size): return base + " per_group(\(axis), \(size))"
        }
    }
}
