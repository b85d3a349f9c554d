import Formats
import IR

extension ONNXScope {
    /// Names of one graph or function that is written here.
    struct Layer {
        var names: [String: ValueID] = [:]
        /// Initializers, until somebody reads them.
        var initializers: [String: ONNXTensor] = [:]
        var sparse: [String: ONNXSparseTensor] = [:]
        /// Whether names below it are out of sight: a function of the model's own sees its inputs alone.
        var isBarrier = false
    }

    func addInitializers(of source: ONNXGraph) {
        let top = layers.count - 1
        for tensor in source.initializers { layers[top].initializers[tensor.name] = tensor }
        for tensor in source.sparseInitializers { layers[top].sparse[tensor.values.name] = tensor }
    }

    func define(_ name: String, _ value: ValueID) {
        layers[layers.count - 1].names[name] = value
        sources.name(value, name, depth: layers.count)
    }

    /// The value of that name here, or around.
    func lookup(_ name: String) throws -> ValueID? {
        for index in layers.indices.reversed() {
            if let known = layers[index].names[name] { return known }
            if let tensor = try layers[index].initializers[name]?.value(file: file) ?? layers[index].sparse[name]?.value(file: file) {
                let value = try constant(tensor, named: name)
                layers[index].names[name] = value
                sources.name(value, name, depth: index + 1)
                return value
            }
            if layers[index].isBarrier { return nil }
        }
        guard let parent, let outer = try parent.lookup(name) else { return nil }
        let value = try capture(outer, of: parent, name)
        layers[0].names[name] = value
        sources.name(value, name, depth: 1)
        return value
    }

    /// Writes `source`, which sees all that is seen here, in this function; gives what its outputs are.
    func inline(_ source: ONNXGraph, _ inputs: [ValueID]) throws -> [ValueID] {
        layers.append(Layer())
        defer { layers.removeLast() }
        addInitializers(of: source)
        for (input, value) in zip(source.inputs, inputs) { define(input.name, value) }
        try importNodes(source.liveNodes)
        return try outputs(of: source)
    }
}

extension ONNXNode {
    /// The node with inputs of these names left out, in the graphs inside as well.
    func without(_ names: Set<String>) -> ONNXNode {
        var node = self
        node.inputs = inputs.map { names.contains($0) ? "" : $0 }
        node.attributes = attributes.map { attribute in
            guard case .graph(var graph) = attribute.value else { return attribute }
            graph.nodes = graph.nodes.map { $0.without(names) }
            return ONNXAttribute(name: attribute.name, value: .graph(graph))
        }
        return node
    }

    var hasGraphs: Bool {
        attributes.contains {
            switch $0.value {
            case .graph, .graphs: true
            default: false
            }
        }
    }

    /// Names that the node reads, and those that graphs inside read from around them.
    var reads: Set<String> {
        var names: Set<String> = []
        collectReads(into: &names)
        return names
    }

    /// Adds ``reads`` to `names`.
    package func collectReads(into names: inout Set<String>) {
        names.formUnion(inputs)
        for attribute in attributes {
            switch attribute.value {
            case .graph(let graph): graph.collectReads(into: &names)
            case .graphs(let graphs): for graph in graphs { graph.collectReads(into: &names) }
            default: break
            }
        }
    }
}

extension ONNXGraph {
    /// All names that are read somewhere inside.
    func collectReads(into names: inout Set<String>) {
        names.formUnion(outputs.map(\.name))
        for node in nodes { node.collectReads(into: &names) }
    }

    /// Nodes on which outputs depend; others are what exporters forgot.
    package var liveNodes: [ONNXNode] {
        var makers: [String: Int] = [:]
        for (index, node) in nodes.enumerated() { for output in node.outputs where !output.isEmpty { makers[output] = index } }
        var (live, stack) = ([Bool](repeating: false, count: nodes.count), outputs.compactMap { makers[$0.name] })
        while let index = stack.popLast() {
            if live[index] { continue }
            live[index] = true
            let node = nodes[index]
            stack += node.inputs.compactMap { makers[$0] }
            if node.hasGraphs { stack += node.reads.compactMap { makers[$0] } }
        }
        return zip(nodes, live).filter(\.1).map(\.0)
    }
}
