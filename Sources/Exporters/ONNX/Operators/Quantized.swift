import Formats
import IR

extension ExportMapping {
    static let quantized: [ExportMapping] = [
        .one("quantized_linear") { node in
            let op = try node.op(QuantizedLinear.self)
            let product = try node.quantizedProduct(weight: 1, scale: 2, bias: 3, weightOnly: op.weightOnly)
            return try node.gatedAndAdded(try node.activation(op.activation, product, .f32), gate: 4, residual: 5, .f32)
        },
        .one("quantized_gated_linear") { node in
            let op = try node.op(QuantizedGatedLinear.self)
            let gate = try node.quantizedProduct(weight: 1, scale: 3, bias: 5, weightOnly: op.weightOnly)
            let up = try node.quantizedProduct(weight: 2, scale: 4, bias: 6, weightOnly: op.weightOnly)
            return node.emit("Mul", try node.activation(op.activation, gate, .f32), up)
        },
        .one("integer_linear") { node in
            let op = try node.op(IntegerLinear.self)
            let sums = try node.integerProduct(try node.input(0), zero: try node.optional(2), weight: 1)
            guard let xScale = try node.optional(IntegerLinear.xScale) else { return sums }
            let factor = node.emit("Mul", xScale, try node.input(IntegerLinear.xScale + 1))
            var y = node.emit("Mul", node.cast(sums, from: .i32, to: .f32), factor)
            if let bias = try node.optional(5) { y = node.emit("Add", y, bias) }
            return try node.gatedAndAdded(try node.activation(op.activation, y, .f32), gate: 6, residual: 7, .f32)
        },
        ExportMapping("dynamic_quantize", since: 11) { node in node.emit("DynamicQuantizeLinear", [try node.input(0)], [], outputs: 3) },
        .one("integer_conv") { node in try integerConv(node) },
        .one("quantized_conv") { node in
            let op = try node.op(QuantizedConv.self)
            let weight = node.emit("DequantizeLinear", [try node.input(1), try node.input(2)], [.int("axis", 0)])
            let product = try node.convolution(op.geometry, try node.input(0), weight, try node.optional(3), rank: try node.rank(0))
            return try node.gatedAndAdded(
                try node.activation(op.activation, product, .f32), gate: .max, residual: QuantizedConv.residual, .f32)
        },
    ]
}

extension ExportMapping {
    private static func integerConv(_ node: NodeExport) throws -> String {
        let (op, shape) = (try node.op(IntegerConv.self), try node.shape(1))
        let taps = Dim(op.kernel[0]) * Dim(op.kernel[1])
        let apart: [Dim] = [shape[0], Dim(op.kernel[0]), Dim(op.kernel[1]), shape[1].floorDivided(by: taps)]
        let own = op.geometry.spelled(2)
        let (levels, middle) = try node.unsignedWeight(1)
        let filter = node.transpose(try node.reshape(levels, shape, apart), [0, 3, 1, 2])
        let zero = try node.optional(2) ?? node.number(0, .u8)
        let attributes: [ONNXAttribute] = [
            .ints("strides", own.stride), .ints("pads", own.padding), .ints("dilations", own.dilation), .ints("kernel_shape", op.kernel),
        ]
        let sums = node.emit("ConvInteger", [try node.input(0), filter, zero, middle], attributes)
        func channels(_ value: String) throws -> String { try node.reshape(value, [shape[0]], [shape[0], 1, 1]) }
        let moved = try node.optional(IntegerConv.offset).map { node.emit("Add", sums, try channels($0)) } ?? sums
        guard let xScale = try node.optional(IntegerConv.xScale) else { return moved }
        let factor = node.emit("Mul", xScale, try channels(try node.input(IntegerConv.xScale + 1)))
        var y = node.emit("Mul", node.cast(moved, from: .i32, to: .f32), factor)
        if let bias = try node.optional(6) { y = node.emit("Add", y, try channels(bias)) }
        return try node.gatedAndAdded(
            try node.activation(op.activation, y, .f32), gate: .max, residual: IntegerConv.residual, .f32)
    }
}

extension NodeExport {
    /// The product of operand 0 with integer weights, plus a bias.
    fileprivate func quantizedProduct(weight: Int, scale: Int, bias: Int, weightOnly: Bool) throws -> String {
        let product = try weightOnly ? plainProduct(weight, scale) : roundedProduct(weight, scale)
        return try optional(bias).map { emit("Add", product, $0) } ?? product
    }

    /// Weights are widened (QDQ). Those of 4 bits have a scale for each run of 32 inputs, and need operator set 21.
    private func plainProduct(_ weight: Int, _ scale: Int) throws -> String {
        guard try dtype(weight) == .i4 else {
            let w = emit("DequantizeLinear", [try input(weight), try input(scale)], [.int("axis", 0)])
            return emit("MatMul", try input(0), transpose(w, [1, 0]))
        }
        let scales = transpose(try input(scale, as: .f32), [1, 0])
        let w = emit("DequantizeLinear", [try input(weight), scales], [.int("axis", 1), .int("block_size", 32)])
        return emit("MatMul", try input(0), transpose(w, [1, 0]))
    }

    /// Each row of x has a scale and a zero point of its own, as `QuantizedProduct` says; the product is one of integers. What the zero
    /// point adds to it is taken off again: zero · Σ weight.
    private func roundedProduct(_ weight: Int, _ scale: Int) throws -> String {
        let x = try input(0)
        let zero = number(0, .f32)
        let low = emit("Min", reduce("ReduceMin", x, [-1], keepDims: true), zero)
        let high = emit("Max", reduce("ReduceMax", x, [-1], keepDims: true), zero)
        let step = emit("Div", emit("Sub", high, low), number(255, .f32))
        let isTiny = emit("Less", step, number(Double(Float.leastNormalMagnitude), .f32))
        let rowScale = emit("Where", isTiny, number(1, .f32), step)
        let inverse = emit("Reciprocal", rowScale)
        let point = emit("Round", emit("Mul", emit("Neg", low), inverse))
        let levels = emit("Add", emit("Round", emit("Mul", x, inverse)), point)
        let q = emit("Cast", [emit("Clip", levels, zero, number(255, .f32))], [.int("to", DType.u8.onnxNumber)])
        let sum = try integerProduct(q, zero: nil, weight: weight)
        let columns = reduce("ReduceSum", cast(try input(weight), from: .i8, to: .i32), [1], keepDims: false, since: 13)
        let surplus = emit("Mul", cast(point, from: .f32, to: .i32), columns)
        let factor = emit("Mul", rowScale, try input(scale))
        return emit("Mul", cast(emit("Sub", sum, surplus), from: .i32, to: .f32), factor)
    }

    /// (x - zero)·weightᵀ in 32 bits. Weights from -128 to 127 become 0 to 255 with a zero point: products of u8 with i8 saturate in
    /// ONNX Runtime where the processor has no instruction for them, those of u8 with u8 do not.
    fileprivate func integerProduct(_ x: String, zero: String?, weight: Int) throws -> String {
        let (levels, middle) = try unsignedWeight(weight)
        return emit("MatMulInteger", x, transpose(levels, [1, 0]), zero ?? number(0, .u8), middle)
    }

    /// Operand `index` as u8, and its zero point.
    fileprivate func unsignedWeight(_ index: Int) throws -> (levels: String, zero: String) {
        let offset = emit("Add", cast(try input(index), from: .i8, to: .i32), number(128, .i32))
        return (cast(offset, from: .i32, to: .u8), number(128, .u8))
    }
}
