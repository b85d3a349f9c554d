import Formats
import IR
import Importers

/// Makes ``FileGraphs``: one graph after the other, bodies after the node that holds them.
struct FileGraphsMaker {
    private let model: ONNXModel
    private let faults: FileFaults
    private var waiting: [Waiting] = []
    private var taken: Set<String> = []
    private var keys: Set<String> = []
    private var initializers: [(key: String, tensor: ONNXTensor)] = []
    /// Names of the functions of the model's own, by domain, name and overload.
    private var functions: [[String]: String] = [:]

    /// A graph that is to be made.
    private struct Waiting {
        let name: String
        let graph: ONNXGraph
        /// What it reads from around it.
        let captures: [FunctionView.Value]
        /// Keys of constants around it, by name.
        let constants: [String: String]
    }

    init(_ model: ONNXModel, _ faults: FileFaults) { (self.model, self.faults) = (model, faults) }

    mutating func all() -> (
        views: [FunctionView], attributes: [[[[String]]]], initializers: [(key: String, tensor: ONNXTensor)]
    ) {
        waiting = [Waiting(name: unique(ONNXImporter.functionName), graph: model.graph, captures: [], constants: [:])]
        for function in model.functions {
            let name = unique(function.domain.isEmpty ? function.name : "\(function.domain).\(function.name)")
            functions[[function.domain, function.name, function.overload]] = name
            waiting.append(Waiting(name: name, graph: function.graph, captures: [], constants: [:]))
        }
        var (views, attributes): ([FunctionView], [[[[String]]]]) = ([], [])
        var next = 0
        while next < waiting.count {
            let (view, texts) = view(of: waiting[next], isPrivate: next > 0)
            views.append(view)
            attributes.append(texts)
            next += 1
        }
        return (views, attributes, initializers)
    }

    private mutating func unique(_ name: String) -> String {
        var (candidate, number) = (name, 1)
        while !taken.insert(candidate).inserted {
            number += 1
            candidate = "\(name)#\(number)"
        }
        return candidate
    }

    /// A key like `name` that no other initializer has.
    private mutating func key(_ tensor: ONNXTensor) -> String {
        var (candidate, number) = (tensor.name, 1)
        while !keys.insert(candidate).inserted {
            number += 1
            candidate = "\(tensor.name)#\(number)"
        }
        initializers.append((candidate, tensor))
        return candidate
    }

    private mutating func view(of one: Waiting, isPrivate: Bool) -> (FunctionView, [[[String]]]) {
        let graph = one.graph
        var constants = one.constants
        for tensor in graph.initializers + graph.sparseInitializers.map(\.values) { constants[tensor.name] = key(tensor) }
        var types: [String: String] = [:]
        for value in graph.valueInfo + graph.inputs + graph.outputs { if let type = value.type { types[value.name] = type.text } }
        func value(_ name: String) -> FunctionView.Value { FunctionView.Value(name: name, type: types[name] ?? "") }
        let declared = graph.inputs.filter { constants[$0.name] == nil || one.constants[$0.name] != nil }
        let inputs = declared.map { value($0.name) } + one.captures
        var places: [String: FunctionView.Source] = constants.mapValues { .constant($0) }
        for (index, input) in inputs.enumerated() { places[input.name] = .input(index) }
        for (index, node) in graph.nodes.enumerated() {
            for (result, name) in node.outputs.enumerated() where !name.isEmpty { places[name] = .node(index, result: result) }
        }
        var (items, operands): ([FunctionView.Item], [[FunctionView.Source]]) = ([], [])
        for node in graph.nodes {
            let captured = node.bodies.map { $0.graph.freeNames.filter { constants[$0] == nil } }
            let bodies = zip(node.bodies, captured).map { body, names in
                let name = unique("\(node.title).\(body.role)")
                let around = constants.filter { key, _ in !body.graph.inputs.contains { $0.name == key } }
                waiting.append(Waiting(name: name, graph: body.graph, captures: names.map(value), constants: around))
                return FunctionView.Body(role: body.role, function: name)
            }
            let called = functions[[node.domain, node.opType, node.overload]]
            items.append(
                FunctionView.Item(
                    name: node.title, op: node.operatorTitle,
                    results: node.outputs.map { .init(name: $0, type: types[$0] ?? node.constantType ?? "") },
                    family: OperatorFamily(onnx: node.opType, hasBodies: !bodies.isEmpty || called != nil),
                    fileNames: node.outputs.map { $0.isEmpty ? nil : $0 },
                    bodies: bodies + (called.map { [FunctionView.Body(role: "function", function: $0)] } ?? []),
                    fault: faults.fault(of: node, isCall: called != nil)))
            var seen: Set<String> = []
            let around = captured.joined().filter { seen.insert($0).inserted && !node.inputs.contains($0) }
            operands.append((node.inputs + around).map { places[$0] ?? .absent })
        }
        let outputs = graph.outputs.map { FunctionView.Output(value: value($0.name), source: places[$0.name] ?? .absent) }
        let view = FunctionView(name: one.name, isPrivate: isPrivate, nodes: items, inputs: inputs, outputs: outputs, operands: operands)
        return (view, graph.nodes.map { node in node.attributes.map { [$0.name, AttributeText.of($0.value)] } })
    }
}

extension ONNXFunction {
    /// Its nodes as a graph whose inputs and outputs have no types.
    fileprivate var graph: ONNXGraph {
        func port(_ name: String) -> ONNXValueInfo { ONNXValueInfo(name, nil) }
        return ONNXGraph(named: name, nodes: nodes, inputs: inputs.map(port), outputs: outputs.map(port))
    }
}

extension ONNXNode {
    /// Of what a `Constant` holds.
    fileprivate var constantType: String? {
        guard opType == "Constant", domain.isEmpty else { return nil }
        return attributes.lazy.compactMap { if case .tensor(let tensor) = $0.value { tensor.typeText } else { nil } }.first
    }
}

extension ONNXTensor {
    /// As ``ONNXType/text``.
    var typeText: String { ONNXType.tensor(elementType, shape.map { .size($0) }).text }
}
