import Formats
import IR

/// Nodes of one ONNX graph under construction. A function that is called is written where it is called, a body has a graph of its own.
final class ExportTarget {
    var nodes: [ONNXNode] = []
}

/// One function of the IR while it is written: names of its values, and where its sizes come from.
final class ExportScope {
    let model: ExportModel
    let graph: Graph
    let target: ExportTarget
    private var names: [ValueID: String] = [:]
    private var wanted: [ValueID: String] = [:]
    /// Where the size that a symbol stands for can be read.
    var sources: [String: SizeSource] = [:]
    /// Values that hold sizes, one element each.
    var computed: [Dim: String] = [:]

    init(_ model: ExportModel, _ graph: Graph, into target: ExportTarget) { (self.model, self.graph, self.target) = (model, graph, target) }

    // MARK: Values

    func bind(_ value: ValueID, to name: String) { names[value] = name }

    /// Takes names for the results of this function, which no other value has.
    func reserveOutputs() -> [String] {
        graph.outputs.map { output in
            let name = model.freshValue(output.name)
            if wanted[output.value] == nil, graph.producer(of: output.value) != nil { wanted[output.value] = name }
            return name
        }
    }

    func name(of value: ValueID) throws -> String {
        if let known = names[value] { return known }
        guard let key = graph.constantKey(of: value) else { throw ExportProblem("\(graph.origin(of: value)) is not there") }
        return try model.initializer(key)
    }

    /// The value under the name taken for an output: its own, or that of a copy.
    func result(_ value: ValueID, named name: String) throws -> String {
        let source = try self.name(of: value)
        if wanted[value] == name { return source }
        append("Identity", named: model.freshNode(name), [source], outputs: [name])
        return name
    }

    // MARK: Nodes

    func writeNodes() { for node in graph.nodes where !isPartOfLayer(node) { write(node) } }

    private func write(_ node: Node) {
        let export = NodeExport(node, self)
        for value in node.inputs.compactMap({ $0 }) + node.outputs { model.check(graph.valueType(of: value), node.opName, export.title) }
        do {
            guard let mapping = ExportMapping.find(node.opName, model.opset) else { throw ExportMapping.missing(node.opName) }
            let results = try mapping.convert(export)
            export.finish()
            for (value, name) in zip(node.outputs, results) { bind(value, to: settled(name, value, export)) }
        } catch {
            model.note(node.opName, (error as? ExportProblem)?.reason ?? "\(error)", export.title)
            for value in node.outputs where names[value] == nil { bind(value, to: "") }
        }
        noteSizes(of: node)
    }

    /// The result under the name it is to have: that of an output, or one like the node's.
    private func settled(_ name: String, _ value: ValueID, _ export: NodeExport) -> String {
        if export.isFresh(name), !model.isRenamed(name) {
            model.rename(name, to: wanted[value] ?? model.freshValue(export.title))
            return name
        }
        // Passed on as it is: an output then needs a name of its own.
        guard let output = wanted[value] else { return name }
        append("Identity", named: model.freshNode(output), [name], outputs: [output])
        return output
    }

    func append(_ op: String, named name: String, _ inputs: [String], outputs: [String], _ attributes: [ONNXAttribute] = []) {
        target.nodes.append(ONNXNode(op, named: name, inputs: inputs, outputs: outputs, attributes: attributes))
    }

    // MARK: Functions

    /// Writes the function `name` here; gives its results.
    func call(_ name: String, _ operands: [String]) throws -> [String] {
        let callee = try model.function(name)
        let scope = ExportScope(model, callee, into: target)
        for (value, operand) in zip(callee.inputs, operands) { scope.bind(value, to: operand) }
        scope.noteInputSizes()
        scope.writeNodes()
        return try callee.outputs.map { try scope.name(of: $0.value) }
    }

    /// The function `name` as a graph of its own. Its last inputs are `captures`, seen by the names they have here.
    func body(_ name: String, captures: [String]) throws -> ONNXGraph {
        let callee = try model.function(name)
        let own = callee.inputs.dropLast(captures.count)
        let scope = ExportScope(model, callee, into: ExportTarget())
        let inputs = own.map { value in
            let input = model.freshValue(callee.inputName(of: value) ?? "input")
            scope.bind(value, to: input)
            return ONNXValueInfo(input, ONNXType(callee.valueType(of: value), named: false))
        }
        for (value, capture) in zip(callee.inputs.suffix(captures.count), captures) { scope.bind(value, to: capture) }
        let outputs = scope.reserveOutputs()
        scope.noteInputSizes()
        scope.writeNodes()
        let results = try zip(callee.outputs, outputs).map { output, name in
            ONNXValueInfo(try scope.result(output.value, named: name), ONNXType(callee.valueType(of: output.value), named: false))
        }
        return ONNXGraph(named: name, nodes: scope.target.nodes, inputs: Array(inputs), outputs: results)
    }
}
