import IR
import Runtime
import TestSupport
import Testing

/// How far a kernel may lie from `evaluate` (itself right to half an ulp): the promises of `Docs/kernels.md`, as one
/// tolerance for each element of each result. Zero where the bits are determined.
struct ErrorBound {
    let sample: OperatorSample
    let operands: [Tensor?]
    let expected: [Tensor]

    /// Half the distance between neighbouring floats, relative.
    static let unit = 0x1p-24

    func tolerances() throws -> [[Double]] {
        guard let first = expected.first, first.dtype.isFloat else { return exact }
        switch first.dtype {
        case .f64: return try double()
        case .f16, .bf16: return try half()
        default: break
        }
        switch sample.op {
        case let op as IntegerLinear where op.activation == .none: return exact
        case let op as IntegerConv where op.activation == .none: return exact
        case is any FusedOperator, is IntegerLinear, is IntegerConv, is Linear, is MatMul, is Conv: return try products(first)
        case let op as any RecurrentOperator: return recurrent(op)
        case is LayerNorm: return normalized(LayerNorm(eps: (sample.op as? LayerNorm)?.eps ?? 0), first, 1e-6)
        case is GroupNorm: return normalized(sample.op, first, 1e-5)
        case is RMSNorm: return relative(first, 1e-6)
        case is L2Normalize: return relative(first, 1e-6)
        case is Softmax: return relative(first, 2e-6)
        case is LogSoftmax: return uniform(first, 1e-6 * largest(first))
        case is ConvWeightGradient: return try [magnitudes { sample.op }.map { Double(largestCount) * ErrorBound.unit * $0 }]
        case is GroupNormGradient: return gradients()
        // Some weights are negative: the magnitudes of those that meet in one place add up to 10 or so, each within 16 units.
        case let op as ResizeGradient where op.resize.mode == .cubic:
            return uniform(first, 256 * ErrorBound.unit * largest(operands[0]))
        case is ResizeGradient: return try [magnitudes { sample.op }.map { 64 * ErrorBound.unit * $0 }]
        case let resize as Resize: return resize.mode == .nearest ? exact : uniform(first, 16 * 0x1p-23 * largest(operands[0]))
        default: return try elementwiseOrReduced(first)
        }
    }

    /// The same with operands and results as f32.
    private var widened: ErrorBound {
        func wide(_ tensor: Tensor) -> Tensor { tensor.dtype.isFloat ? Tensor(tensor.floats, tensor.shape) : tensor }
        return ErrorBound(sample: sample, operands: operands.map { $0.map(wide) }, expected: expected.map(wide))
    }

    /// That of f32, rounded once more where it is not exact.
    private func half() throws -> [[Double]] {
        try zip(widened.tolerances(), expected).map { tolerances, result in
            guard result.dtype.isFloat else { return tolerances }
            let (digits, least) = result.dtype == .f16 ? (10, -24) : (7, -133)
            return zip(tolerances, result.doubles).map { tolerance, value in
                tolerance == 0
                    ? 0
                    : tolerance
                        + Double(sign: .plus, exponent: max(value == 0 ? least : Int(value.exponent) - digits, least), significand: 1)
            }
        }
    }

    /// Formulas and orders of sums are those of `evaluate`; products add up in an order of their own.
    private func double() throws -> [[Double]] {
        guard sample.op is Linear || sample.op is MatMul else { return exact }
        return try widened.tolerances().map { $0.map { $0 * 0x1p-29 } }
    }

    private var exact: [[Double]] { expected.map { [Double](repeating: 0, count: $0.count) } }

    private func elementwiseOrReduced(_ y: Tensor) throws -> [[Double]] {
        let count = Double(max(operands.first??.count ?? 1, 1))
        switch sample.opName {
        case "reduce_sum", "reduce_mean", "cum_sum":
            return try [magnitudes { sample.op }.map { count * ErrorBound.unit * $0 }]
        case "reduce_prod": return relative(y, count * ErrorBound.unit)
        case "scatter_reduce":
            guard let reduction = (sample.op as? ScatterReduce)?.reduction, reduction == .add || reduction == .mul else { return exact }
            return try [magnitudes { sample.op }.map { 16 * ErrorBound.unit * $0 }]
        case "scatter_rows":
            guard (sample.op as? ScatterRows)?.add == true else { return exact }
            return try [magnitudes { sample.op }.map { 16 * ErrorBound.unit * $0 }]
        default: return ulps(y)
        }
    }

