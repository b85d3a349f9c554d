import Formats
import IR

/// A function of the IR under construction, from a graph or from the body of an If, Loop or Scan.
///
/// Bodies see the values around them: what a body reads from outside becomes an input of its function, a *capture*, which the node that
/// calls it passes on. Functions of the model's own are written out where they are called.
final class ONNXScope {
    let builder: ONNXModuleBuilder
    let parent: ONNXScope?
    var graph: Graph
    /// Values by the names that are visible here, innermost function call last.
    private var names: [[String: ValueID]] = [[:]]
    /// Initializers by name, until somebody reads them.
    private var initializers: [String: ONNXTensor] = [:]
    private var sparse: [String: ONNXSparseTensor] = [:]
    private(set) var opsets: [String: Int]
    /// Values of `parent` that this function takes as further inputs, in order.
    private(set) var captures: [ValueID] = []
    private var capturedSymbols: [Dim: Dim] = [:]
    private var folded: [ValueID: Tensor?] = [:]
    /// Constants whose initializers are large are read once.
    private var callDepth = 0

    init(_ builder: ONNXModuleBuilder, name: String, opsets: [String: Int], parent: ONNXScope?) {
        (self.builder, self.parent, self.opsets) = (builder, parent, opsets)
        graph = Graph(name: name)
        graph.isPrivate = parent != nil
    }

    var file: String { builder.model.file }

    // MARK: Graphs

    func importMain(_ source: ONNXGraph) throws {
        addInitializers(of: source)
        let held = Set(source.initializers.map(\.name) + source.sparseInitializers.map { $0.values.name })
        var untyped: [String] = []
        for input in source.inputs where !input.name.isEmpty {
            if let value = builder.special.values[input.name] {
                names[0][input.name] = try constant(value, named: input.name)
            } else if held.contains(input.name) && builder.special.types[input.name] == nil {
                continue
            } else if let type = builder.special.types[input.name] ?? input.type.flatMap({ ValueType($0, inputNamed: input.name) }) {
                names[0][input.name] = try graph.addInput(input.name, type)
            } else {
                untyped.append(input.name)
            }
        }
        guard untyped.isEmpty else { throw ONNXImportError.needsTypes(file: file, inputs: untyped) }
        try importNodes(source.nodes)
        for (index, output) in source.outputs.enumerated() {
            guard let value = try lookup(output.name) else {
                throw ONNXImportError.model(file: file, problem: "output '\(output.name)' (\(index)) is computed by no node")
            }
            note(output, value)
            try graph.addOutput(uniqueOutput(output.name), value)
        }
    }

    private func uniqueOutput(_ name: String) -> String {
        var (candidate, number) = (name, 1)
        while graph.outputs.contains(where: { $0.name == candidate }) {
            number += 1
            candidate = "\(name)#\(number)"
        }
        return candidate
    }

    /// What a file says about its results may be wrong; what inference finds counts.
    private func note(_ output: ONNXValueInfo, _ value: ValueID) {
        guard let declared = output.type.flatMap({ ValueType($0, inputNamed: output.name) }) else { return }
        let found = graph.valueType(of: value)
        let differs =
            declared.element.dtype != found.element.dtype || declared.element.rank != found.element.rank
            || zip(declared.element.shape, found.element.shape).contains { a, b in a.value != nil && b.value != nil && a != b }
        if differs { builder.warnings.append("output '\(output.name)' is \(found), not \(declared) as the file says") }
    }

    func addInitializers(of source: ONNXGraph) {
        for tensor in source.initializers { initializers[tensor.name] = tensor }
        for tensor in source.sparseInitializers { sparse[tensor.values.name] = tensor }
    }

    func importNodes(_ nodes: [ONNXNode]) throws {
        for node in ONNXScope.sorted(nodes) { try importNode(node, [:]) }
    }

    /// Nodes behind those they read: files should be so ordered, and most are.
    private static func sorted(_ nodes: [ONNXNode]) -> [ONNXNode] {
        var made: [String: Int] = [:]
        for (index, node) in nodes.enumerated() { for output in node.outputs where !output.isEmpty { made[output] = index } }
        func isOrdered() -> Bool {
            nodes.enumerated().allSatisfy { index, node in node.inputs.allSatisfy { (made[$0] ?? -1) < index } }
        }
        if isOrdered() { return nodes }
        var (result, state): ([ONNXNode], [Int]) = ([], [Int](repeating: 0, count: nodes.count))
        for root in nodes.indices {
            var stack = [root]
            while let index = stack.last {
                if state[index] == 2 { stack.removeLast(); continue }
                let waiting = state[index] == 0 ? nodes[index].inputs.compactMap { made[$0] }.filter { state[$0] == 0 && $0 != index } : []
                state[index] = max(state[index], 1)
                if waiting.isEmpty {
                    state[index] = 2
                    result.append(nodes[index])
                    stack.removeLast()
                } else {
                    stack += waiting
                }
            }
        }
        return result
    }

