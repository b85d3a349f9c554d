import Formats
import IR

extension ExportMapping {
    static let pooling: [ExportMapping] = [
        ExportMapping("max_pool") { node in
            let op = try node.op(MaxPool.self)
            let attributes = try node.windows(op.geometry, countsPadding: false) + [.ints("dilations", op.geometry.dilation)]
            let (dtype, own) = (try node.dtype(0), try node.poolType())
            let results = node.emit("MaxPool", [try node.input(0, as: own)], attributes, outputs: op.indices ? 2 : 1)
            return [node.cast(results[0], from: own, to: dtype)] + results.dropFirst()
        },
        .one("average_pool") { node in try averagePool(node) },
        .one("max_roi_pool") { node in
            let op = try node.op(MaxRoiPool.self)
            return node.emit(
                "MaxRoiPool", [try node.input(0), try node.input(1)],
                [.ints("pooled_shape", op.size), .float("spatial_scale", op.scale)])
        },
        .one("roi_align") { node in
            let op = try node.op(RoiAlign.self)
            return node.emit(
                "RoiAlign", [try node.input(0), try node.input(1), try node.input(2, as: .i64)],
                [
                    .int("output_height", op.size[0]), .int("output_width", op.size[1]), .float("spatial_scale", op.scale),
                    .int("sampling_ratio", op.samples), .text("mode", op.mode == .average ? "avg" : "max"),
                    .text("coordinate_transformation_mode", op.halfPixel ? "half_pixel" : "output_half_pixel"),
                ])
        },
        .one("non_max_suppression") { node in
            let most = try node.optional(2, as: .i64) ?? ""
            return node.emit(
                "NonMaxSuppression",
                [try node.input(0, as: .f32), try node.input(1, as: .f32), most] + [
                    try node.optional(3, as: .f32) ?? "", try node.optional(4, as: .f32) ?? "",
                ], [.flag("center_point_box", try node.op(NonMaxSuppression.self).centered)])
        },
        .one("sample") { node in try sample(node) },
    ]

    private static func averagePool(_ node: NodeExport) throws -> String {
        let op = try node.op(AveragePool.self)
        var attributes = try node.windows(op.geometry, countsPadding: op.divisor != .inside)
        if op.geometry.dilation.contains(where: { $0 != 1 }) {
            guard node.opset >= 19 else { throw ExportProblem("dilations of AveragePool need operator set 19") }
            attributes.append(.ints("dilations", op.geometry.dilation))
        }
        if op.divisor != .inside { attributes.append(.int("count_include_pad", 1)) }
        let mean = node.emit("AveragePool", [try node.input(0)], attributes)
        guard op.divisor == .none else { return mean }
        guard !op.geometry.ceil else { throw ExportProblem("ONNX has no sums of windows that are not full") }
        return node.emit("Mul", mean, node.number(Double(op.geometry.kernel.reduce(1, saturatingMultiply)), try node.dtype(0)))
    }

    /// Places are counted in pixels here, from -1 to 1 in ONNX: with `align_corners` between the centres of the outermost pixels,
    /// 2p / (size - 1) - 1, else between their outer edges, (2p + 1) / size - 1.
    private static func sample(_ node: NodeExport) throws -> String {
        let (op, x, places) = (try node.op(Sample.self), try node.shape(0), try node.shape(1))
        let rank = x.count - 2
        guard rank == 2 || node.opset >= 20 else { throw ExportProblem("GridSample takes pictures alone before operator set 20") }
        let isMirror = op.outside == .mirror
        let dtype = try node.dtype(1)
        let size = node.cast(try node.sizes(Array(x[2...])), from: .i64, to: dtype)
        let doubled = node.emit("Mul", try node.input(1), node.number(2, dtype))
        let (shifted, extent) =
            isMirror ? (doubled, node.emit("Sub", size, node.number(1, dtype))) : (node.emit("Add", doubled, node.number(1, dtype)), size)
        let unit = node.emit("Sub", node.emit("Div", shifted, extent), node.number(1, dtype))
        var grid = node.emit("Gather", [unit, node.ints(Array((0..<rank).reversed()))], [.int("axis", -1)])
        let spread = [places[0], places[1..<(places.count - 1)].reduce(1, *)] + [Dim](repeating: 1, count: rank - 1) + [Dim(rank)]
        let isPlain = places.count == rank + 2
        if !isPlain { grid = try node.reshape(grid, places, spread) }
        let modes: [Sample.Mode: String] =
            node.opset >= 20
            ? [.nearest: "nearest", .linear: "linear", .cubic: "cubic"]
            : [.nearest: "nearest", .linear: "bilinear", .cubic: "bicubic"]
        let outside: [Sample.Outside: String] = [.zeros: "zeros", .border: "border", .reflect: "reflection", .mirror: "reflection"]
        let y = node.emit(
            "GridSample", [try node.input(0), grid],
            [
                .text("mode", modes[op.mode] ?? ""), .text("padding_mode", outside[op.outside] ?? ""), .flag("align_corners", isMirror),
            ])
        return isPlain ? y : try node.reshape(y, Array(x[..<2]) + spread[1...rank], try node.resultType().shape)
    }
}

extension NodeExport {
    /// ONNX has maxima of floats and bytes; a float holds other integers as far as it is wide enough.
    fileprivate func poolType() throws -> DType {
        let dtype = try dtype(0)
        if dtype.isFloat || dtype.bits == 8 { return dtype }
        guard dtype.bits <= 32 else { throw ExportProblem("ONNX has no maxima of windows of \(dtype.rawValue)") }
        return dtype.bits < 32 ? .f32 : .f64
    }

    /// Attributes that all pools have. Versions of the standard differ in which windows that are not full count; where padding does not
    /// count and sizes are known, more padding behind says it plainly.
    fileprivate func windows(_ geometry: PoolGeometry, countsPadding: Bool) throws -> [ONNXAttribute] {
        var (padding, ceil) = (geometry.padding, geometry.ceil)
        if ceil, !countsPadding, let behind = try paddingBehind(geometry) {
            (padding, ceil) = (Array(padding.prefix(geometry.kernel.count)) + behind, false)
        }
        var attributes: [ONNXAttribute] = [
            .ints("kernel_shape", geometry.kernel), .ints("strides", geometry.stride), .ints("pads", padding),
        ]
        if ceil { attributes.append(.int("ceil_mode", 1)) }
        return attributes
    }

    /// What the last windows need behind each dimension; nil if that is not known, or as much as a window.
    private func paddingBehind(_ geometry: PoolGeometry) throws -> [Int]? {
        let (old, new) = (try shape(0).dropFirst(2).compactMap(\.value), try resultType().shape.dropFirst(2).compactMap(\.value))
        let axes = geometry.kernel.indices
        guard old.count == axes.count, new.count == axes.count else { return nil }
        let behind = axes.map { axis -> Int in
            let reach = geometry.dilation[axis] * (geometry.kernel[axis] - 1) + 1
            return max((new[axis] - 1) * geometry.stride[axis] + reach - old[axis] - geometry.padding[axis], 0)
        }
        return axes.allSatisfy { behind[$0] < geometry.kernel[$0] } ? behind : nil
    }
}
