import IR
import Passes

/// A function that gives, instead of its results, what its layers are given.
struct TappedFunction {
    enum Tap {
        /// The inputs of dense layers and convolutions as they are.
        case values
        /// Xᵀ · X of each dense layer's inputs X [rows, k]: the sum over rows of the products of two inputs.
        case moments
    }

    /// The function alone, and what it calls.
    let module: Module
    /// Keys of the weights by the name of the result that is theirs; those that share inputs share a result.
    let weights: [String: Set<String>]

    /// nil if no layer of the function has one of the weights `keys`.
    init?(_ source: Module, _ function: String, _ keys: Set<String>, _ tap: Tap = .moments) throws {
        guard let graph = source.function(function) else { return nil }
        var inputs: [(value: ValueID, keys: Set<String>)] = []
        for node in graph.nodes {
            guard let x = node.inputs.first ?? nil, graph.type(of: x).dtype == .f32 else { continue }
            let dense = DenseLayer(node, graph, source)?.weights.map(\.constant.key)
            let filter = tap == .values ? PrecisionPolicy.filter(of: node, graph, source).map { [$0.key] } : nil
            let own = Set(dense ?? filter ?? []).intersection(keys)
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
        for output in tapped.outputs where tap == .moments {
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
