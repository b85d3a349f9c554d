import Formats
import IR

/// An ONNX model under construction: its weights, the names that are taken, and what could not be written.
final class ExportModel {
    let module: Module
    let opset: Int
    private var valueNames: Set<String> = [""]
    private var nodeNames: Set<String> = [""]
    private(set) var initializers: [ONNXTensor] = []
    private var byKey: [String: String] = [:]
    private var byStorage: [Storage: String] = [:]
    private var byContent: [Content: String] = [:]
    /// Names in place of those that values had when they were made.
    private var renamed: [String: String] = [:]
    private var problems: [Problem: [String]] = [:]

    /// Tied weights share their memory, and then are one.
    private struct Storage: Hashable {
        let start: UnsafeRawPointer
        let type: TensorType
    }

    private struct Content: Hashable {
        let type: TensorType
        let bytes: [UInt8]
    }

    private struct Problem: Hashable {
        let name, reason: String
    }

    init(_ module: Module, opset: Int) { (self.module, self.opset) = (module, opset) }

    /// The graph of `function` with all that it calls.
    /// - Throws: ``ONNXExportError/unsupported(function:opset:operators:)`` with everything that cannot be written.
    func write(_ function: Graph) throws -> ONNXGraph {
        let scope = ExportScope(self, function, into: ExportTarget())
        let inputs = function.inputs.map { ONNXValueInfo(freshValue(function.inputName(of: $0) ?? "input"), type(of: function, $0)) }
        for (value, info) in zip(function.inputs, inputs) { scope.bind(value, to: info.name) }
        let names = scope.reserveOutputs()
        scope.noteInputSizes()
        scope.writeNodes()
        let outputs = try zip(function.outputs, names).map { output, name in
            ONNXValueInfo(try scope.result(output.value, named: name), type(of: function, output.value))
        }
        guard problems.isEmpty else { throw unsupported(function) }
        return ONNXGraph(
            named: function.name, nodes: scope.target.nodes.map(renaming), inputs: inputs, outputs: outputs.map(renaming),
            initializers: initializers)
    }

    private func type(of function: Graph, _ value: ValueID) -> ONNXType {
        let type = function.valueType(of: value)
        check(type, "value", function.origin(of: value))
        return ONNXType(type, named: true)
    }

    // MARK: Problems

    func note(_ name: String, _ reason: String, _ node: String) { problems[Problem(name: name, reason: reason), default: []].append(node) }

    /// Notes element types that the operator set does not have yet.
    func check(_ type: ValueType, _ name: String, _ node: String) {
        guard let first = type.element.dtype.onnxOpset else {
            return note(name, "ONNX has no element type \(type.element.dtype.rawValue)", node)
        }
        if first > opset { note(name, "\(type.element.dtype.rawValue) needs operator set \(first)", node) }
    }

    func function(_ name: String) throws -> Graph {
        guard let graph = module.function(name) else { throw ExportProblem("the module has no function '\(name)'") }
        return graph
    }

    private func unsupported(_ function: Graph) -> ONNXExportError {
        let list = problems.map { ONNXExportError.Unsupported(name: $0.key.name, reason: $0.key.reason, nodes: $0.value) }
        return .unsupported(
            function: function.name, opset: opset, operators: list.sorted { ($0.name, $0.reason) < ($1.name, $1.reason) })
    }

    // MARK: Names

    func freshValue(_ wanted: String) -> String { ExportModel.fresh(wanted, &valueNames) }

    func freshNode(_ wanted: String) -> String { ExportModel.fresh(wanted, &nodeNames) }

    private static func fresh(_ wanted: String, _ taken: inout Set<String>) -> String {
        var (candidate, number) = (wanted.isEmpty ? "value" : wanted, 1)
        while !taken.insert(candidate).inserted {
            number += 1
            candidate = "\(wanted)_\(number)"
        }
        return candidate
    }

    /// Value `old` will be called `new`.
    func rename(_ old: String, to new: String) { renamed[old] = new }

    func isRenamed(_ name: String) -> Bool { renamed[name] != nil }

    private func renaming(_ node: ONNXNode) -> ONNXNode {
        var node = node
        node.inputs = node.inputs.map { renamed[$0] ?? $0 }
        node.outputs = node.outputs.map { renamed[$0] ?? $0 }
        node.attributes = node.attributes.map { attribute in
            guard case .graph(let body) = attribute.value else { return attribute }
            return ONNXAttribute(name: attribute.name, value: .graph(renaming(body)))
        }
        return node
    }

    private func renaming(_ graph: ONNXGraph) -> ONNXGraph {
        var graph = graph
        graph.nodes = graph.nodes.map(renaming)
        graph.outputs = graph.outputs.map(renaming)
        return graph
    }

    private func renaming(_ value: ONNXValueInfo) -> ONNXValueInfo { ONNXValueInfo(renamed[value.name] ?? value.name, value.type) }

    // MARK: Constants

    /// The initializer for constant `key`. Those of bodies stand in the main graph too, where all see them.
    func initializer(_ key: String) throws -> String {
        if let known = byKey[key] { return known }
        guard let tensor = module.constants[key]?.tensor else { throw ExportProblem("the constant @\(key) has no data") }
        check(.tensor(tensor.type), "constant", key)
        let storage = Storage(start: tensor.bytes.pointer, type: tensor.type)
        let wanted = ExportModel.weightName(key)
        let name = tensor.bytes.count > 0 ? byStorage[storage] ?? add(tensor, wanted) : add(tensor, wanted)
        byStorage[storage] = name
        byKey[key] = name
        return name
    }

    /// A weight that was folded into another element type goes by its own name.
    private static func weightName(_ key: String) -> String {
        guard let mark = key.firstIndex(of: "#"), key[mark...].hasPrefix("#cast("), mark > key.startIndex else { return key }
        return String(key[..<mark])
    }

    /// An initializer for a small tensor that the exporter makes itself; equal ones are one.
    func constant(_ tensor: Tensor, _ wanted: String) -> String {
        let content = Content(type: tensor.type, bytes: Array(tensor.bytes.buffer))
        if let known = byContent[content] { return known }
        let name = add(tensor, wanted)
        byContent[content] = name
        return name
    }

    private func add(_ tensor: Tensor, _ wanted: String) -> String {
        let name = freshValue(wanted)
        initializers.append(ONNXTensor(tensor, named: name))
        return name
    }
}
