import CKernels
import IR
import Passes

extension IntegerConv: Lowerable {
    /// Pixels are rows of a dense layer; all lies channels-last.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        guard let packed = context.packedWeight(node, 1), try context.operand(node, 0).count > 0 else {
            return try lowerByEvaluation(node, context)
        }
        let x = try context.channelsLast(node, 0)
        let operands = try (2..<IntegerConv.residual).map { try context.optionalDense(node, $0) }
        let residual = try context.optional(node, IntegerConv.residual).map { _ in try context.densePicture(node, IntegerConv.residual) }
        let y = try context.channelsLastResult(node)
        let weight = context.view(of: PackedBytes(bytes: packed.bytes))
        var arguments = tk_integer_conv_args()
        let sizes = x.view.sizes
        (arguments.batch, arguments.channels, arguments.height, arguments.width) = (sizes[0], sizes[1], sizes[2], sizes[3])
        (arguments.ldx, arguments.x_image) = (x.pixel, x.image)
        (arguments.kernel_h, arguments.kernel_w) = (kernel[0], kernel[1])
        let own = geometry.spelled(2)
        (arguments.stride_h, arguments.stride_w) = (own.stride[0], own.stride[1])
        (arguments.pad_top, arguments.pad_left, arguments.pad_bottom, arguments.pad_right) = (
            own.padding[0], own.padding[1], own.padding[2], own.padding[3]
        )
        (arguments.dilation_h, arguments.dilation_w) = (own.dilation[0], own.dilation[1])
        (arguments.product.n, arguments.product.k, arguments.product.format) = (packed.rows, packed.columns, packed.format)
        (arguments.product.ldy, arguments.product.ldres) = (packed.rows, packed.rows)
        arguments.product.activation = activation.kernel
        let scratch = context.scratch(tk_integer_conv_scratch(&arguments, tk_max_threads()))
        emit(context, arguments, x.view, weight, operands, residual, y, scratch)
    }

    private func emit(
        _ context: LoweringContext, _ arguments: tk_integer_conv_args, _ x: View, _ weight: View, _ operands: [View?], _ residual: View?,
        _ y: View, _ scratch: View?
    ) {
        let (from, w, r, out, work, refs) = (x.ref, weight.ref, residual?.ref, y.ref, scratch?.ref, operands.map { $0?.ref })
        let (template, isScaled) = (arguments.boxed, operands[2] != nil)
        context.emit("integer_conv", [x, weight] + operands + [residual, y, scratch]) { memory in
            var arguments = template.value
            arguments.x = UnsafePointer(memory.u8(from))
            arguments.product.zero = refs[0].map { UnsafePointer(memory.u8($0)) }
            arguments.product.main.weight = UnsafeRawPointer(memory.raw(w))
            arguments.product.main.offset = refs[1].map { UnsafeRawPointer(memory.raw($0)).assumingMemoryBound(to: Int32.self) }
            if isScaled {
                arguments.product.level_scale = UnsafePointer(memory.f32(refs[2]))
                arguments.product.main.scale = UnsafePointer(memory.f32(refs[3]))
                arguments.product.main.bias = UnsafePointer(memory.f32(refs[4]))
                arguments.product.residual = UnsafePointer(memory.f32(r))
                arguments.product.y = memory.f32(out)
            } else {
                arguments.product.sums = memory.raw(out).assumingMemoryBound(to: Int32.self)
            }
            return Outcome(tk_integer_conv(&arguments, memory.raw(work)))
        }
    }
}
