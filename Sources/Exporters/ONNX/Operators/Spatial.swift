import Formats
import IR

extension ExportMapping {
    static let convolution: [ExportMapping] = [
        .one("conv") { node in
            let dtype = try node.dtype(0)
            return try node.convolution(
                try node.op(Conv.self).geometry, try node.input(0), try node.input(1, as: dtype), try node.optional(2, as: dtype),
                rank: try node.rank(0))
        },
        .one("fused_conv") { node in
            let (op, dtype) = (try node.op(FusedConv.self), try node.dtype(0))
            let product = try node.convolution(
                op.geometry, try node.input(0), try node.input(1, as: dtype), try node.optional(2, as: dtype), rank: try node.rank(0))
            return try node.gatedAndAdded(
                try node.activation(op.activation, product, dtype), gate: .max, residual: FusedConv.residual, dtype)
        },
        .one("pixel_shuffle") { node in
            node.emit(
                "DepthToSpace", [try node.input(0)],
                [.int("blocksize", try node.op(PixelShuffle.self).factor), .text("mode", "CRD")])
        },
        .one("pixel_unshuffle") { node in try pixelUnshuffle(node) },
    ]

    /// SpaceToDepth orders channels differently.
    private static func pixelUnshuffle(_ node: NodeExport) throws -> String {
        let (r, old, new) = (try node.op(PixelUnshuffle.self).factor, try node.shape(0), try node.resultType().shape)
        let cut: [Dim] = [old[0], old[1], new[2], Dim(r), new[3], Dim(r)]
        let blocks = node.transpose(try node.reshape(try node.input(0), old, cut), [0, 1, 3, 5, 2, 4])
        return try node.reshape(blocks, [old[0], old[1], Dim(r), Dim(r), new[2], new[3]], new)
    }

    static let resizing: [ExportMapping] = [.one("resize") { node in try resize(node) }]

    private static func resize(_ node: NodeExport) throws -> String {
        let (op, shape) = (try node.op(Resize.self), try node.resultType().shape)
        let (details, rank) = (op.details, shape.count)
        if op.coordinates == .symmetric, node.opset < 19 { throw ExportProblem("half_pixel_symmetric needs operator set 19") }
        if details.antialias, node.opset < 18 { throw ExportProblem("antialias needs operator set 18") }
        var attributes: [ONNXAttribute] = [
            .text("mode", op.mode.rawValue),
            .text("coordinate_transformation_mode", op.alignCorners ? "align_corners" : op.coordinates.rawValue),
        ]
        if op.mode == .nearest {
            // ⌊(i + ½)·scale⌋ is the half-pixel place, rounded with halves upwards.
            let usual = op.coordinates == .asymmetric ? "floor" : "round_prefer_ceil"
            attributes.append(.text("nearest_mode", details.rounding?.rawValue ?? usual))
        }
        if op.mode == .cubic { attributes.append(.float("cubic_coeff_a", op.cubicCoefficient)) }
        if details.excludeOutside { attributes.append(.int("exclude_outside", 1)) }
        if details.antialias { attributes.append(.int("antialias", 1)) }
        let half = details.roi.count / 2
        let roi = details.roi.isEmpty ? "" : node.floats([0, 0] + details.roi[..<half] + [1, 1] + details.roi[half...])
        let x = try node.input(0)
        if !details.scales.isEmpty {
            let old = try node.shape(0)
            for (axis, scale) in details.scales.enumerated() {
                guard let size = old[axis + 2].value, let new = shape[axis + 2].value else { continue }
                // ONNX takes scales or sizes; scales alone give these sizes.
                guard Int(Double(size) * Double(Float(scale))) == new else { throw ExportProblem("its scales do not give its sizes") }
            }
        }
        if !details.scales.isEmpty { return node.emit("Resize", [x, roi, node.floats([1, 1] + details.scales)], attributes) }
        // The sizes in front stay, and need not be computed where they may be left out.
        guard node.opset >= 18, roi.isEmpty, shape[..<2].contains(where: { $0.value == nil }) else {
            return node.emit("Resize", [x, roi, "", try node.sizes(shape)], attributes)
        }
        return node.emit("Resize", [x, "", "", try node.sizes(op.size)], attributes + [.ints("axes", Array(2..<rank))])
    }
}

extension NodeExport {
    /// Operands of one element type; `rank` of x.
    func convolution(_ geometry: ConvGeometry, _ x: String, _ weight: String, _ bias: String?, rank: Int) throws -> String {
        let own = geometry.spelled(rank - 2)
        var attributes: [ONNXAttribute] = [
            .ints("strides", own.stride), .ints("pads", own.padding), .ints("dilations", own.dilation), .int("group", geometry.groups),
        ]
        if let taps = try? shape(1).dropFirst(2).compactMap(\.value), taps.count == rank - 2 {
            attributes.append(.ints("kernel_shape", Array(taps)))
        }
        return emit("Conv", [x, weight] + (bias.map { [$0] } ?? []), attributes)
    }
}