    /// The promise of the kernel table for elementwise functions: so many ulp, and for GELU an absolute bound below 0.
    private func ulps(_ y: Tensor) -> [[Double]] {
        let kernel = Machine.kernels.first { $0.name == "unary.\(sample.opName)" || $0.name == "binary.\(sample.opName)" }
        guard let kernel else { return exact }
        // The table calls rsqrt exact: the same bits everywhere, from two roundings.
        let promised = sample.opName == "rsqrt" ? 1.5 : Double(kernel.bound.prefix { $0 != " " }) ?? 0
        guard promised > 0 else { return exact }
        let arguments = operands.first??.doubles ?? []
        return [
            y.floats.enumerated().map { index, value in
                let spacing = Double(value.ulp) * (promised + 0.5)
                return sample.opName.hasPrefix("gelu") && arguments[index] < 0 ? max(spacing, 2e-7) : spacing
            }
        ]
    }

    private func relative(_ y: Tensor, _ share: Double) -> [[Double]] {
        [y.floats.map { max(share * Double(abs($0)), Double($0.ulp)) }]
    }

    /// Errors of a step's sums, of at most `depth × 2^-24` times what their products can add up to and a few more for the cell; gates and
    /// cells pass on at most what they get, in each step, but for peepholes. A state near the middle of two levels may be rounded to the
    /// other one, which moves a sum by a weight times a level.
    private func recurrent(_ op: any RecurrentOperator) -> [[Double]] {
        guard let weight = operands[RecurrentOperand.weight], let gates = operands[0] else { return [] }
        let (steps, hidden) = (Double(gates.shape[0]), Double(weight.shape[1]))
        let factor = op is LSTM && operands.count > LSTM.scaleOperand ? largest(operands[LSTM.scaleOperand]) : 1
        let most = largest(weight) * factor
        let sum = (hidden + 16) * (hidden * most + largest(gates) + 2) * ErrorBound.unit
        let flip = weight.dtype == .i8 ? 255 * factor * 2 / 255 : 0
        return expected.map { [Double](repeating: 2 * steps * (sum + flip), count: $0.count) }
    }

    /// Most elements of an operand.
    private var largestCount: Int { operands.compactMap { $0?.count }.max() ?? 1 }

    /// Shares of the largest gradient of x, and of what sums of all positions may come to.
    private func gradients() -> [[Double]] {
        let norm =
            (try? GroupNorm(groups: (sample.op as? GroupNormGradient)?.groups ?? 1, eps: 1e-5).evaluate([operands[0]], sample.binding))?
            .first
        let sums = 1.1 * largest(operands[1]) * (1 + largest(norm)) * Double(operands[1]?.count ?? 1) / Double(max(expected[1].count, 1))
        return [
            [Double](repeating: 1e-5 * largest(expected[0]), count: expected[0].count),
            [Double](repeating: 64 * ErrorBound.unit * sums, count: expected[1].count),
            [Double](repeating: 64 * ErrorBound.unit * sums, count: expected[2].count),
        ]
    }

    private func uniform(_ y: Tensor, _ tolerance: Double) -> [[Double]] { [[Double](repeating: tolerance, count: y.count)] }

    private func largest(_ tensor: Tensor?) -> Double { tensor?.doubles.map(abs).max() ?? 0 }

    /// A share of the largest normalised value, through scale, shift and SiLU (whose slope is at most 1.1).
    func normalized(_ plain: any TensorOperator, _ y: Tensor, _ share: Double) -> [[Double]] {
        let norm = (try? plain.evaluate([operands[0]], sample.binding))?.first
        func parameter(_ index: Int) -> Double { index < operands.count ? largest(operands[index]) : 0 }
        let hasWeight = operands.count > 1 && operands[1] != nil
        let affine = largest(norm) * (hasWeight ? parameter(1) : 1) + parameter(2)
        return uniform(y, 1.1 * share * (affine * (1 + parameter(3)) + parameter(4)))
    }

    /// The operator applied to the magnitudes of its float operands.
    private func magnitudes(_ op: () throws -> any TensorOperator) throws -> [Double] {
        let absolute = operands.map { $0.map { $0.dtype == .f32 ? Tensor($0.floats.map(abs), $0.shape) : $0 } }
        return try #require(try op().evaluate(absolute, sample.binding).first).doubles
    }
}

