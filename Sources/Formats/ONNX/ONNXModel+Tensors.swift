import IR

/// The tensors that an ONNX file holds, those of bodies and functions too.
package struct ONNXHeldTensors: Sendable {
    package private(set) var initializers: [ONNXTensor] = []
    package private(set) var sparse: [ONNXSparseTensor] = []
    /// Attributes of nodes, nearly always of `Constant`.
    package private(set) var attributes: [ONNXTensor] = []

    package init(of model: ONNXModel) {
        add(model.graph)
        for function in model.functions { add(function.nodes) }
    }

    private mutating func add(_ graph: ONNXGraph) {
        initializers += graph.initializers
        sparse += graph.sparseInitializers
        add(graph.nodes)
    }

    private mutating func add(_ nodes: [ONNXNode]) {
        for node in nodes {
            for attribute in node.attributes {
                switch attribute.value {
                case .tensor(let tensor): attributes.append(tensor)
                case .tensors(let tensors): attributes += tensors
                case .sparse(let tensor): attributes += [tensor.values, tensor.indices]
                // Readers bound how deep bodies are nested.
                case .graph(let body): add(body)
                case .graphs(let bodies): for body in bodies { add(body) }
                default: break
                }
            }
        }
    }
}