    /// Writes the nodes of one ONNX node, whose references to attributes stand for those in `given`.
    private func importNode(_ source: ONNXNode, _ given: [String: ONNXAttribute.Value]) throws {
        var source = source
        source.attributes = source.attributes.compactMap { attribute in
            guard case .reference(let name) = attribute.value else { return attribute }
            return given[name].map { ONNXAttribute(name: attribute.name, value: $0) }
        }
        do {
            let results = try results(of: source)
            for (name, value) in zip(source.outputs, results) where !name.isEmpty {
                if let value { names[names.count - 1][name] = value }
            }
        } catch let error as ONNXImportError {
            throw error
        } catch let error as ValuesNeeded {
            throw ONNXImportError.needsValues(file: file, inputs: error.inputs, node: source.title, operator: source.opType)
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw ONNXImportError.node(file: file, node: source.title, operator: source.opType, problem: "\(error)")
        }
    }

    private func results(of source: ONNXNode) throws -> [ValueID?] {
        let inputs = try source.inputs.map { name -> ValueID? in
            if name.isEmpty { return nil }
            guard let value = try lookup(name) else { throw NodeProblem("its input '\(name)' is neither computed nor given") }
            return value
        }
        if let function = builder.function(for: source) { return try call(function, source, inputs) }
        let version = builder.version(source.domain, opsets)
        guard let mapping = OperatorMapping.find(source.domain, source.opType, version) else {
            throw NodeProblem("the operator is not supported in version \(version)")
        }
        var node = NodeImport(source: source, version: version, inputs: inputs, scope: self)
        return try mapping.convert(&node)
    }

    /// Writes a function of the model's own out.
    private func call(_ function: ONNXFunction, _ source: ONNXNode, _ inputs: [ValueID?]) throws -> [ValueID?] {
        guard callDepth < 32 else { throw NodeProblem("functions call each other more than 32 deep") }
        var given: [String: ONNXAttribute.Value] = [:]
        for attribute in function.defaults + source.attributes { given[attribute.name] = attribute.value }
        var own: [String: ValueID] = [:]
        for (name, value) in zip(function.inputs, inputs) { if let value { own[name] = value } }
        let (outer, outerSets, absent) = (names, opsets, function.inputs.filter { own[$0] == nil })
        defer { (names, opsets, callDepth) = (outer, outerSets, callDepth - 1) }
        callDepth += 1
        names = [own]
        opsets = function.opsets.merging(opsets) { own, _ in own }
        let missing = Set(absent)
        for node in ONNXScope.sorted(function.nodes) {
            var node = node
            // An input that the caller leaves out is one that is left out inside.
            node.inputs = node.inputs.map { missing.contains($0) ? "" : $0 }
            try importNode(node, given)
        }
        return function.outputs.map { names[0][$0] }
    }

    /// Writes the nodes of a graph out here, with `values` for its inputs; gives its outputs. It sees what is visible here.
    func inline(_ body: ONNXGraph, _ values: [ValueID]) throws -> [ValueID] {
        guard body.inputs.count == values.count else {
            throw NodeProblem("graph '\(body.name)' takes \(body.inputs.count) inputs, not \(values.count)")
        }
        var own = names.last ?? [:]
        for tensor in body.initializers { own[tensor.name] = try constant(try tensor.value(file: file), named: tensor.name) }
        for tensor in body.sparseInitializers {
            own[tensor.values.name] = try constant(try tensor.value(file: file), named: tensor.values.name)
        }
        for (input, value) in zip(body.inputs, values) { own[input.name] = value }
        names.append(own)
        defer { names.removeLast() }
        try importNodes(body.nodes)
        return try body.outputs.map { output in
            guard let value = try lookup(output.name) else { throw NodeProblem("graph '\(body.name)' does not compute '\(output.name)'") }
            return value
        }
    }

    // MARK: Values

