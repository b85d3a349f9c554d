import IR

/// Activation functions that configurations name.
enum ActivationName: String, CaseIterable {
    case silu = "SiLU"
    case gelu = "GELU"
    case relu = "ReLU"
    case tanh = "Tanh"

    var op: any Operator {
        switch self {
        case .silu: Unary<Silu>()
        case .gelu: Unary<Gelu>()
        case .relu: Unary<Relu>()
        case .tanh: Unary<Tanh>()
        }
    }
}

extension FunctionWriter {
    /// `prefix.weight` [outputs, inputs] and, if `bias`, `prefix.bias`.
    func linear(_ x: ValueID, _ prefix: String, _ inputs: Int, _ outputs: Int, bias: Bool) throws -> ValueID {
        let weight = try self.weight("\(prefix).weight", [outputs, inputs])
        let shift = bias ? try self.weight("\(prefix).bias", [outputs]) : nil
        return try apply(Linear(), x, weight, shift, name: prefix)
    }

    /// A convolution of kernel size 1, `prefix.weight` [outputs, inputs, 1, …], on the last dimension of `x`.
    func pointwise(_ x: ValueID, _ prefix: String, _ inputs: Int, _ outputs: Int, kernelRank: Int) throws -> ValueID {
        let ones = [Int?](repeating: 1, count: kernelRank)
        let kernel = try weight("\(prefix).weight", [outputs, inputs] + ones)
        let matrix = try reshape(kernel, [Dim(outputs), Dim(inputs)], name: "\(prefix).weight")
        return try apply(Linear(), x, matrix, try weight("\(prefix).bias", [outputs]), name: prefix)
    }

    /// A convolution with a square kernel and bias.
    func convolution(
        _ x: ValueID, _ prefix: String, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
        groups: Int = 1
    ) throws -> ValueID {
        let weight = try self.weight("\(prefix).weight", [outputs, inputs / groups, kernel, kernel])
        let bias = try self.weight("\(prefix).bias", [outputs])
        let op = Conv(
            stride: [stride, stride], padding: [padding, padding, padding, padding], groups: groups)
        return try apply(op, x, weight, bias, name: prefix)
    }

    /// Layer normalization with `prefix.weight`. Norms without a trained bias store a zero one or none at all.
    func layerNorm(_ x: ValueID, _ prefix: String, _ channels: Int, eps: Double, bias: Bool = true) throws -> ValueID {
        let weight = try self.weight("\(prefix).weight", [channels])
        let hasBias = bias || weights.has("\(prefix).bias")
        let shift = hasBias ? try self.weight("\(prefix).bias", [channels]) : nil
        return try apply(LayerNorm(eps: eps), x, weight, shift, name: prefix)
    }

    /// `[b, c, h, w]` → `[b, h·w, c]`
    func tokens(fromMap x: ValueID, name: String) throws -> ValueID {
        let s = shape(x)
        let flat = try reshape(x, [s[0], s[1], s[2] * s[3]], name: "\(name).flatten")
        return try transpose(flat, [0, 2, 1], name: "\(name).tokens")
    }

    /// `[b, h·w, c]` → `[b, c, h, w]`
    func map(fromTokens x: ValueID, _ height: Dim, _ width: Dim, name: String) throws -> ValueID {
        let s = shape(x)
        let turned = try transpose(x, [0, 2, 1], name: "\(name).channels")
        return try reshape(turned, [s[0], s[2], height, width], name: "\(name).map")
    }
}
