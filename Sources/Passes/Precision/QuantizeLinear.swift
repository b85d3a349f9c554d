import IR

/// Dense layers in 8-bit integers.
///
///     x, @w: f32, b, g, r ─▶ fused_linear ─▶ y        ⟶        x, @w#i8: i8, @w#i8.scale, b, g, r ─▶ quantized_linear ─▶ y
///
/// Each output's weights are scaled by their largest magnitude; activations are rounded when they come.
public struct QuantizeLinear: Rule {
    public let name = "quantize-linear"
    public let documentation = "Rounds the weights of dense layers to 8 bits with a scale for each output, and their inputs for each token."
    public let promise = Promise.lossy
    public let anchors: Set<String>? = DenseLayer.anchors

    /// Magnitude of the largest integer: 127, or 64 for machines that multiply those faster.
    public let largest: Int

    public init(largest: Int = 127) { self.largest = largest }

    public func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let layer = DenseLayer(node, graph, module), let output = node.outputs.first, let x = node.inputs.first ?? nil,
            graph.type(of: x).dtype == .f32, layer.weights.allSatisfy({ fits($0.constant) }),
            node.inputs.dropFirst(1 + layer.weights.count).allSatisfy({ $0.map { graph.type(of: $0).dtype == .f32 } ?? true })
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let pairs = try layer.weights.map { try QuantizeLinear.quantized($0.constant, largest: largest, module, &patch) }
        let rest = node.inputs.dropFirst(1 + pairs.count)
        let operands = [x] + pairs.map(\.weight) + pairs.map(\.scale) + rest
        try patch.replace(output, by: replacement(node.op), operands, name: node.name)
        return patch
    }

    /// Depths that 32-bit sums of 8-bit products hold.
    private func fits(_ weight: Constant) -> Bool { (1...65536).contains(weight.type.shape.last?.value ?? 0) }

    private func replacement(_ op: any Operator) -> any Operator {
        switch op {
        case let gated as GatedLinear: QuantizedGatedLinear(activation: gated.activation)
        case let fused as FusedLinear: QuantizedLinear(activation: fused.activation)
        default: QuantizedLinear()
        }
    }

    /// Integers and scales [rows] of a weight, rows being its first dimension.
    static func quantized(
        _ weight: Constant, largest: Int, _ module: Module, _ patch: inout Patch
    ) throws -> (weight: ValueID?, scale: ValueID?) {
        let key = largest == 127 ? "\(weight.key)#i8" : "\(weight.key)#i8(\(largest))"
        if let known = module.constants[key], let scale = module.constants["\(key).scale"] {
            return (try patch.constant(known), try patch.constant(scale))
        }
        defer { weight.bytes?.evict() }
        guard let rows = QuantizedRows(weight, largest: largest) else { throw InferenceError("@\(weight.key) has no data") }
        return (
            try patch.constant(
                Constant(key: key, type: TensorType(.i8, weight.type.shape, quantization: .perChannel(axis: 0)), bytes: rows.integers.bytes)
            ),
            try patch.constant(Constant(key: "\(key).scale", rows.scales))
        )
    }
}

/// A weight with its rows, all that belongs to an index of the first dimension, scaled to integers of magnitude up to `largest`.
struct QuantizedRows {
    /// i8, shaped as the weight.
    let integers: Tensor
    /// f32 [rows]; a row is about integers · scale.
    let scales: Tensor

    init?(_ weight: Constant, largest: Int) {
        guard let tensor = weight.tensor, tensor.rank >= 2, tensor.dtype == .f32 else { return nil }
        let (rows, columns) = (tensor.shape[0], tensor.shape.dropFirst().reduce(1, *))
        let values = tensor.bytes.buffer.assumingMemoryBound(to: Float.self)
        var scales = [Float](repeating: 1, count: rows)
        integers = Tensor(.i8, tensor.shape) { memory in
            let target = memory.assumingMemoryBound(to: Int8.self)
            for row in 0..<rows {
                let source = UnsafeBufferPointer(rebasing: values[(row * columns)..<((row + 1) * columns)])
                let peak = source.reduce(0) { max($0, abs($1)) }
                if peak > 0 { scales[row] = peak / Float(largest) }
                // What is damaged shall not look sound.
                if !source.allSatisfy(\.isFinite) { scales[row] = .nan }
                QuantizedRows.round(source, by: 1 / scales[row], Float(largest), into: target.baseAddress.map { $0 + row * columns })
            }
        }
        self.scales = Tensor(scales, [rows])
    }

    private static func round(
        _ source: UnsafeBufferPointer<Float>, by factor: Float, _ largest: Float, into target: UnsafeMutablePointer<Int8>?
    ) {
        guard let target else { return }
        for column in source.indices {
            let level = (source[column] * factor).rounded(.toNearestOrEven)
            // The order of the comparisons makes a NaN 0, which a conversion would trap on.
            target[column] = Int8(level > -largest ? (level < largest ? level : largest) : level <= -largest ? -largest : 0)
        }
    }
}
