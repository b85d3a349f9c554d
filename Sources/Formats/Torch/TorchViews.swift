import IR

/// Turns the strided views of a checkpoint into constants: contiguous ones share the file's bytes, others are copied in
/// row-major order, once for each different view.
struct TorchViews {
    private struct View: Hashable {
        let key: String
        let start: Int
        let element: TorchElement
        let offset: Int
        let shape: [Int]
        let strides: [Int]
    }

    static let maximumRank = 64

    private let archive: TorchArchive
    private var copies: [View: ByteSlice] = [:]
    /// Compressed storages by key.
    private var unpacked: [String: ByteSlice] = [:]
    /// Bytes that may still be copied: views cannot swell a small file into a large model.
    private var budget: Int

    init(archive: TorchArchive, fileSize: Int) {
        self.archive = archive
        budget = fileSize.multipliedReportingOverflow(by: 4).partialValue + (1 << 24)
    }

    /// - Throws: ``CheckpointError`` naming the tensor where the view leaves its storage.
    mutating func constant(_ tensor: TorchTensor, _ name: String) throws(CheckpointError) -> Constant {
        func fault(_ problem: String, _ kind: CheckpointError.Kind = .malformed) -> CheckpointError {
            CheckpointError(kind, file: archive.path, subject: name, problem)
        }
        guard tensor.shape.count == tensor.strides.count, tensor.shape.count <= Self.maximumRank,
            tensor.offset >= 0, tensor.shape.allSatisfy({ $0 >= 0 }), tensor.strides.allSatisfy({ $0 >= 0 })
        else { throw fault("its sizes \(tensor.shape.prefix(8)) and strides \(tensor.strides.prefix(8)) describe no tensor") }
        guard let count = Tensor.elementCount(tensor.shape), let size = tensor.element.byteCount(of: count) else {
            throw fault("shape \(tensor.shape) has too many elements")
        }
        guard let dtype = tensor.element.readAs else { throw fault("elements of \(tensor.element.name) are not read", .unsupported) }
        let type = TensorType(dtype, tensor.shape.map { Dim($0) })
        if count == 0 { return Constant(key: name, type: type, bytes: ByteSlice(Bytes(zeroed: 0))) }
        let content = try archive.content(of: tensor.storage, tensor: name, &unpacked)
        let width = tensor.element.width
        guard let extent = tensor.extent, extent <= content.count / width else {
            throw fault(
                "it reaches beyond its storage, which holds \(content.count / width) elements of \(tensor.element.name)",
                .inconsistent)
        }
        if !tensor.element.isConverted, tensor.isContiguous,
            let slice = ByteSlice(content.owner, offset: content.offset + tensor.offset * width, count: size)
        {
            guard Int(bitPattern: slice.pointer) % width != 0 else { return Constant(key: name, type: type, bytes: slice) }
        }
        let view = View(
            key: tensor.storage.key, start: tensor.storage.start, element: tensor.element, offset: tensor.offset,
            shape: tensor.shape, strides: tensor.strides)
        if let copy = copies[view] { return Constant(key: name, type: type, bytes: copy) }
        guard size <= budget else {
            throw fault("its view repeats elements until they take \(size) bytes, more than this file can need", .unsupported)
        }
        budget -= size
        let copy = tensor.element.converted(Self.copy(tensor, content, size))
        copies[view] = copy
        return Constant(key: name, type: type, bytes: copy)
    }

    /// The elements of a checked view with at least one element, row-major.
    private static func copy(_ tensor: TorchTensor, _ content: ByteSlice, _ size: Int) -> ByteSlice {
        let width = tensor.element.width
        if tensor.isContiguous, let whole = ByteSlice(content.owner, offset: content.offset + tensor.offset * width, count: size) {
            return whole.aligned(to: width)
        }
        return content.withBytes { source in
            ByteSlice(
                Bytes(count: size) { target in
                    guard let from = source.baseAddress, let to = target.baseAddress else { return }
                    // Wrapping: the stride of an axis of size 1 may be any number.
                    var index = [Int](repeating: 0, count: tensor.shape.count)
                    var place = tensor.offset
                    for position in stride(from: 0, to: size, by: width) {
                        (to + position).copyMemory(from: from + place * width, byteCount: width)
                        var axis = tensor.shape.count - 1
                        while axis >= 0 {
                            index[axis] += 1
                            place &+= tensor.strides[axis]
                            if index[axis] < tensor.shape[axis] { break }
                            place &-= tensor.strides[axis] &* tensor.shape[axis]
                            index[axis] = 0
                            axis -= 1
                        }
                    }
                })
        }
    }
}

extension TorchTensor {
    /// One more than the place of the last element, from the start of the storage; nil if that overflows. All sizes must
    /// be positive.
    fileprivate var extent: Int? {
        var last = offset
        for (size, stride) in zip(shape, strides) {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, carry) = last.addingReportingOverflow(reach)
            guard !overflow, !carry else { return nil }
            last = sum
        }
        return last < Int.max ? last + 1 : nil
    }

    /// Whether elements follow one another in row-major order; the strides of axes of size 1 do not matter.
    fileprivate var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            guard stride == expected else { return false }
            expected *= size
        }
        return true
    }
}
