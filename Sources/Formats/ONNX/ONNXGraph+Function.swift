extension ONNXGraph {
    /// The body of a function of the model's own; nothing is known of the types of its values.
    package init(of function: ONNXFunction) {
        func values(_ names: [String]) -> [ONNXValueInfo] { names.map { ONNXValueInfo(name: $0, type: nil) } }
        self.init(
            name: function.name, nodes: function.nodes, inputs: values(function.inputs), outputs: values(function.outputs), valueInfo: [],
            initializers: [], sparseInitializers: [])
    }
}
