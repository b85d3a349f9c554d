import IR

/// Last resort for dtypes and ranks that no kernel covers: the operator's own `evaluate`. Slow, and the only step that allocates.
func lowerByEvaluation(_ node: Node, _ context: LoweringContext) throws {
    let operands = try node.inputs.indices.map { try context.optionalDense(node, $0) }
    let results = try node.outputs.indices.map { try context.result(node, $0) }
    guard let op = node.op as? any TensorOperator else { throw RuntimeError("\(node.opName) '\(node.name)' is no step of a segment") }
    let binding = context.binding
    context.emit("evaluate.\(node.opName)", operands + results) { memory in
        let tensors = operands.map { view in
            view.map { view in
                Tensor(view.dtype, view.sizes) { target in
                    target.copyMemory(from: UnsafeRawBufferPointer(start: memory.raw(view.ref), count: target.count))
                }
            }
        }
        do {
            for (view, tensor) in zip(results, try op.evaluate(tensors, binding)) {
                UnsafeMutableRawBufferPointer(start: memory.raw(view.ref), count: view.byteCount)
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: tensor.bytes.buffer.prefix(view.byteCount)))
            }
            return .done
        } catch { return .evaluationFailed("\(error)") }
    }
}
