import FourMModels
import IR
import Passes
import Runtime

/// What the values of a function come to in a run without any rewrite, so that its parts can be run on what they get there.
package struct RunValues {
    /// As far as they are known, and memory holds them.
    package private(set) var tensors: [ValueID: Tensor] = [:]
    private var room = Machine.memoryBytes / 8

    private struct Key: Hashable {
        let op, node: String
        let result: Int
    }

    /// - Parameters:
    ///   - inputs: all that the function takes.
    ///   - binding: sizes of its symbols.
    /// - Throws: what compiling and running throw.
    package init(_ module: Module, _ function: String, _ inputs: [String: Tensor], binding: Binding, seed: UInt64 = 0) throws {
        guard let graph = module.function(function) else { throw WorkError("there is no function '\(function)'", .content) }
        for value in graph.inputs { keep(graph.inputName(of: value).flatMap { inputs[$0] }, value) }
        let session = Session(try ModelLoader.plan(module, PassOptions(stopAfter: 0), precision: .f32))
        var seen: [Key: [Tensor]] = [:]
        var room = room
        session.onResult = { result in
            guard result.function == function, room >= result.tensor.bytes.count else { return }
            room -= result.tensor.bytes.count
            seen[Key(op: result.op, node: result.node, result: result.index), default: []].append(result.tensor)
        }
        _ = try session.run(function, inputs, binding: binding, seed: seed)
        take(seen, graph)
        fill(graph, module, binding)
    }

    private mutating func keep(_ tensor: Tensor?, _ value: ValueID) {
        guard let tensor, tensors[value] == nil, room >= tensor.bytes.count else { return }
        room -= tensor.bytes.count
        tensors[value] = tensor
    }

    /// Of several nodes of one operator and name results come in the order of the nodes; if one is not told of, nobody knows whose the others are.
    private mutating func take(_ seen: [Key: [Tensor]], _ graph: Graph) {
        for (_, nodes) in Dictionary(grouping: graph.nodes, by: { Key(op: $0.opName, node: $0.name, result: 0) }) {
            for index in nodes[0].outputs.indices {
                let results = seen[Key(op: nodes[0].opName, node: nodes[0].name, result: index)] ?? []
                guard results.count == nodes.count else { continue }
                for (node, result) in zip(nodes, results) where node.outputs.indices.contains(index) { keep(result, node.outputs[index]) }
            }
        }
    }

    /// What took no step of its own, or was written over at once, is quickly evaluated.
    private mutating func fill(_ graph: Graph, _ module: Module, _ binding: Binding) {
        for node in graph.nodes where node.outputs.contains(where: { tensors[$0] == nil }) {
            guard !type(of: node.op).facts.isDisjoint(with: [.elementwise, .view, .movement]) else { continue }
            let operands = node.inputs.map {
                $0.map { value in tensors[value] ?? graph.constantKey(of: value).flatMap { module.constants[$0]?.tensor } }
            }
            guard !operands.contains(where: { $0 == .some(nil) }) else { continue }
            var context = EvaluationContext(binding: binding, results: node.outputs.map { graph.valueType(of: $0) })
            let results = try? node.op.evaluate(operands.map { $0.flatMap { $0 }.map { .tensor($0) } }, &context)
            for (value, result) in zip(node.outputs, results ?? []) { keep(result.tensor, value) }
        }
    }
}