extension ErrorBound {
    /// `depth × 2^-24` of the sum of the products' magnitudes, carried through what is fused behind them.
    func products(_ y: Tensor) throws -> [[Double]] {
        switch sample.op {
        case let attention as Attention: return uniform(y, (attention.int8 ? 2e-2 : 1e-5) * largest(operands[2]))
        case let op as QuantizedLinear where op.weightOnly:
            return try widened(FusedLinear(activation: op.activation), weights: [1], scales: [2]).products(y)
        case let op as QuantizedGatedLinear where op.weightOnly:
            return try widened(GatedLinear(activation: op.activation), weights: [1, 2], scales: [3, 4]).products(y)
        case is QuantizedLinear, is QuantizedGatedLinear, is IntegerLinear, is IntegerConv:
            // Sums are integers; roundings of the activation and the epilogue are left, and those of what they cancel.
            let terms = operands.dropFirst(3).filter { $0?.dtype == .f32 }.reduce(1.0) { $0 + largest($1) }
            return [y.doubles.map { 1e-6 * (abs($0) + terms * terms) }]
        case let conv as QuantizedConv: return try widened(conv).products(y)
        case let norm as FusedGroupNorm: return normalized(GroupNorm(groups: norm.groups, eps: norm.eps), y, 1e-5)
        default: break
        }
        guard let weight = operands[1] else { return [] }
        let isConvolution = weight.rank == 4 && sample.opName.hasSuffix("conv")
        let depth = isConvolution ? weight.shape.dropFirst().reduce(1, *) : operands[0]?.shape.max() ?? 1
        // Activations have slopes below 1.2 and values of at most |z| + 1; the 1 comes in as part of the bias.
        let sum = try #require(try linearized().evaluate(absoluteOperands(weight), sample.binding).first)
        return [sum.doubles.map { 2.2 * Double(depth + 8) * ErrorBound.unit * $0 }]
    }

    /// The same convolution with the weights that its integers stand for.
    private func widened(_ conv: QuantizedConv) throws -> ErrorBound {
        let (weight, scale) = (try #require(operands[1]), try #require(operands[2]).doubles)
        let each = weight.count / scale.count
        let values = Tensor(weight.doubles.enumerated().map { $1 * scale[$0 / each] }, weight.shape, as: .f32)
        let inputs = [operands[0], values] + operands.dropFirst(3)
        let op = FusedConv(conv.geometry, activation: conv.activation)
        return ErrorBound(sample: OperatorSample(sample.name, op, inputs), operands: inputs, expected: expected)
    }

    /// The dense layer with the weights that its integers stand for; for i4 with what the kernel adds up, 15 times the scale at most.
    private func widened(_ op: any TensorOperator, weights: [Int], scales: [Int]) throws -> ErrorBound {
        let values = try zip(weights, scales).map { index, scale -> Tensor in
            let (weight, scale) = (try #require(operands[index]), try #require(operands[scale]))
            let (n, k, factors) = (weight.shape[0], weight.shape[1], scale.doubles)
            let size = scale.rank == 1 ? 1 : try #require(QuantizedProduct.groupSize(k, scale.shape[0]))
            let real = weight.doubles.enumerated().map { scale.rank == 1 ? $1 * factors[$0 / k] : 15 * factors[$0 % k / size * n + $0 / k] }
            return Tensor(real, weight.shape, as: .f32)
        }
        // Zero points stand last.
        let rest = operands.dropFirst(1 + 2 * values.count).filter { $0?.dtype != .u8 }
        let inputs = [operands[0]] + values + rest
        return ErrorBound(sample: OperatorSample(sample.name, op, inputs), operands: inputs, expected: expected)
    }

    private func linearized() -> any TensorOperator {
        switch sample.op {
        case is FusedLinear: FusedLinear(activation: .none)
        case is GatedLinear: GatedLinear(activation: .none)
        case let conv as FusedConv:
            FusedConv(
                stride: conv.geometry.stride, padding: conv.geometry.padding, dilation: conv.geometry.dilation,
                groups: conv.geometry.groups, activation: .none)
        default: sample.op
        }
    }

    private func absoluteOperands(_ weight: Tensor) -> [Tensor?] {
        var absolute = operands.map { $0.map { Tensor($0.floats.map(abs), $0.shape) } }
        let biases: [Int] =
            switch sample.op {
            case is FusedLinear, is FusedConv: [2]
            case is GatedLinear: [3, 4]
            default: []
            }
        for index in biases {
            while absolute.count <= index { absolute.append(nil) }
            let given = absolute[index]?.floats ?? [Float](repeating: 0, count: weight.shape[0])
            absolute[index] = Tensor(given.map { $0 + 1 }, [weight.shape[0]])
        }
        return absolute
    }
}

/// The first element of `actual` further from `expected` than its tolerance, in words; nil if there is none.
func mismatch(_ actual: Tensor, _ expected: Tensor, _ tolerances: [Double]) -> String? {
    guard actual.dtype == expected.dtype, actual.shape == expected.shape else {
        return "\(actual.type) where \(expected.type) is expected"
    }
    if !expected.dtype.isFloat { return actual == expected ? nil : "integers differ: \(actual.integers), not \(expected.integers)" }
    for (index, pair) in zip(actual.doubles, expected.doubles).enumerated() {
        if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { continue }
        if !(abs(pair.0 - pair.1) <= tolerances[index]) {
            return "element \(index) is \(pair.0), not \(pair.1); tolerance \(tolerances[index])"
        }
    }
    return nil
}
