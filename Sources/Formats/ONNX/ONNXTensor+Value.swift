import IR

extension DType {
    /// Element types as the format numbers them (`TensorProto.DataType`).
    private static let onnxNumbers: [Int: DType] = [
        1: .f32, 2: .u8, 3: .i8, 4: .u16, 5: .i16, 6: .i32, 7: .i64, 8: .string, 9: .bool, 10: .f16, 11: .f64, 12: .u32, 13: .u64,
        16: .bf16, 17: .f8e4m3fn, 18: .f8e4m3fnuz, 19: .f8e5m2, 20: .f8e5m2fnuz, 21: .u4, 22: .i4, 23: .f4e2m1, 24: .f8e8m0, 25: .u2,
        26: .i2,
    ]

    /// nil for numbers that stand for no type here.
    package init?(onnx number: Int) {
        guard let type = DType.onnxNumbers[number] else { return nil }
        self = type
    }

    /// The type that ONNX calls `name`, whatever the case of its letters.
    package init?(onnxName name: String) {
        guard let type = DType.onnxNumbers.first(where: { DType.onnxName($0.key) == name.lowercased() })?.value else { return nil }
        self = type
    }

    /// The number of this type in ONNX files.
    package var onnxNumber: Int { DType.onnxNumbers.first { $0.value == self }?.key ?? 0 }

    /// What an ONNX file calls element type `number`.
    package static func onnxName(_ number: Int) -> String {
        let names = [
            "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32",
            "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4",
            "int4", "float4e2m1", "float8e8m0", "uint2", "int2",
        ]
        return names.indices.contains(number) ? names[number] : "element type \(number)"
    }
}

extension ONNXTensor {
    /// Its value. Bytes that lie aligned in the file are mapped, others are copied.
    ///
    /// - Parameter file: the model's path, beside which external data lie.
    /// - Throws: ``CheckpointError`` naming the tensor.
    package func value(file: String) throws(CheckpointError) -> Tensor {
        guard let dtype = DType(onnx: elementType) else {
            throw fault(file, .unsupported, "elements of type \(DType.onnxName(elementType)) are not supported")
        }
        guard let count = Tensor.elementCount(shape) else { throw fault(file, .malformed, "cannot have the shape \(shape)") }
        switch data {
        case .raw(let slice): return try raw(slice, dtype, file)
        case .external(let location, let offset, let length):
            return try raw(try ONNXExternalData.slice(location, offset, length, dtype.byteCount(of: count), of: self, file), dtype, file)
        case .floats(let values): return try filled(values.map(Double.init), values.count, dtype, file, [.f32])
        case .doubles(let values): return try filled(values, values.count, dtype, file, [.f64])
        case .int32s(let values): return try packed(values, dtype, count, file)
        case .int64s(let values):
            guard dtype == .i64, values.count == count else { throw miscounted(values.count, file) }
            return Tensor(integers: values, shape)
        case .uint64s(let values):
            guard dtype == .u64 || dtype == .u32, values.count == count else { throw miscounted(values.count, file) }
            return Tensor(naturals: values, shape, as: dtype)
        case .strings(let values):
            if values.isEmpty, count == 0 { return dtype == .string ? Tensor(strings: [], shape) : Tensor(zeros: dtype, shape) }
            guard dtype == .string, values.count == count else { throw miscounted(values.count, file) }
            return Tensor(strings: values.map { String(decoding: $0, as: UTF8.self) }, shape)
        }
    }

    /// Its bytes where they lie in the file, aligned or not, for who only looks at them.
    /// - Throws: as ``value(file:)``.
    package func stored(file: String) throws(CheckpointError) -> Constant {
        let needed = DType(onnx: elementType).flatMap { dtype in Tensor.elementCount(shape).flatMap { dtype.byteCount(of: $0) } }
        let slice: ByteSlice? =
            switch data {
            case .raw(let slice): slice
            case .external(let location, let offset, let length):
                try ONNXExternalData.slice(location, offset, length, needed, of: self, file)
            default: nil
            }
        guard let slice, let dtype = DType(onnx: elementType), dtype != .string, slice.count == needed else {
            return Constant(key: name, try value(file: file))
        }
        return Constant(key: name, type: TensorType(dtype, shape.map { Dim($0) }), bytes: slice)
    }

