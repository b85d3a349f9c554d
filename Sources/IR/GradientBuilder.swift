/// A function that is being written at its end: first what the loss takes, then its gradients.
package final class GradientBuilder {
    package private(set) var graph: Graph
    /// The name that added nodes get.
    package var name = ""

    package init(_ graph: Graph) { self.graph = graph }

    package func traced(_ value: ValueID) -> Traced { Traced(value, self) }

    package func add(_ op: any Operator, _ inputs: [ValueID?]) throws -> [Traced] {
        try graph.add(op, inputs, name: name).map(traced)
    }

    /// The results of `function` of `module`, which this function will be part of.
    package func call(_ function: String, _ inputs: [ValueID], of module: Module) throws -> [Traced] {
        try graph.add(Call(function), inputs, name: name, sizes: [], callees: Callees(module)).map(traced)
    }

    /// Adds `node` of another function under other operands, with its name, its types and the sizes that it decides.
    package func copy(_ node: Node, of other: Graph, _ inputs: [ValueID?]) -> [ValueID] {
        let types = node.outputs.map { other.valueType(of: $0) }
        return graph.insert(node.op, inputs, (types, node.sizes), name: node.name, at: graph.order.count)
    }

    package func addInput(_ name: String, _ type: ValueType) throws -> ValueID { try graph.addInput(name, type) }

    package func addOutput(_ name: String, _ value: Traced) throws { try graph.addOutput(name, value.value) }

    package func constant(_ key: String, _ type: TensorType) throws -> ValueID { try graph.constant(key, type) }
}
