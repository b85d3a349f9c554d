import Formats
import IR

extension ExportMapping {
    /// With the operator set from which on axes are an input.
    private static let folds = [
        ("reduce_max", "ReduceMax", 18), ("reduce_min", "ReduceMin", 18), ("reduce_mean", "ReduceMean", 18),
        ("reduce_prod", "ReduceProd", 18), ("reduce_sum", "ReduceSum", 13),
    ]

    static let reductions: [ExportMapping] =
        folds.map { name, onnx, since in
            .one(name) { node in
                let (axes, keepDims) = try node.folded()
                if axes.isEmpty { return node.emit("Identity", try node.input(0)) }
                return node.reduce(onnx, try node.input(0), axes, keepDims: keepDims, since: since)
            }
        }
        + [("reduce_any", "ReduceMax"), ("reduce_all", "ReduceMin")].map { name, onnx in
            .one(name) { node in
                let (axes, keepDims) = try node.folded()
                if axes.isEmpty { return node.emit("Identity", try node.input(0)) }
                let folded = node.reduce(onnx, try node.input(0, as: .u8), axes, keepDims: keepDims)
                return node.cast(folded, from: .u8, to: .bool)
            }
        }
        + [("arg_max", "ArgMax"), ("arg_min", "ArgMin")].map { name, onnx in
            .one(name) { node in
                let fields = node.node.op.attributes
                guard case .int(let axis)? = fields["axis"] else { throw ExportProblem("it has no axis") }
                return node.emit(onnx, [try node.input(0)], [.int("axis", axis), .flag("keepdims", fields["keep_dims"] == .bool(true))])
            }
        } + [
            .one("cum_sum") { node in
                let op = try node.op(CumSum.self)
                let axis = node.scope.model.constant(Tensor(integers: [op.axis], []), "number")
                return node.emit(
                    "CumSum", [try node.input(0), axis], [.flag("exclusive", op.exclusive), .flag("reverse", op.reverse)])
            }
        ]
}

extension NodeExport {
    /// Axes of a reduction, whichever it is.
    fileprivate func folded() throws -> (axes: [Int], keepDims: Bool) {
        guard case .dims(let axes)? = node.op.attributes["axes"] else { throw ExportProblem("it has no axes") }
        return (axes.compactMap(\.value), node.op.attributes["keep_dims"] == .bool(true))
    }
}