    func fault(_ file: String, _ kind: CheckpointError.Kind, _ problem: String) -> CheckpointError {
        CheckpointError(kind, file: file, subject: name.isEmpty ? nil : name, problem)
    }

    private func miscounted(_ count: Int, _ file: String) -> CheckpointError {
        fault(file, .inconsistent, "has \(count) values of another type or number than \(DType.onnxName(elementType))\(shape) needs")
    }

    private func raw(_ slice: ByteSlice, _ dtype: DType, _ file: String) throws(CheckpointError) -> Tensor {
        guard dtype != .string, let tensor = Tensor(dtype: dtype, shape: shape, bytes: slice.aligned(to: dtype.byteWidth)) else {
            throw fault(file, .inconsistent, "has \(slice.count) bytes, which is not what \(DType.onnxName(elementType))\(shape) needs")
        }
        return tensor
    }

    private func filled(
        _ values: [Double], _ found: Int, _ dtype: DType, _ file: String, _ types: Set<DType>
    ) throws(CheckpointError) -> Tensor {
        guard types.contains(dtype), found == Tensor.elementCount(shape) else { throw miscounted(found, file) }
        return Tensor(values, shape, as: dtype)
    }

    /// `int32_data` holds integers, and of other types the bits: a 16-bit float each, an 8-bit float each, several elements narrower
    /// than a byte in one.
    private func packed(_ values: [Int32], _ dtype: DType, _ count: Int, _ file: String) throws(CheckpointError) -> Tensor {
        guard dtype.bits > 0, dtype.bits <= 32, dtype != .f32, dtype != .u32 else { throw miscounted(values.count, file) }
        let perValue = dtype.bits < 8 ? 8 / dtype.bits : 1
        guard values.count == (count + perValue - 1) / perValue else { throw miscounted(values.count, file) }
        let width = dtype.byteWidth
        return Tensor(dtype, shape) { target in
            for (index, value) in values.enumerated() {
                for byte in 0..<width where index * width + byte < target.count {
                    target[index * width + byte] = UInt8(truncatingIfNeeded: value >> Int32(8 * byte))
                }
            }
        }
    }
}

extension ONNXSparseTensor {
    /// The dense tensor: zeros, but for the values at their indices (positions, or a row of indices each).
    /// - Throws: ``CheckpointError`` naming the tensor.
    package func value(file: String) throws(CheckpointError) -> Tensor {
        let (values, indices) = (try values.value(file: file), try indices.value(file: file).integers)
        guard let count = Tensor.elementCount(shape), count <= 1 << 32, values.rank == 1, values.dtype.bits >= 8 else {
            throw self.values.fault(file, .unsupported, "a sparse tensor of \(values.type) and shape \(shape) is not supported")
        }
        let rank = shape.count
        let isFlat = self.indices.shape.count == 1
        guard indices.count == values.count * (isFlat ? 1 : rank) else {
            throw self.values.fault(file, .inconsistent, "has \(values.count) values and \(indices.count) indices")
        }
        let strides = rowMajorStrides(shape)
        var places: [Int] = []
        for item in 0..<values.count {
            let place = isFlat ? indices[item] : (0..<rank).reduce(0) { $0 &+ indices[item * rank + $1] &* strides[$1] }
            guard place >= 0, place < count else {
                throw self.values.fault(file, .inconsistent, "an index lies outside the shape \(shape)")
            }
            places.append(place)
        }
        let width = values.dtype.byteWidth
        return Tensor(values.dtype, shape) { target in
            target.initializeMemory(as: UInt8.self, repeating: 0)
            for (item, place) in places.enumerated() {
                for byte in 0..<width { target[place * width + byte] = values.bytes.buffer[item * width + byte] }
            }
        }
    }
}
