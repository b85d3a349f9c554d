import IR

extension ONNXModel {
    /// A model of the default operator set, as exporters make it.
    package init(
        opset: Int, irVersion: Int, producer: String, producerVersion: String, graph: ONNXGraph, metadata: [String: String]
    ) {
        self.init(
            file: "", irVersion: irVersion, producer: producer, producerVersion: producerVersion, opsets: ["": opset], graph: graph,
            functions: [], metadata: metadata)
    }
}

extension ONNXGraph {
    package init(
        named name: String, nodes: [ONNXNode], inputs: [ONNXValueInfo], outputs: [ONNXValueInfo], initializers: [ONNXTensor] = []
    ) {
        self.init(
            name: name, nodes: nodes, inputs: inputs, outputs: outputs, valueInfo: [], initializers: initializers, sparseInitializers: [])
    }
}

extension ONNXNode {
    package init(
        _ opType: String, named name: String, inputs: [String], outputs: [String], attributes: [ONNXAttribute] = [], domain: String = ""
    ) {
        self.init(name: name, domain: domain, opType: opType, overload: "", inputs: inputs, outputs: outputs, attributes: attributes)
    }
}

extension ONNXValueInfo {
    package init(_ name: String, _ type: ONNXType?) { self.init(name: name, type: type) }
}

extension ONNXTensor {
    /// Shares the bytes of `tensor`.
    package init(_ tensor: Tensor, named name: String) {
        let data: Data = tensor.dtype == .string ? .strings(tensor.strings.map { Array($0.utf8) }) : .raw(tensor.bytes)
        self.init(name: name, shape: tensor.shape, elementType: tensor.dtype.onnxNumber, data: data)
    }
}
