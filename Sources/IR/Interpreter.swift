/// Runs a function by `evaluate` alone: the reference that kernels, passes and plans are held to.
package enum Interpreter {
    /// Results of function `name` by output name.
    /// - Throws: ``EvaluationError`` naming the node, or ``BindingError`` for sizes that do not fit.
    package static func run(
        _ module: Module, _ name: String, _ inputs: [String: Tensor], binding given: Binding = [:]
    ) throws -> [String: Tensor] {
        guard let graph = module.function(name) else {
            let known = module.functions.map(\.name).joined(separator: ", ")
            throw EvaluationError("module '\(module.name)' has no function '\(name)'; it has \(known)")
        }
        var binding = given
        var values: [ValueID: Tensor] = [:]
        for id in graph.inputs { values[id] = try bind(graph, id, inputs, &binding) }
        func value(_ id: ValueID) throws -> Tensor {
            if let known = values[id] { return known }
            guard let key = graph.constantKey(of: id), let tensor = module.constants[key]?.tensor else {
                throw EvaluationError("\(graph.origin(of: id)) has no value")
            }
            return tensor
        }
        for node in graph.nodes {
            let operands = try node.inputs.map { try $0.map(value) }
            do {
                for (id, result) in zip(node.outputs, try node.op.evaluate(operands, binding)) { values[id] = result }
            } catch { throw EvaluationError("\(node.opName) '\(node.name)': \(error)") }
        }
        var results: [String: Tensor] = [:]
        for output in graph.outputs { results[output.name] = try value(output.value) }
        return results
    }

    private static func bind(
        _ graph: Graph, _ id: ValueID, _ inputs: [String: Tensor], _ binding: inout Binding
    ) throws -> Tensor {
        let name = graph.inputName(of: id) ?? ""
        guard let tensor = inputs[name] else { throw EvaluationError("input '\(name)' of '\(graph.name)' is missing") }
        try graph.type(of: id).bind(tensor, named: name, in: &binding)
        return tensor
    }
}

extension TensorType {
    /// Checks that `tensor` fits this type and binds the type's symbols to its sizes.
    /// - Throws: ``BindingError`` naming the input and both types.
    package func bind(_ tensor: Tensor, named name: String, in binding: inout Binding) throws {
        guard tensor.dtype == dtype, tensor.rank == rank else {
            throw BindingError("input '\(name)' must be \(self), not \(tensor.type)")
        }
        for (dim, size) in zip(shape, tensor.shape) {
            do { try dim.bind(to: size, in: &binding) } catch {
                throw BindingError("input '\(name)' must be \(self), not \(tensor.type): \(error)")
            }
        }
    }
}
