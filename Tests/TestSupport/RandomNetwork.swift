import IR

/// Random networks of named layers, and the same with one fault in one of them.
package struct RandomNetwork {
    /// What may be wrong with a layer.
    package enum Fault: String, CaseIterable, Sendable {
        case wrongAttribute, swappedOperands, lostBias, overlargeScale, notANumber, wrongOperator, wrongOperand, transposedWeight,
            negatedBias
    }

    private enum Kind: CaseIterable { case linear, norm, bend, difference, sum, softmax }

    private struct Layer {
        let kind: Kind
        let name: String
        /// Numbers of earlier values; 0 is the input.
        var operands: [Int]
        let weight: [Double]
        let bias: [Double]
        var fault: Fault?
    }

    private let width = 16
    private var layers: [Layer] = []

    /// - Parameter count: of layers.
    package init(seed: UInt64, layers count: Int = 14) {
        var random = SeededRandom(seed: seed)
        func numbers(_ count: Int, _ scale: Double) -> [Double] {
            (0..<count).map { _ in (Double.random(in: -1...1, using: &random) * scale * 4096).rounded() / 4096 }
        }
        for index in 1...count {
            let kind = index == 1 ? Kind.linear : Kind.allCases.randomElement(using: &random) ?? .linear
            // Every layer reads the one before, so that each counts.
            let second = index == 1 ? 0 : Int.random(in: 0..<(index - 1), using: &random)
            layers.append(
                Layer(
                    kind: kind, name: "layer\(index)", operands: [index - 1, second], weight: numbers(width * width, 0.6),
                    bias: numbers(width, 0.5)))
        }
    }

    /// The fault in a layer that can have it, or nil if none can.
    package func planting(_ fault: Fault, seed: UInt64) -> (network: RandomNetwork, node: String)? {
        var random = SeededRandom(seed: seed)
        guard let index = layers.indices.filter({ RandomNetwork.canHave(fault, layers[$0]) }).randomElement(using: &random) else {
            return nil
        }
        var made = self
        made.layers[index].fault = fault
        if fault == .wrongOperand { made.layers[index].operands[1] = index }
        return (made, layers[index].name)
    }

    private static func canHave(_ fault: Fault, _ layer: Layer) -> Bool {
        switch fault {
        case .wrongAttribute: layer.kind == .norm || layer.kind == .softmax
        case .swappedOperands: layer.kind == .difference
        case .lostBias, .overlargeScale, .notANumber, .transposedWeight, .negatedBias: layer.kind == .linear
        case .wrongOperator: layer.kind == .bend || layer.kind == .sum
        case .wrongOperand: (layer.kind == .sum || layer.kind == .difference) && layer.operands[0] != layer.operands[1]
        }
    }

    /// `main(%x: f32[n, 16]) -> (y: f32[n, 16])`
    package func module() throws -> Module {
        var module = Module(name: "network")
        var graph = Graph(name: "main")
        var values = [try graph.addInput("x", TensorType(.f32, [.symbol("n"), Dim(width)]))]
        for layer in layers { values.append(try add(layer, values, &graph, &module)) }
        try graph.addOutput("y", values[values.count - 1])
        module.setFunction(graph)
        try module.verify()
        return module
    }

    private func add(_ layer: Layer, _ values: [ValueID], _ graph: inout Graph, _ module: inout Module) throws -> ValueID {
        let (x, other) = (values[layer.operands[0]], values[layer.operands[1]])
        switch layer.kind {
        case .linear:
            var operands: [ValueID?] = [x, try constant("weight", weight(layer), [width, width], layer, &graph, &module)]
            if layer.fault != .lostBias {
                let bias = layer.fault == .negatedBias ? layer.bias.map { -$0 } : layer.bias
                operands.append(try constant("bias", bias, [width], layer, &graph, &module))
            }
            return try graph.apply(Linear(), operands, name: layer.name)
        case .norm:
            let weight = try constant("weight", layer.bias.map { $0 + 1 }, [width], layer, &graph, &module)
            return try graph.apply(LayerNorm(eps: layer.fault == .wrongAttribute ? 0.7 : 1e-6), [x, weight], name: layer.name)
        case .bend where layer.fault == .wrongOperator: return try graph.apply(Unary<Relu>(), [x], name: layer.name)
        case .bend: return try graph.apply(Unary<Gelu>(), [x], name: layer.name)
        case .difference:
            return try graph.apply(Binary<Sub>(), layer.fault == .swappedOperands ? [other, x] : [x, other], name: layer.name)
        case .sum where layer.fault == .wrongOperator: return try graph.apply(Binary<Mul>(), [x, other], name: layer.name)
        case .sum: return try graph.apply(Binary<Add>(), [x, other], name: layer.name)
        case .softmax: return try graph.apply(Softmax(axis: layer.fault == .wrongAttribute ? 0 : -1), [x], name: layer.name)
        }
    }

    private func weight(_ layer: Layer) -> [Double] {
        switch layer.fault {
        case .overlargeScale: layer.weight.map { $0 * 64 }
        case .notANumber: [.nan] + layer.weight.dropFirst()
        case .transposedWeight: layer.weight.indices.map { layer.weight[$0 % width * width + $0 / width] }
        default: layer.weight
        }
    }

    private func constant(
        _ name: String, _ values: [Double], _ shape: [Int], _ layer: Layer, _ graph: inout Graph, _ module: inout Module
    ) throws -> ValueID {
        let made = Constant(key: "\(layer.name).\(name)", Tensor(values, shape, as: .f32))
        module.setConstant(made)
        return try graph.constant(made.key, made.type)
    }
}
