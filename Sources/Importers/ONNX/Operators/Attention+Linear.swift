import IR

/// Attention without softmax, whose keys and values are gathered in a state (`[b, h, d, e]`).
extension OperatorMapping {
    /// For each step, in f32: state ← exp(decay) · state + k ⊗ v', y = scale · q·state, where v' is v, or by the delta rule
    /// beta · (v - k·state).
    static func linearAttention(_ node: inout NodeImport) throws -> [ValueID?] {
        guard let heads = try node.int("q_num_heads"), let shared = try node.int("kv_num_heads") else {
            throw NodeProblem("q_num_heads and kv_num_heads are missing")
        }
        let rule = try node.string("update_rule", "gated_delta")
        guard ["linear", "gated", "delta", "gated_delta"].contains(rule) else { throw NodeProblem("update rule '\(rule)' is not known") }
        let dtype = node.dtype(try node.input(0))
        let q = try steps(&node, try node.input(0), heads, "query")
        let k = try steps(&node, try node.input(1), shared, "key")
        let v = try steps(&node, try node.input(2), shared, "value")
        var sequences = [q, k, v]
        if rule.hasPrefix("gated") { sequences.append(try steps(&node, try node.input(4), shared, "decay")) }
        if rule.hasSuffix("delta") {
            let beta = try node.input(5)
            let count = node.shape(beta).last?.value == 1 ? 1 : shared
            sequences.append(try steps(&node, beta, count, "beta"))
        }
        let (depth, width) = (node.shape(k)[3], node.shape(v)[3])
        let stateShape = [node.shape(k)[1], Dim(shared), depth, width]
        let past = node.optional(3)
        let state = try past.map { try node.cast($0, to: .f32) } ?? node.emit(Fill(shape: stateShape, value: .float(0), dtype: .f32))
        let scale = try node.float("scale", 0)
        let update = LinearAttentionStep(gated: rule.hasPrefix("gated"), delta: rule.hasSuffix("delta"))
        let types = ([state] + sequences).enumerated().map { index, value in
            let type = node.type(value)
            return index == 0 ? type : type.with(shape: Array(type.shape.dropFirst()))
        }
        let (body, captures) = try node.body(types) { node, values in try update.write(&node, values) }
        let scan = Scan(body: body, states: 1, axes: [Int](repeating: 0, count: sequences.count), partAxes: [0])
        let results = try node.add(scan, [state] + sequences + captures)
        var y = results[1]
        if scale != 0 {
            y = try node.binary(Mul.self, y, scale)
        } else {
            let size = try node.cast(try node.number(depth), to: .f32)
            y = try node.binary(Mul.self, y, try node.unary(Rsqrt.self, size))
        }
        // [t, b, h, e] to [b, t, h · e].
        let shape = node.shape(y)
        y = try node.reshape(try node.transpose(y, [1, 0, 2, 3]), [shape[1], shape[0], shape[2] * shape[3]])
        return [try node.cast(y, to: dtype), try node.cast(results[0], to: past.map { node.dtype($0) } ?? dtype)]
    }

    /// `[b, t, h · d]` as `[t, b, h, d]`, f32.
    private static func steps(_ node: inout NodeImport, _ x: ValueID, _ heads: Int, _ what: String) throws -> ValueID {
        let shape = node.shape(x)
        guard shape.count == 3 else { throw NodeProblem("\(what) must have 3 dimensions, not \(shape.count)") }
        let depth = try node.part(shape[2], of: heads, what)
        let wide = try node.cast(try node.reshape(x, [shape[0], shape[1], Dim(heads), depth]), to: .f32)
        return try node.transpose(wide, [1, 0, 2, 3])
    }
}

/// One step of ``OperatorMapping/linearAttention(_:)``.
private struct LinearAttentionStep {
    let gated, delta: Bool

    /// From state, q, k, v and, where there are such, decay and beta, to the new state and the step's result.
    func write(_ node: inout NodeImport, _ values: [ValueID]) throws -> [ValueID] {
        var (state, v) = (values[0], values[3])
        let k = values[2]
        if gated { state = try node.binary(Mul.self, state, try node.unsqueeze(try node.unary(Exp.self, values[4]), 3)) }
        if delta, let beta = values.last {
            let known = try node.squeeze(try node.emit(MatMul(), try node.unsqueeze(k, 2), state), 2)
            v = try node.binary(Mul.self, beta, try node.binary(Sub.self, v, known))
        }
        state = try node.binary(Add.self, state, try node.emit(MatMul(), try node.unsqueeze(k, 3), try node.unsqueeze(v, 2)))
        // Queries of one group read the same state: [b, g, h / g, d]·[b, g, d, e].
        let (shape, groups) = (node.shape(values[1]), node.shape(state)[1])
        let count = try node.part(shape[1], of: groups.value ?? 1, "query")
        let grouped = try node.reshape(values[1], [shape[0], groups, count, shape[2]])
        let read = try node.emit(MatMul(), grouped, state)
        return [state, try node.reshape(read, [shape[0], shape[1], node.shape(state)[3]])]
    }
}
