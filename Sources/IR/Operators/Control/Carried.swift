/// Values that one call of a body hands to the next: its `count` inputs from `input` on are its outputs from `output` on.
struct Carried {
    let input: Int
    let output: Int
    let count: Int

    /// Checks that outputs may be the next call's inputs.
    /// - Throws: ``InferenceError`` naming the input whose type the output has not.
    func check(_ signature: Signature) throws {
        guard signature.inputs.count >= input + count, signature.outputs.count >= output + count else {
            throw InferenceError(
                "the body must take \(input + count) inputs and give \(output + count) outputs or more, but has \(signature.inputs.count) and \(signature.outputs.count)"
            )
        }
        for index in 0..<count {
            let (taken, given) = (signature.inputs[input + index], signature.outputs[output + index])
            guard Carried.mayFollow(taken.type, given.type) else {
                throw InferenceError(
                    "output '\(given.name)' of the body (\(given.type)) cannot be the next input '\(taken.name)' (\(taken.type))")
            }
        }
    }

    private static func mayFollow(_ taken: ValueType, _ given: ValueType) -> Bool {
        guard let a = taken.tensor, let b = given.tensor else { return taken.accepts(given) }
        return a.dtype == b.dtype && a.quantization == b.quantization && a.rank == b.rank
            && zip(a.shape, b.shape).allSatisfy { $0.value == nil || $1.value == nil || $0 == $1 }
    }

    /// Types of the last values. Where the body never runs these are the first ones, `operands` from `first` on, so that sizes in which the
    /// two differ are decided when it runs.
    func results(
        _ operands: [ValueType?], at first: Int, _ types: inout CalleeTypes, _ context: inout InferenceContext
    ) throws -> [ValueType] {
        // Sizes that the body decides are like no others.
        var scratch = InferenceContext(inventing: Numbering(prefix: "?").next)
        return try (0..<count).map { index in
            let last = try types.result(types.signature.outputs[output + index].type, &scratch)
            return try Check.value(operands[first + index], first + index).joined(last, born: Set(scratch.sizes)) { try context.newSize() }
        }
    }

    /// Symbols of the body's inputs that have other sizes in the next call.
    func varyingSymbols(_ signature: Signature) -> Set<String> {
        var symbols: Set<String> = []
        for index in 0..<count {
            guard let a = signature.inputs[input + index].type.tensor, let b = signature.outputs[output + index].type.tensor else {
                continue
            }
            for (before, after) in zip(a.shape, b.shape) where before != after { symbols.formUnion(before.symbols) }
        }
        return symbols
    }
}

extension Tensor {
    /// The part at `position` of `axis`, without that dimension; costs nothing along the first one.
    package func part(_ position: Int, axis: Int) throws -> Tensor {
        let axis = try Check.axis(axis, rank: rank)
        let sizes = Check.reduced(shape, axis: axis, keepDims: false)
        guard position >= 0, position < shape[axis] else { throw EvaluationError("position \(position) lies outside 0 ..< \(shape[axis])") }
        if axis == 0, dtype.bits >= 8 {
            let width = bytes.count / shape[0]
            guard let slice = ByteSlice(bytes.owner, offset: bytes.offset + position * width, count: width),
                let part = Tensor(dtype: dtype, shape: sizes, bytes: slice)
            else { throw EvaluationError("\(type) has no part \(position)") }
            return part
        }
        return try slice(axis: axis, start: position, count: 1, step: 1).shaped(sizes)
    }

    /// Tensors of one type side by side along a new dimension `axis`.
    static func stacked(_ parts: [Tensor], axis: Int, emptyOf type: TensorType, _ binding: Binding) throws -> Tensor {
        guard let first = parts.first else {
            // Sizes that nothing has decided belong to no element.
            let sizes = type.shape.map { (try? $0.evaluate(binding)) ?? 0 }
            let shape = sizes.enumerated().map { $0 == (axis < 0 ? axis + sizes.count : axis) ? 0 : $1 }
            return type.dtype == .string ? Tensor(strings: [], shape) : Tensor(zeros: type.dtype, shape)
        }
        if let other = parts.first(where: { $0.type != first.type }) {
            throw EvaluationError("\(first.type) and \(other.type) cannot be stacked")
        }
        let axis = try Check.axis(axis, rank: first.rank + 1)
        let joined = try Tensor.joined(parts).shaped([parts.count] + first.shape)
        if axis == 0 { return joined }
        let order = Array(1...axis) + [0] + Array((axis + 1)..<(first.rank + 1))
        return try Transpose(order).evaluate([joined], [:])[0]
    }
}
