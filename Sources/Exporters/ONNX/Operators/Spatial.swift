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
        let op = try node.op(Resize.self)
        let isNearest = op.mode == .nearest
        let coordinates =
            op.alignCorners ? "align_corners" : op.coordinates == .asymmetric ? "asymmetric" : "half_pixel"
        var attributes: [ONNXAttribute] = [
            .text("mode", op.mode.rawValue), .text("coordinate_transformation_mode", coordinates),
        ]
        // ⌊(i + ½)·scale⌋ is the half-pixel place, rounded with halves upwards.
        if isNearest { attributes.append(.text("nearest_mode", op.coordinates == .asymmetric ? "floor" : "round_prefer_ceil")) }
        if op.mode == .cubic { attributes.append(.float("cubic_coeff_a", op.cubicCoefficient)) }
        let shape = try node.resultType().shape
        let isOpen = shape[..<2].contains { $0.value == nil }
        if node.opset >= 18, isOpen {
            attributes.append(.ints("axes", Array(2..<shape.count)))
            return node.emit("Resize", [try node.input(0), "", "", try node.sizes(op.size)], attributes)
        }
        return node.emit("Resize", [try node.input(0), "", "", try node.sizes(shape)], attributes)
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
