import IR

extension OperatorSamples {
    /// Every operator under every element type that its inference accepts, for data and for indices: nothing names the types of an
    /// operator but the operator itself.
    package static let typed: [OperatorSample] = {
        var taken: [String: Int] = [:]
        let chosen = all.filter { sample in
            guard sample.inputs.contains(where: { ($0?.count ?? 0) > 1 }) else { return false }
            taken[sample.opName, default: 0] += 1
            return taken[sample.opName, default: 0] <= 2 || sample.name.contains("i64") || sample.name.contains("middle")
        }
        return chosen.flatMap(\.underOtherTypes) + fills + conversions
    }()

    private static let fills: [OperatorSample] = DType.withoutStrings.flatMap { dtype in
        let values: [Scalar] = [0.1, -7, .int(1 << 53 + 1), -0.0, .float(.nan), .float(1e300), .int(.min)]
        return values.map { OperatorSample("fill \(dtype.rawValue) \($0)", Fill(shape: [2, 3], value: $0, dtype: dtype), []) }
    }

    /// Every pair of types, on numbers that the target rounds, cuts or does not hold.
    private static let conversions: [OperatorSample] = DType.withoutStrings.flatMap { source in
        let x = hard(source)
        return DType.withoutStrings.map { OperatorSample("cast hard \(source.rawValue) \($0.rawValue)", Cast(to: $0), [x]) }
    }

    private static func hard(_ dtype: DType) -> Tensor {
        if dtype.isFloat {
            let reals: [Double] = [
                0, -0.0, .nan, .infinity, -.infinity, 0.5, -0.5, 1.5, 2.5, -1.999, 127.9, 128, -128.5, -129, 255.99, 256, 32767.5, 65535.9,
                65536, 1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-8 + 0x1p-40, 0x1p-24 + 0x1p-60, 0x1p-25, 65519.99, 0x1p31, -0x1p31 - 1, 0x1p32,
                0x1p53 + 2,
                0x1p62, 0x1p63, -0x1p63, 0x1p64, -1e19, 3e38, 3.4028235677973366e38, 1e-40, 1e300,
            ]
            return Tensor(reals, [reals.count], as: dtype)
        }
        let integers = [
            0, 1, -1, 2, 7, 8, -8, -9, 15, 127, 128, -128, -129, 255, 256, 257, 32767, -32769, 65535, 1 << 24 + 1, 1 << 31, -(1 << 31),
            1 << 32 - 1,
            1 << 53 + 1, 0x0180_0000_0000_0001, 0x0101_0000_0000_0001, -0x0101_0000_0000_0001, .max, .min, .min + 1,
        ]
        return Tensor(integers: integers, [integers.count], as: dtype)
    }
}

extension DType {
    /// Types of numbers and truth values.
    package static let withoutStrings = allCases.filter { $0 != .string }
}

extension OperatorSample {
    /// The same application with the operands of one type, whichever that is, as each other type that inference accepts.
    package var underOtherTypes: [OperatorSample] {
        let types = DType.allCases.filter { type in inputs.contains { $0?.dtype == type } }
        return types.flatMap { old in DType.allCases.compactMap { $0 == old ? nil : retyped(old, to: $0) } }
    }

    /// With every operand of type `old` as `new`; nil where inference refuses that, or where `new` does not hold an index.
    package func retyped(_ old: DType, to new: DType) -> OperatorSample? {
        let changed = inputs.map { $0.map { $0.dtype == old ? $0.sample(as: new) : $0 } }
        let isKept = zip(inputs, changed).allSatisfy { $0?.dtype.isInteger != true || $0?.integers == $1?.integers }
        guard isKept else { return nil }
        guard (try? op.infer(changed.map { $0?.type })) != nil else { return nil }
        return OperatorSample("\(name), \(old.rawValue) as \(new.rawValue)", op, changed, binding)
    }
}

extension Tensor {
    /// Sample data of another type: floats become integers that wrap, so that unsigned ones are large, and those of 64 bits lie
    /// beyond what a double holds; integers, which may be indices, stay what they are.
    fileprivate func sample(as new: DType) -> Tensor {
        guard dtype.isFloat else { return Tensor(elements, shape, as: new) }
        switch new {
        case .bool: return Tensor(bools: doubles.map { $0 > 0 }, shape)
        case .i64, .u64: return Tensor(integers: integers.map { $0 &* (1 << 60 + 1) &+ $0 }, shape, as: new)
        case _ where new.isInteger: return Tensor(integers: integers, shape, as: new)
        default: return Tensor(doubles, shape, as: new)
        }
    }
}
