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
    /// Names that are visible here, innermost last.
    var layers: [Layer] = [Layer()]
    private(set) var opsets: [String: Int]
    /// What references to attributes stand for, in a function of the model's own.
    private var references: [String: ONNXAttribute.Value] = [:]
    /// Values of `parent` that this function takes as further inputs, in order.
    var captures: [ValueID] = []
    /// Sizes of `parent` in symbols of this function.
    var localSizes: [Dim: Dim] = [:]
    /// Values that hold nothing, so that the type inside may still change.
    var empties: [ValueID: Emptiness] = [:]
    /// Items of sequences whose items are known one by one.
    var items: [ValueID: [ValueID]] = [:]
    /// Whether something here relies on a handed value's being empty, which is true of the first one only.
    var assumesEmpty = false
    private var contents = ScopeContents()
    /// Symbols that stand for something already.
    var reservedSymbols: Set<String> = []
    /// Functions of the model's own that are written out here, the outermost first.
    private var calls: [String] = []
    var sources = ONNXSourceMap.Function()

    init(_ builder: ONNXModuleBuilder, name: String, opsets: [String: Int], parent: ONNXScope?) {
        (self.builder, self.parent, self.opsets) = (builder, parent, opsets)
        graph = Graph(name: name)
        graph.isPrivate = parent != nil
        references = parent?.references ?? [:]
        calls = parent?.calls ?? []
    }

    var file: String { builder.model.file }

    // MARK: Graphs

    func importMain(_ source: ONNXGraph) throws {
        addInitializers(of: source)
        let held = Set(source.initializers.map(\.name) + source.sparseInitializers.map { $0.values.name })
        var untyped: [String] = []
        for input in source.inputs where !input.name.isEmpty {
            if let value = builder.special.values[input.name] {
                define(input.name, try constant(value, named: input.name))
            } else if held.contains(input.name) && builder.special.types[input.name] == nil {
                continue
            } else if let type = builder.special.types[input.name] ?? input.type.flatMap({ ValueType($0, inputNamed: input.name) }) {
                let value = try graph.addInput(input.name, type)
                define(input.name, value)
                empties[value] = builder.special.empty[input.name].flatMap { EmptyValue(of: $0) }.map { Emptiness(kind: $0) }
            } else {
                untyped.append(input.name)
            }
        }
        guard untyped.isEmpty else { throw ONNXImportError.needsTypes(file: file, inputs: untyped) }
        try importNodes(source.liveNodes)
        for (output, value) in zip(source.outputs, try outputs(of: source)) { note(output, value) }
        try finish(source, try outputs(of: source))
    }

    /// What the names of the outputs of `source` stand for.
    func outputs(of source: ONNXGraph) throws -> [ValueID] {
        try source.outputs.enumerated().map { index, output in
            guard let value = try lookup(output.name) else {
                throw ONNXImportError.model(file: file, problem: "output '\(output.name)' (\(index)) is computed by no node")
            }
            return value
        }
    }

    /// Makes `values` the function's results.
    func finish(_ source: ONNXGraph, _ values: [ValueID]) throws {
        for (index, value) in values.enumerated() {
            try graph.addOutput(uniqueOutput(index < source.outputs.count ? source.outputs[index].name : "result"), value)
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

    func importNodes(_ nodes: [ONNXNode]) throws {
        for node in ONNXScope.sorted(nodes) { try importNode(node) }
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

    /// Writes the nodes of one ONNX node.
    private func importNode(_ source: ONNXNode) throws {
        var source = source
        source.attributes = source.attributes.compactMap { attribute in
            guard case .reference(let name) = attribute.value else { return attribute }
            return references[name].map { ONNXAttribute(name: attribute.name, value: $0) }
        }
        do {
            let place = builder.sources.add(ONNXSourceNode(node: source, version: builder.version(source.domain, opsets), functions: calls))
            let first = graph.order.count
            let results = try results(of: source, place)
            // What graphs and functions inside were written out to has places of its own.
            for id in graph.order.dropFirst(first) where sources.nodes[id] == nil { sources.nodes[id] = place }
            for (name, value) in zip(source.outputs, results) where !name.isEmpty {
                if let value { define(name, value) }
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

    private func results(of source: ONNXNode, _ place: Int) throws -> [ValueID?] {
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
        var node = NodeImport(source: source, version: version, place: place, inputs: inputs, scope: self)
        return try mapping.convert(&node)
    }

    /// Writes a function of the model's own out.
    private func call(_ function: ONNXFunction, _ source: ONNXNode, _ inputs: [ValueID?]) throws -> [ValueID?] {
        guard calls.count < 32 else { throw NodeProblem("functions call each other more than 32 deep") }
        var given: [String: ONNXAttribute.Value] = [:]
        for attribute in function.defaults + source.attributes { given[attribute.name] = attribute.value }
        var own: [String: ValueID] = [:]
        for (name, value) in zip(function.inputs, inputs) { if let value { own[name] = value } }
        let (outerSets, outerReferences, depth) = (opsets, references, layers.count)
        defer {
            (opsets, references) = (outerSets, outerReferences)
            calls.removeLast()
            layers.removeSubrange(depth...)
        }
        calls.append(function.title)
        layers.append(Layer(names: own, isBarrier: true))
        (opsets, references) = (function.opsets.merging(opsets) { own, _ in own }, given)
        // An input that the caller leaves out is one that is left out inside.
        let missing = Set(function.inputs.filter { own[$0] == nil })
        try importNodes(function.nodes.map { missing.isEmpty ? $0 : $0.without(missing) })
        return try function.outputs.map { try lookup($0) }
    }

    // MARK: Values

    func constant(_ tensor: Tensor, named name: String) throws -> ValueID {
        let key = builder.addConstant(tensor, named: name)
        return try graph.constant(key, tensor.type)
    }

    /// The elements of `value` as expressions of sizes.
    func integers(_ value: ValueID) -> [Dim]? { integerValues.values(of: value) }

    /// The same, nil for elements that data decide.
    func partialIntegers(_ value: ValueID) -> [Dim?]? { integerValues.partialValues(of: value) }

    private var integerValues: IntegerValues {
        IntegerValues(graph, [:], remembering: contents.integers) { [builder] in builder.module.constants[$0]?.tensor }
    }

    /// The value if it depends on constants alone.
    func constantTensor(_ value: ValueID) -> Tensor? {
        if let key = graph.constantKey(of: value) { return builder.module.constants[key]?.tensor }
        return contents.constantTensor(value, graph) { [builder] in builder.module.constants[$0]?.tensor }
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
