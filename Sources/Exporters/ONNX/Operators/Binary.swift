import IR

extension ExportMapping {
    static let binary: [ExportMapping] =
        [("add", "Add"), ("sub", "Sub"), ("mul", "Mul"), ("div", "Div"), ("min", "Min"), ("max", "Max"), ("pow", "Pow")].map { name, onnx in
            .one(name) { node in node.emit(onnx, try node.input(0), try node.input(1)) }
        } + [
            .one("mod") { node in try mod(node) },
            .one("rem") { node in node.emit("Mod", [try node.input(0), try node.input(1)], [.int("fmod", 1)]) },
            .one("shift_left") { node in try shift(node, "LEFT") },
            .one("shift_right") { node in try shift(node, "RIGHT") },
        ]

    /// ONNX has the remainder with the divisor's sign for integers only.
    private static func mod(_ node: NodeExport) throws -> String {
        let (a, b, dtype) = (try node.input(0), try node.input(1), try node.dtype(0))
        guard dtype.isFloat else { return node.emit("Mod", a, b) }
        let remainder = node.emit("Mod", [a, b], [.int("fmod", 1)])
        let zero = node.number(0, dtype)
        let signsDiffer = node.emit("Xor", node.emit("Less", remainder, zero), node.emit("Less", b, zero))
        let isLeft = node.emit("And", signsDiffer, node.emit("Not", node.emit("Equal", remainder, zero)))
        return node.emit("Where", isLeft, node.emit("Add", remainder, b), remainder)
    }

    /// ONNX shifts unsigned integers. To the left the sign makes no difference; to the right a signed one is divided by 2ⁿ, downwards.
    private static func shift(_ node: NodeExport, _ direction: String) throws -> String {
        let (a, places, dtype) = (try node.input(0), try node.input(1), try node.dtype(0))
        let unsigned: [DType: DType] = [.i8: .u8, .i16: .u16, .i32: .u32, .i64: .u64]
        guard let own = unsigned[dtype] else { return node.emit("BitShift", [a, places], [.text("direction", direction)]) }
        if direction == "LEFT" {
            let operands = [node.cast(a, from: dtype, to: own), node.cast(places, from: dtype, to: own)]
            return node.cast(node.emit("BitShift", operands, [.text("direction", direction)]), from: own, to: dtype)
        }
        // 2ⁿ must be positive; further shifts leave the sign alone.
        let (zero, most) = (node.number(0, dtype), node.number(Double(dtype.bits - 2), dtype))
        let isFar = node.emit("Or", node.emit("Less", places, zero), node.emit("Greater", places, most))
        let count = node.cast(node.emit("Where", isFar, most, places), from: dtype, to: own)
        let power = node.emit("BitShift", [node.number(1, own), count], [.text("direction", "LEFT")])
        let divisor = node.cast(power, from: own, to: dtype)
        let quotient = node.emit("Div", node.emit("Sub", a, node.emit("Mod", a, divisor)), divisor)
        return node.emit("Where", isFar, node.emit("Where", node.emit("Less", a, zero), node.number(-1, dtype), zero), quotient)
    }

    static let selection: [ExportMapping] =
        [("lt", "Less"), ("le", "LessOrEqual"), ("gt", "Greater"), ("ge", "GreaterOrEqual")].map { name, onnx in
            .one(name) { node in try comparison(node, onnx) }
        }
        + [("and", "And"), ("or", "Or"), ("xor", "Xor")].map { name, onnx in
            .one(name) { node in node.emit(try node.bitwise(onnx), try node.input(0), try node.input(1)) }
        } + [
            .one("eq") { node in try equal(node) },
            .one("ne") { node in node.emit("Not", try equal(node)) },
            .one("where") { node in node.emit("Where", try node.input(0), try node.input(1), try node.input(2)) },
        ]

    /// Truth values have no order in ONNX; they count as 0 and 1 here.
    private static func comparison(_ node: NodeExport, _ onnx: String) throws -> String {
        let dtype: DType = try node.dtype(0) == .bool ? .u8 : try node.dtype(0)
        return node.emit(onnx, try node.input(0, as: dtype), try node.input(1, as: dtype))
    }

    private static func equal(_ node: NodeExport) throws -> String {
        if try node.dtype(0) == .string, node.opset < 19 { throw ExportProblem("strings are compared from operator set 19 on") }
        return node.emit("Equal", try node.input(0), try node.input(1))
    }
}

extension NodeExport {
    /// The operator for truth values, or that for the bits of integers.
    func bitwise(_ onnx: String) throws -> String {
        if try dtype(0) == .bool { return onnx }
        guard opset >= 18 else { throw ExportProblem("Bitwise\(onnx) needs operator set 18") }
        return "Bitwise\(onnx)"
    }
}
