import Formats
import IR

extension ExportMapping {
    static let sources: [ExportMapping] = [
        .one("fill") { node in
            let op = try node.op(Fill.self)
            return node.emit("ConstantOfShape", [try node.sizes(op.shape)], [.tensor("value", op.value.tensor(op.dtype))])
        },
        .one("iota") { node in
            let op = try node.op(Iota.self)
            return try node.iota(from: Dim(op.start), count: op.size)
        },
        .one("random") { node in try random(node) },
    ]

    private static func random(_ node: NodeExport) throws -> String {
        let op = try node.op(Random.self)
        let isUniform = op.distribution == .uniform
        var attributes: [ONNXAttribute] = [
            .float(isUniform ? "low" : "mean", op.a), .float(isUniform ? "high" : "scale", op.b), .int("dtype", op.type.dtype.onnxNumber),
        ]
        if let seed = op.seed { attributes.append(.float("seed", Double(seed))) }
        let name = isUniform ? "RandomUniform" : "RandomNormal"
        if let shape = op.type.staticShape { return node.emit(name, [], attributes + [.ints("shape", shape)]) }
        return node.emit("\(name)Like", [try node.filled(op.type.shape, 0.0, op.type.dtype)], attributes)
    }
}

extension NodeExport {
    /// i64[count] that counts up.
    func iota(from start: Dim, count: Dim) throws -> String {
        if let first = start.value, let size = count.value, size <= 1 << 12 {
            return scope.model.constant(Tensor(integers: (0..<max(size, 0)).map { first &+ $0 }, [max(size, 0)]), "range")
        }
        let step = scope.model.constant(Tensor(integers: [1], []), "number")
        return emit("Range", try scope.scalarSize(start), try scope.scalarSize(start + count), step)
    }
}
