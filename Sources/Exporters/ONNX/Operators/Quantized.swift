import Formats
import IR

extension ExportMapping {
    static let quantized: [ExportMapping] = [
        .one("quantized_linear") { node in
            let op = try node.op(QuantizedLinear.self)
            let product = try node.quantizedProduct(weight: 1, scale: 2, bias: 3, zero: 6, weightOnly: op.weightOnly)
            return try node.gatedAndAdded(try node.activation(op.activation, product, .f32), gate: 4, residual: 5, .f32)
        },
        .one("quantized_gated_linear") { node in
            let op = try node.op(QuantizedGatedLinear.self)
            let gate = try node.quantizedProduct(weight: 1, scale: 3, bias: 5, zero: 7, weightOnly: op.weightOnly)
            let up = try node.quantizedProduct(weight: 2, scale: 4, bias: 6, zero: 8, weightOnly: op.weightOnly)
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
        ExportMapping("dynamic_quantize", since: 11) { node in
            let op = try node.op(DynamicQuantize.self)
            if op.isSymmetric {
                let rows = try node.symmetricRows()
                return [node.cast(rows.levels, from: .f32, to: .i8), rows.scale]
            }
            if op.perRow { return try node.quantizedRows() }
            return node.emit("DynamicQuantizeLinear", [try node.input(0)], [], outputs: 3)
        },
        .one("quantize", since: 13) { node in
            let op = try node.op(Quantize.self)
            let scale = try node.parameters(op.placement, of: op.to)
            let zero = try node.optional(2).map { try node.reshape($0, try node.shape(1), scale.shape) }
            let attributes = scale.attributes + (op.saturate ? [] : [.int("saturate", 0)])
            let levels = try zero ?? node.filled(scale.shape, 0, op.to)
            let factors = try node.reshape(try node.input(1), try node.shape(1), scale.shape)
            return node.emit("QuantizeLinear", [try node.input(0), factors, levels], attributes)
        },
        .one("dequantize", since: 13) { node in
            let op = try node.op(Dequantize.self)
            let scale = try node.parameters(op.placement, of: try node.dtype(0))
            let factors = try node.reshape(try node.input(1, as: .f32), try node.shape(1), scale.shape)
            let zero = try node.optional(2).map { try node.reshape($0, try node.shape(1), scale.shape) }
            let y = node.emit("DequantizeLinear", [try node.input(0), factors, zero].compactMap { $0 }, scale.attributes)
            return node.cast(y, from: .f32, to: op.to)
        },
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
    /// The shape that ONNX wants scale and zero point in, and what says where they belong.
    /// - Throws: ``ExportProblem`` for scales of several dimensions without blocks, and blocks before operator set 21.
    fileprivate func parameters(_ placement: ScalePlacement, of levels: DType) throws -> (shape: [Dim], attributes: [ONNXAttribute]) {
        let (x, scale) = (try type(0), try type(1))
        if levels.narrowFloat != nil || x.dtype.isFloat && x.dtype != .f32, opset < 19 {
            throw ExportProblem("levels of \(levels.rawValue) for \(x.dtype.rawValue) need operator set 19")
        }
        if levels.isInteger, ![8, 32].contains(levels.bits), opset < 21 {
            throw ExportProblem("levels of \(levels.rawValue) need operator set 21")
        }
        switch placement.quantization(x, scale) {
        case .perTensor: return ([], [])
        case .perChannel(let axis): return (scale.rank == 1 ? scale.shape : [x.shape[axis]], [.int("axis", axis)])
        case .perGroup(let axis, let size):
            guard opset >= 21 else { throw ExportProblem("scales of blocks need operator set 21") }
            return (scale.shape, [.int("axis", axis), .int("block_size", size)])
        case nil: throw ExportProblem("a scale of \(scale) for \(x) has no form in ONNX")
        }
    }

    /// The product of operand 0 with integer weights, plus a bias.
    fileprivate func quantizedProduct(weight: Int, scale: Int, bias: Int, zero: Int, weightOnly: Bool) throws -> String {
        let isGrouped = try dtype(weight) == .i4
        let product =
            if isGrouped { try groupedProduct(weight, scale, zero, weightOnly ? try input(0) : try roundedRows()) } else {
                try weightOnly ? plainProduct(weight, scale) : roundedProduct(weight, scale)
            }
        return try optional(bias).map { emit("Add", product, $0) } ?? product
    }

    /// Weights are widened (QDQ).
    private func plainProduct(_ weight: Int, _ scale: Int) throws -> String {
        let w = emit("DequantizeLinear", [try input(weight), try input(scale)], [.int("axis", 0)])
        return emit("MatMul", try input(0), transpose(w, [1, 0]))
    }

    /// Those of 4 bits have a scale for each group of inputs, and need operator set 21.
    private func groupedProduct(_ weight: Int, _ scale: Int, _ zero: Int, _ x: String) throws -> String {
        let (depth, count) = (try shape(weight)[1].value ?? 0, try shape(scale)[0].value ?? 0)
        guard opset >= 21, let size = QuantizedProduct.groupSize(depth, count) else {
            throw ExportProblem("weights of 4 bits need operator set 21")
        }
        let scales = transpose(try input(scale, as: .f32), [1, 0])
        var operands = [try input(weight), scales]
        if try optional(zero) != nil {
            let levels = emit("Sub", try input(zero, as: .i32), number(8, .i32))
            operands.append(cast(transpose(levels, [1, 0]), from: .i32, to: .i4))
        }
        let w = emit("DequantizeLinear", operands, [.int("axis", 1), .int("block_size", size)])
        return emit("MatMul", x, transpose(w, [1, 0]))
    }

    /// What the levels -127…127 of each row of operand 0 stand for.
    private func roundedRows() throws -> String {
        let rows = try symmetricRows()
        return emit("Mul", rows.levels, rows.scale)
    }

    /// Levels -127…127 of each row of operand 0, as f32, and their scales.
    fileprivate func symmetricRows() throws -> (levels: String, scale: String) {
        let x = try input(0)
        let step = emit("Div", reduce("ReduceMax", emit("Abs", x), [-1], keepDims: true), number(127, .f32))
        let isTiny = emit("Less", step, number(Double(Float.leastNormalMagnitude), .f32))
        let scale = emit("Where", isTiny, number(1, .f32), step)
        return (emit("Round", emit("Mul", x, emit("Reciprocal", scale))), scale)
    }

    /// Each row of x has a scale and a zero point of its own, as `QuantizedProduct` says; the product is one of integers. What the zero
    /// point adds to it is taken off again: zero · Σ weight.
    private func roundedProduct(_ weight: Int, _ scale: Int) throws -> String {
        let rows = try rowLevels()
        let sum = try integerProduct(rows.levels, zero: nil, weight: weight)
        let columns = reduce("ReduceSum", cast(try input(weight), from: .i8, to: .i32), [1], keepDims: false, since: 13)
        let surplus = emit("Mul", cast(rows.zero, from: .f32, to: .i32), columns)
        let factor = emit("Mul", rows.scale, try input(scale))
        return emit("Mul", cast(emit("Sub", sum, surplus), from: .i32, to: .f32), factor)
    }

    /// `dynamic_quantize` of rows.
    fileprivate func quantizedRows() throws -> [String] {
        let rows = try rowLevels()
        return [rows.levels, rows.scale, cast(rows.zero, from: .f32, to: .u8)]
    }

    /// Levels of operand 0 as u8, and scale and zero point of each row as f32.
    private func rowLevels() throws -> (levels: String, scale: String, zero: String) {
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
        return (q, rowScale, point)
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
