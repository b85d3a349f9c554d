import IR

extension Module {
    /// Sizes of more than one that stand in types of inputs and constants.
    var fixedSizes: Set<Int> {
        let inputs = functions.flatMap { graph in graph.inputs.flatMap { graph.type(of: $0).shape } }
        let sizes = (inputs + constants.values.flatMap(\.type.shape)).compactMap(\.value)
        return Set(sizes.filter { $0 > 1 })
    }

    /// The module with every size that is a multiple of `size` made smaller, `size` to `smaller`; constants keep their first elements.
    /// - Throws: `GraphError`, `VerificationError` where operators do not take that.
    func shrinking(_ size: Int, to smaller: Int) throws -> Module {
        let shrink = SizeShrinker(size: size, smaller: smaller)
        var made = Module(name: name, stage: stage)
        made.metadata = metadata
        for constant in constants.values { made.setConstant(try shrink.constant(constant)) }
        for name in calleesFirst {
            guard let graph = function(name) else { continue }
            made.setFunction(try shrink.function(graph, in: made))
        }
        try made.verify()
        return made
    }
}

/// Sizes that are multiples of one made smaller, everywhere.
private struct SizeShrinker {
    let size, smaller: Int

    func dim(_ dim: Dim) -> Dim {
        guard let value = dim.value, value > 0, value % size == 0 else { return dim }
        return Dim(value / size * smaller)
    }

    func type(_ type: TensorType) -> TensorType { type.isOfAnyRank ? type : type.with(shape: type.shape.map(dim)) }

    func constant(_ constant: Constant) throws -> Constant {
        let wanted = type(constant.type)
        guard wanted != constant.type else { return constant }
        guard let tensor = constant.tensor, tensor.dtype.bits >= 8, tensor.dtype != .string, let shape = wanted.staticShape else {
            throw GraphError("@\(constant.key) cannot be made smaller")
        }
        return Constant(key: constant.key, type: wanted, bytes: start(of: tensor, shape).bytes)
    }

    /// The elements of lowest index on every axis.
    private func start(of tensor: Tensor, _ shape: [Int]) -> Tensor {
        let width = tensor.dtype.byteWidth
        let (from, to) = (rowMajorStrides(tensor.shape), rowMajorStrides(shape))
        return Tensor(tensor.dtype, shape) { target in
            for index in 0..<(target.count / max(width, 1)) {
                var (rest, source) = (index, 0)
                for axis in shape.indices {
                    source += rest / to[axis] * from[axis]
                    rest %= to[axis]
                }
                for byte in 0..<width { target[index * width + byte] = tensor.bytes.buffer[source * width + byte] }
            }
        }
    }

    func function(_ graph: Graph, in module: Module) throws -> Graph {
        var made = Graph(name: graph.name)
        made.isPrivate = graph.isPrivate
        var match: [ValueID: ValueID] = [:]
        for input in graph.inputs {
            match[input] = try made.addInput(graph.inputName(of: input) ?? "", graph.valueType(of: input).mapElement(type))
        }
        func own(_ value: ValueID) throws -> ValueID {
            if let known = match[value] { return known }
            guard let key = graph.constantKey(of: value), let constant = module.constants[key] else {
                throw GraphError("\(graph.origin(of: value)) is not there")
            }
            return try made.constant(key, constant.type)
        }
        for node in graph.nodes {
            let op = try OperatorRegistry.make(node.opName, node.op.attributes.mapValues(attribute))
            let results = try made.add(
                op, node.inputs.map { try $0.map(own) }, name: node.name, sizes: node.sizes, callees: Callees(module))
            for (old, new) in zip(node.outputs, results) { match[old] = new }
        }
        for output in graph.outputs { try made.addOutput(output.name, own(output.value)) }
        return made
    }

    private func attribute(_ value: AttributeValue) -> AttributeValue {
        switch value {
        case .dim(let dim): .dim(self.dim(dim))
        case .dims(let dims): .dims(dims.map(dim))
        // A count of groups or an axis is an integer too: what does not fit is refused by inference, and stays.
        case .int(let number) where number >= size && number % size == 0 && size >= 8: .int(number / size * smaller)
        default: value
        }
    }
}
