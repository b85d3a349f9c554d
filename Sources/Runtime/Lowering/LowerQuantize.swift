import CKernels
import IR
import Passes

extension Quantize: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let types = node.inputs.prefix(2).compactMap { $0.map { context.graph.type(of: $0) } }
        guard types.count == 2, KernelQuantize.takes(self, types[0], types[1]) else { return try lowerByEvaluation(node, context) }
        let isPicture = node.hints.contains(.channelsLast)
        let x = try isPicture ? context.densePicture(node, 0) : context.dense(node, 0)
        let (scale, zero) = (try context.dense(node, 1), try context.optionalDense(node, 2))
        let y = try isPicture ? context.channelsLastResult(node) : context.result(node, 0)
        let (from, out, step, origin, count) = (x.ref, y.ref, scale.ref, zero?.ref, x.count)
        context.emit("quantize", [x, scale, zero, y].compactMap { $0 }) { memory in
            let level = origin.map { Float(memory.u8($0).pointee) } ?? 0
            return Outcome(tk_quantize(memory.f32(from), memory.f32(step).pointee, level, memory.u8(out), count))
        }
    }
}

extension Dequantize: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerByEvaluation(node, context) }
}

extension DynamicQuantize: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        if perRow { return try lowerByEvaluation(node, context) }
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
