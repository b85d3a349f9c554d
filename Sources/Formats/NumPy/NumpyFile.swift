import IR

/// Arrays in NumPy's `.npy` format, versions 1 to 3.
package enum NumpyFile {
    /// Reads one array: bool, integers of 1 to 8 bytes, f16, f32, f64, either byte order, C or Fortran order.
    ///
    /// Little-endian C-ordered data share the mapping.
    /// - Throws: ``CheckpointError`` naming the file.
    package static func read(_ path: String) throws(CheckpointError) -> Tensor {
        try decode(ByteSlice(MappedFile.open(path)), name: path)
    }

    /// The array in the bytes of a `.npy` file; `name` is for messages.
    package static func decode(_ bytes: ByteSlice, name: String) throws(CheckpointError) -> Tensor {
        let (header, start) = try bytes.withBytes { (file) throws(CheckpointError) in
            try NumpyHeader.read(file, name: name)
        }
        guard let count = Tensor.elementCount(header.shape), let size = header.dtype.byteCount(of: count) else {
            throw CheckpointError(.malformed, file: name, "shape \(header.shape) has too many elements")
        }
        let available = bytes.count - start
        guard size <= available else {
            throw CheckpointError(
                .truncated, file: name,
                "\(header.dtype.rawValue)\(header.shape) takes \(size) bytes, \(available) are there")
        }
        guard size == available, let data = ByteSlice(bytes.owner, offset: bytes.offset + start, count: size) else {
            throw CheckpointError(.inconsistent, file: name, "\(available - size) bytes follow the array")
        }
        return try tensor(header, data, name)
    }

    private static func tensor(_ header: NumpyHeader, _ data: ByteSlice, _ name: String) throws(CheckpointError)
        -> Tensor
    {
        let ordered = header.isBigEndian ? swapped(data, width: header.dtype.byteWidth) : data
        let aligned = ordered.aligned(to: header.dtype.byteWidth)
        if header.isFortranOrder && header.shape.count > 1 && data.count > 0 {
            return Tensor(header.dtype, header.shape) { target in
                aligned.withBytes { transpose($0, to: target, header.shape, width: header.dtype.byteWidth) }
            }
        }
        guard let tensor = Tensor(dtype: header.dtype, shape: header.shape, bytes: aligned) else {
            throw CheckpointError(.inconsistent, file: name, "data and shape do not match")
        }
        return tensor
    }

    private static func swapped(_ data: ByteSlice, width: Int) -> ByteSlice {
        data.withBytes { source in
            ByteSlice(
                Bytes(count: source.count) { target in
                    for index in 0..<source.count {
                        target[index] = source[index / width * width + (width - 1 - index % width)]
                    }
                })
        }
    }

    /// Column-major `source` to row-major `target`; all sizes of `shape` are positive.
    private static func transpose(
        _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, _ shape: [Int], width: Int
    ) {
        var strides = [Int](repeating: width, count: shape.count)
        for axis in 1..<shape.count { strides[axis] = strides[axis - 1] * shape[axis - 1] }
        var index = [Int](repeating: 0, count: shape.count)
        var offset = 0
        for position in stride(from: 0, to: target.count, by: width) {
            for byte in 0..<width { target[position + byte] = source[offset + byte] }
            var axis = shape.count - 1
            while axis >= 0 {
                index[axis] += 1
                offset += strides[axis]
                if index[axis] < shape[axis] { break }
                offset -= strides[axis] * shape[axis]
                index[axis] = 0
                axis -= 1
            }
        }
    }

    /// Writes `tensor` in C order, atomically. bf16 and narrower floats become f32, integers of 4 and 2 bits become 8-bit ones: NumPy has neither.
    package static func write(_ tensor: Tensor, to path: String) throws(CheckpointError) {
        let tensor = representable(tensor)
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
            try file.append(NumpyHeader.encode(tensor.dtype, tensor.shape))
            try file.append(tensor.bytes)
        }
    }

    /// The bytes of the `.npy` file that ``write(_:to:)`` makes.
    package static func encode(_ tensor: Tensor) -> [UInt8] {
        let tensor = representable(tensor)
        return NumpyHeader.encode(tensor.dtype, tensor.shape) + tensor.bytes.withBytes { Array($0) }
    }

    /// `tensor` in a type that NumPy has.
    static func representable(_ tensor: Tensor) -> Tensor {
        switch tensor.dtype {
        case .bf16: Tensor(tensor.floats, tensor.shape)
        case .i4, .i2: Tensor(integers: tensor.integers, tensor.shape, as: .i8)
        case .u4, .u2: Tensor(integers: tensor.integers, tensor.shape, as: .u8)
        default: tensor.dtype.narrowFloat == nil ? tensor : Tensor(tensor.floats, tensor.shape)
        }
    }
}
