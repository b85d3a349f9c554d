import CKernels
import IR

extension DynamicQuantize: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let isPicture = node.hints.contains(.channelsLast)
        let x = try isPicture ? context.densePicture(node, 0) : context.dense(node, 0)
        let y = try isPicture ? context.channelsLastResult(node) : context.result(node, 0)
        let (scale, zero) = (try context.result(node, 1), try context.result(node, 2))
        let (from, out, step, origin, count) = (x.ref, y.ref, scale.ref, zero.ref, x.count)
        context.emit("dynamic_quantize", [x, y, scale, zero]) { memory in
            Outcome(tk_dynamic_quantize(memory.f32(from), memory.u8(out), memory.f32(step), memory.u8(origin), count))
        }
    }
}
