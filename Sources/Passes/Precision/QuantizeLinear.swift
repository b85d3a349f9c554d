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

    /// Which integers weights are rounded to.
    public enum Range: Sendable {
        /// -127...127.
        case full
        /// -64...64 and, of the four weights whose products with u8 meet in 16 bits (inputs 0, 1, 4, 5 and 2, 3, 6, 7 of every
        /// aligned eight), those of one sign add up to 128 at most. Machines without VNNI multiply these faster.
        case half
    }

    public let range: Range

    public init(range: Range = .full) { self.range = range }

    public func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let layer = DenseLayer(node, graph, module), let output = node.outputs.first, let x = node.inputs.first ?? nil,
            graph.type(of: x).dtype == .f32, layer.weights.allSatisfy({ fits($0.constant) }),
            node.inputs.dropFirst(1 + layer.weights.count).allSatisfy({ $0.map { graph.type(of: $0).dtype == .f32 } ?? true })
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let pairs = try layer.weights.map { try QuantizeLinear.quantized($0.constant, range: range, module, &patch) }
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
        _ weight: Constant, range: Range, _ module: Module, _ patch: inout Patch
    ) throws -> (weight: ValueID?, scale: ValueID?) {
        let key = "\(weight.key)#i8\(range == .half ? "(half)" : "")"
        if let known = module.constants[key], let scale = module.constants["\(key).scale"] {
            return (try patch.constant(known), try patch.constant(scale))
        }
        defer { weight.bytes?.evict() }
        guard let rows = QuantizedRows(weight, range) else { throw InferenceError("@\(weight.key) has no data") }
        return (
            try patch.constant(
                Constant(key: key, type: TensorType(.i8, weight.type.shape, quantization: .perChannel(axis: 0)), bytes: rows.integers.bytes)
            ),
            try patch.constant(Constant(key: "\(key).scale", rows.scales))
        )
    }
}

/// A weight with its rows, all that belongs to an index of the first dimension, scaled to integers of a range.
struct QuantizedRows {
    /// i8, shaped as the weight.
    let integers: Tensor
    /// f32 [rows]; a row is about integers · scale.
    let scales: Tensor

    init?(_ weight: Constant, _ range: QuantizeLinear.Range) {
        guard let tensor = weight.tensor, tensor.rank >= 2, tensor.dtype == .f32 else { return nil }
        let (rows, columns) = (tensor.shape[0], tensor.shape.dropFirst().reduce(1, *))
        let values = tensor.bytes.buffer.assumingMemoryBound(to: Float.self)
        var scales = [Float](repeating: 1, count: rows)
        integers = Tensor(.i8, tensor.shape) { memory in
            let target = memory.assumingMemoryBound(to: Int8.self)
            for row in 0..<rows {
                let source = UnsafeBufferPointer(rebasing: values[(row * columns)..<((row + 1) * columns)])
                let step = QuantizedRows.step(source, range)
                if step > 0 { scales[row] = step }
                // What is damaged shall not look sound.
                if !source.allSatisfy(\.isFinite) { scales[row] = .nan }
                QuantizedRows.round(
                    source, by: 1 / scales[row], range == .half ? 64 : 127, into: target.baseAddress.map { $0 + row * columns })
            }
        }
        self.scales = Tensor(scales, [rows])
    }

    /// What one integer of a row stands for; 0 for a row of zeros.
    private static func step(_ row: UnsafeBufferPointer<Float>, _ range: QuantizeLinear.Range) -> Float {
        let peak = row.reduce(0) { max($0, abs($1)) }
        // Rounding adds half a step to each of four weights: 126 steps are 128 integers at most.
        return range == .full ? peak / 127 : max(peak / 64, largestSum(row) / 126)
    }

    /// The largest sum, in magnitude, of the weights of one sign among four whose products meet (`Range.half`).
    private static func largestSum(_ row: UnsafeBufferPointer<Float>) -> Float {
        var largest: Float = 0
        for start in stride(from: 0, to: row.count, by: 8) {
            var (positive, negative) = (SIMD2<Float>.zero, SIMD2<Float>.zero)
            for index in start..<min(start + 8, row.count) {
                positive[index / 2 % 2] += max(row[index], 0)
                negative[index / 2 % 2] -= min(row[index], 0)
            }
            largest = max(largest, positive.max(), negative.max())
        }
        return largest
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