    /// The value of that name here, or around.
    func lookup(_ name: String) throws -> ValueID? {
        if let known = names.last?[name] { return known }
        if callDepth == 0 {
            if let tensor = initializers[name] {
                let value = try constant(try tensor.value(file: file), named: name)
                names[0][name] = value
                return value
            }
            if let tensor = sparse[name] {
                let value = try constant(try tensor.value(file: file), named: name)
                names[0][name] = value
                return value
            }
        }
        guard let parent, let outer = try parent.lookup(name) else { return nil }
        let value = try capture(outer, of: parent, name)
        names[names.count - 1][name] = value
        return value
    }

    func define(_ name: String, _ value: ValueID) { names[names.count - 1][name] = value }

    /// A value of the function around as a further input of this one; constants need none.
    func capture(_ outer: ValueID, of parent: ONNXScope, _ name: String) throws -> ValueID {
        if let key = parent.graph.constantKey(of: outer) { return try graph.constant(key, parent.graph.type(of: outer)) }
        if let tensor = parent.constantTensor(outer), tensor.count <= IntegerValues.most { return try constant(tensor, named: name) }
        if let index = captures.firstIndex(of: outer) { return graph.inputs[graph.inputs.count - captures.count + index] }
        let value = try graph.addInput("\(name)#outer", localType(of: parent.graph.valueType(of: outer)))
        captures.append(outer)
        return value
    }

    /// The type with symbols of this function in place of the other's sizes: equal ones stay equal.
    func localType(of type: ValueType) -> ValueType {
        type.mapElement { tensor in
            tensor.with(
                shape: tensor.shape.map { dim in
                    if dim.value != nil || dim == .any { return dim }
                    if let known = capturedSymbols[dim] { return known }
                    let symbol = Dim.symbol("d\(capturedSymbols.count)")
                    capturedSymbols[dim] = symbol
                    return symbol
                })
        }
    }

    func constant(_ tensor: Tensor, named name: String) throws -> ValueID {
        let key = builder.addConstant(tensor, named: name)
        return try graph.constant(key, tensor.type)
    }

    /// The elements of `value` as expressions of sizes.
    func integers(_ value: ValueID) -> [Dim]? {
        IntegerValues(graph, [:]) { [builder] in builder.module.constants[$0]?.tensor }.values(of: value)
    }

    /// The value if it depends on constants alone.
    func constantTensor(_ value: ValueID) -> Tensor? {
        if let key = graph.constantKey(of: value) { return builder.module.constants[key]?.tensor }
        if let known = folded[value] { return known }
        let result = evaluated(value)
        folded[value] = .some(result)
        return result
    }

    private static let largestFolded = 1 << 20

    private func evaluated(_ value: ValueID) -> Tensor? {
        guard let node = graph.producer(of: value), node.op.isPure, node.op.calledFunctions.isEmpty, node.op.symbols.isEmpty else {
            return nil
        }
        let types = node.outputs.map { graph.valueType(of: $0) }
        guard types.allSatisfy({ ($0.tensor?.elementCount.value ?? 0) <= ONNXScope.largestFolded }) else { return nil }
        var operands: [Datum?] = []
        for input in node.inputs {
            guard let input else { operands.append(nil); continue }
            guard let tensor = constantTensor(input), tensor.count <= ONNXScope.largestFolded else { return nil }
            operands.append(.tensor(tensor))
        }
        var context = EvaluationContext(results: types)
        guard let results = try? node.op.evaluate(operands, &context) else { return nil }
        for (output, result) in zip(node.outputs, results) { folded[output] = .some(result.tensor) }
        return node.outputs.firstIndex(of: value).flatMap { results[$0].tensor }
    }

    /// Names of the model's inputs that `value` depends on; nil if it depends on something else too, which no input can make known.
    func inputs(behind value: ValueID) -> Set<String>? {
        var (found, seen, stack): (Set<String>, Set<ValueID>, [ValueID]) = ([], [], [value])
        while let next = stack.popLast() {
            guard seen.insert(next).inserted else { continue }
            if let name = graph.inputName(of: next) {
                guard let parent else {
                    found.insert(name)
                    continue
                }
                let position = graph.inputs.firstIndex(of: next) ?? 0
                let first = graph.inputs.count - captures.count
                guard position >= first, let outer = parent.inputs(behind: captures[position - first]) else { return nil }
                found.formUnion(outer)
            } else if let node = graph.producer(of: next) {
                if !node.op.isPure { return nil }
                stack += node.inputs.compactMap { $0 }
                // Sizes in its attributes come from inputs as well, but those are known with their types.
            }
        }
        return found
    }
}
