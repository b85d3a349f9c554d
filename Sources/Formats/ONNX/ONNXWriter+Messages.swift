import IR

/// Field numbers are those of `Sources/COnnx/onnx.proto`.
extension ONNXWriter {
    static func message(_ model: ONNXModel) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, model.irVersion)
        message.add(2, unlessEmpty: model.producer)
        message.add(3, unlessEmpty: model.producerVersion)
        message.add(4, unlessEmpty: model.domain)
        if let version = model.modelVersion { message.add(5, version) }
        message.add(6, unlessEmpty: model.doc)
        message.add(7, self.message(model.graph))
        for (domain, version) in model.opsets.sorted(by: { $0.key < $1.key }) { message.add(8, opset(domain, version)) }
        add(14, model.metadata, to: &message)
        for function in model.functions { message.add(25, self.message(function)) }
        return message
    }

    private static func opset(_ domain: String, _ version: Int) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, domain)
        message.add(2, version)
        return message
    }

    private static func add(_ field: Int, _ entries: [String: String], to message: inout ProtobufMessage) {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { message.add(field, entry(key, value)) }
    }

    private static func entry(_ key: String, _ value: String) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, key)
        message.add(2, value)
        return message
    }

    private static func message(_ graph: ONNXGraph) -> ProtobufMessage {
        var message = ProtobufMessage()
        for node in graph.nodes { message.add(1, self.message(node)) }
        message.add(2, graph.name)
        for tensor in graph.initializers { message.add(5, self.message(tensor)) }
        message.add(10, unlessEmpty: graph.doc)
        for input in graph.inputs { message.add(11, self.message(input)) }
        for output in graph.outputs { message.add(12, self.message(output)) }
        for value in graph.valueInfo { message.add(13, self.message(value)) }
        for (name, tensors) in graph.quantization.sorted(by: { $0.key < $1.key }) {
            var annotation = ProtobufMessage()
            annotation.add(1, name)
            add(2, tensors, to: &annotation)
            message.add(14, annotation)
        }
        for tensor in graph.sparseInitializers { message.add(15, self.message(tensor)) }
        add(16, graph.metadata, to: &message)
        return message
    }

    private static func message(_ function: ONNXFunction) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, function.name)
        for name in function.inputs { message.add(4, name) }
        for name in function.outputs { message.add(5, name) }
        for name in function.attributes { message.add(6, name) }
        for node in function.nodes { message.add(7, self.message(node)) }
        message.add(8, unlessEmpty: function.doc)
        for (domain, version) in function.opsets.sorted(by: { $0.key < $1.key }) { message.add(9, opset(domain, version)) }
        message.add(10, function.domain)
        for attribute in function.defaults { message.add(11, self.message(attribute)) }
        message.add(13, unlessEmpty: function.overload)
        add(14, function.metadata, to: &message)
        return message
    }

    private static func message(_ node: ONNXNode) -> ProtobufMessage {
        var message = ProtobufMessage()
        for name in node.inputs { message.add(1, name) }
        for name in node.outputs { message.add(2, name) }
        message.add(3, unlessEmpty: node.name)
        message.add(4, node.opType)
        for attribute in node.attributes { message.add(5, self.message(attribute)) }
        message.add(6, unlessEmpty: node.doc)
        message.add(7, unlessEmpty: node.domain)
        message.add(8, unlessEmpty: node.overload)
        add(9, node.metadata, to: &message)
        return message
    }

    private static func message(_ attribute: ONNXAttribute) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, attribute.name)
        switch attribute.value {
        case .float(let value): message.add(2, value)
        case .int(let value): message.add(3, value)
        case .string(let value): message.add(4, value)
        case .tensor(let value): message.add(5, self.message(value))
        case .graph(let value): message.add(6, self.message(value))
        case .floats(let values): for value in values { message.add(7, value) }
        case .ints(let values): for value in values { message.add(8, value) }
        case .strings(let values): for value in values { message.add(9, value) }
        case .tensors(let values): for value in values { message.add(10, self.message(value)) }
        case .graphs(let values): for value in values { message.add(11, self.message(value)) }
        case .type(let value): message.add(14, self.message(value))
        case .reference(let name): message.add(21, name)
        case .sparse(let value): message.add(22, self.message(value))
        case .unknown: break
        }
        if let kind = kind(attribute.value) { message.add(20, kind) }
        return message
    }

    /// `AttributeProto.AttributeType`.
    private static func kind(_ value: ONNXAttribute.Value) -> Int? {
        switch value {
        case .float: 1
        case .int: 2
        case .string: 3
        case .tensor: 4
        case .graph: 5
        case .floats: 6
        case .ints: 7
        case .strings: 8
        case .tensors: 9
        case .graphs: 10
        case .sparse: 11
        case .type: 13
        case .reference, .unknown: nil
        }
    }

    private static func message(_ value: ONNXValueInfo) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, value.name)
        if let type = value.type {
            var inner = self.message(type, denotations: value.dimensionDenotations)
            inner.add(6, unlessEmpty: value.denotation)
            message.add(2, inner)
        }
        message.add(3, unlessEmpty: value.doc)
        add(4, value.metadata, to: &message)
        return message
    }

    private static func message(_ type: ONNXType, denotations: [String] = []) -> ProtobufMessage {
        var (message, inner) = (ProtobufMessage(), ProtobufMessage())
        switch type {
        case .tensor(let number, let shape): message.add(1, tensorType(number, shape, denotations))
        case .sparse(let number, let shape): message.add(8, tensorType(number, shape, denotations))
        case .sequence(let item):
            inner.add(1, self.message(item, denotations: denotations))
            message.add(4, inner)
        case .map(let key, let value):
            inner.add(1, key)
            inner.add(2, self.message(value))
            message.add(5, inner)
        case .optional(let item):
            inner.add(1, self.message(item, denotations: denotations))
            message.add(9, inner)
        case .unknown: break
        }
        return message
    }

    private static func tensorType(_ number: Int, _ shape: [ONNXDim]?, _ denotations: [String]) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, number)
        guard let shape else { return message }
        var dims = ProtobufMessage()
        for (index, size) in shape.enumerated() {
            var dim = ProtobufMessage()
            switch size {
            case .size(let value): dim.add(1, value)
            case .symbol(let name): dim.add(2, name)
            case .unknown: break
            }
            if index < denotations.count { dim.add(3, unlessEmpty: denotations[index]) }
            dims.add(1, dim)
        }
        message.add(2, dims)
        return message
    }
}
