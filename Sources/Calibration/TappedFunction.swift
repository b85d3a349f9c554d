import IR
import Passes

/// A function that gives, instead of its results, what its dense layers are multiplied by: Xᵀ · X of each layer's inputs X [rows, k], the sum over
/// rows of the products of two inputs.
struct TappedFunction {
    /// The function alone, and what it calls.
    let module: Module
    /// Keys of the weights by the name of the result that is theirs; those that share inputs share a result.
    let weights: [String: Set<String>]

    /// nil if no layer of the function has one of the weights `keys`.
    init?(_ source: Module, _ function: String, _ keys: Set<String>) throws {
        guard let graph = source.function(function) else { return nil }
        var inputs: [(value: ValueID, keys: Set<String>)] = []
        for node in graph.nodes {
            guard let layer = DenseLayer(node, graph, source), let x = node.inputs.first ?? nil, graph.type(of: x).dtype == .f32 else {
                continue
            }
            let own = Set(layer.weights.map(\.constant.key)).intersection(keys)
            if own.isEmpty { continue }
            if let index = inputs.firstIndex(where: { $0.value == x }) {
                inputs[index].keys.formUnion(own)
            } else {
                inputs.append((x, own))
            }
        }
        if inputs.isEmpty { return nil }
        let given = graph.inputs.compactMap { value in graph.inputName(of: value).map { ($0, value) } }
        let named = inputs.enumerated().map { (name: "x\($0)", value: $1.value, keys: $1.keys) }
        var tapped = try graph.part(named: function, graph.nodes, inputs: given, outputs: named.map { ($0.name, $0.value) })
        for output in tapped.outputs {
            try tapped.setOutput(output.name, try TappedFunction.moments(output.value, &tapped))
        }
        tapped.removeDeadNodes()
        var module = source.keeping(functions: [function])
        module.setFunction(tapped)
        module.removeUnusedConstants()
        self.module = module
        weights = Dictionary(named.map { ($0.name, $0.keys) }) { $1 }
    }

    private static func moments(_ x: ValueID, _ graph: inout Graph) throws -> ValueID {
        let shape = graph.type(of: x).shape
        guard let depth = shape.last else { throw GraphError("a layer's input has no dimension") }
        var rows = x
        if shape.count != 2 {
            let count = shape.dropLast().reduce(1, *)
            rows = try graph.add(Reshape([count, depth]), [x], name: "")[0]
        }
        return try graph.add(MatMul(transposeA: true), [rows, rows], name: "")[0]
    }
}
