import CKernels
import IR

extension MaxPool: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerPool(geometry, TK_POOL_MAX, node, context)
    }
}

extension AveragePool: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let kind = divisor == .inside ? TK_POOL_MEAN_INSIDE : divisor == .padded ? TK_POOL_MEAN_PADDED : TK_POOL_SUM
        try lowerPool(geometry, kind, node, context)
    }
}

private func lowerPool(_ windows: PoolGeometry, _ kind: tk_pool_kind, _ node: Node, _ context: LoweringContext) throws {
    guard try context.operand(node, 0).dtype == .f32 else { return try lowerByEvaluation(node, context) }
    let rank = windows.kernel.count
    var arguments = tk_pool_args()
    arguments.kind = kind
    func three(_ values: [Int], _ missing: Int) -> (Int, Int, Int) {
        let all = [Int](repeating: missing, count: 3 - rank) + values
        return (all[0], all[1], all[2])
    }
    arguments.kernel = three(windows.kernel, 1)
    arguments.stride = three(windows.stride, 1)
    arguments.dilation = three(windows.dilation, 1)
    arguments.before = three(Array(windows.padding[..<rank]), 0)
    arguments.behind = three(Array(windows.padding[rank...]), 0)
    let (x, y): (View, View)
    if node.hints.contains(.channelsLast), rank == 2 {
        let picture = try context.channelsLast(node, 0)
        (x, y) = (picture.view, try context.channelsLastResult(node, mayBeApart: true))
        guard let spacing = y.channelsLast else { throw RuntimeError("the result of \(node.opName) does not lie channels-last") }
        (arguments.ldx, arguments.x_image, arguments.ldy, arguments.y_image) = (picture.pixel, picture.image, spacing.pixel, spacing.image)
    } else {
        (x, y) = (try context.dense(node, 0), try context.result(node))
    }
    let (from, to) = (x.sizes, try context.sizes(of: node.outputs[0]))
    (arguments.batch, arguments.channels) = (to[0], to[1])
    arguments.in = three(Array(from[2...]), 1)
    arguments.out = three(Array(to[2...]), 1)
    let places = node.outputs.count > 1 ? try context.result(node, 1) : nil
    let (source, target, marks, template) = (x.ref, y.ref, places?.ref, arguments.boxed)
    context.emit("pool", [x, y, places]) { memory in
        var arguments = template.value
        arguments.x = UnsafePointer(memory.f32(source))
        arguments.y = memory.f32(target)
        arguments.indices = marks.map { memory.i64($0) }
        return Outcome(tk_pool(&arguments))
    }
}
