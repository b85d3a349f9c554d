import CKernels
import IR
import Passes

extension LoweringContext {
    /// Whether `node` doubles a picture for one convolution alone, whose kernel reads each pixel twice in both directions instead;
    /// the result is then defined as the small picture.
    func isGathered(_ node: Node) -> Bool {
        guard graph.doublesForConv(node), let x = node.inputs.first ?? nil, let y = node.outputs.first,
            let small = try? sizes(of: x), let large = try? sizes(of: y), !small.contains(0)
        else { return false }
        return large[2] == 2 * small[2] && large[3] == 2 * small[3]
    }
}

extension Resize: Lowerable {
    /// Positions and weights along each axis are worked out once per size; the kernel only gathers.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        // Pictures alone: lowering has made pictures of sequences; volumes have no kernel.
        guard try context.operand(node, 0).rank == 4 else { return try lowerByEvaluation(node, context) }
        if context.isGathered(node) { return context.define(node, as: try context.operand(node, 0)) }
        let target = try context.sizes(of: node.outputs[0])
        if try copiesBlocks(node, context, target) { return }
        let x = try context.dense(node, 0)
        // What is empty, evaluation refuses in words.
        guard x.sizes[2] > 0, x.sizes[3] > 0 else { return try lowerByEvaluation(node, context) }
        if x.sizes == target && keepsEqualSizes { return context.define(node, as: x) }
        let rows = taps(from: x.sizes[2], to: target[2])
        let columns = taps(from: x.sizes[3], to: target[3], axis: 1)
        guard x.dtype.isFloat || mode == .nearest && coordinates != .cropped,
            x.dtype != .f64 || rows.tapsPerPosition == columns.tapsPerPosition || mode == .nearest
        else { return try lowerByEvaluation(node, context) }
        let y = try context.result(node)
        // What lies outside a region is 0: a weight.
        if mode == .nearest && coordinates != .cropped { return nearest(context, x, y, rows, columns) }
        if x.dtype == .f64 { return weighted(context, x, y, rows, columns) }
        if x.dtype == .f32 { return separable(context, x, y, rows, columns) }
        let wide = context.allocate(.f32, y.sizes)
        separable(context, context.widened(x), wide, rows, columns)
        context.cast(wide, to: y)
    }

    /// Channels-last pictures enlarged by whole factors: each pixel is copied into a block. False for anything else.
    private func copiesBlocks(_ node: Node, _ context: LoweringContext, _ target: [Int]) throws -> Bool {
        let x = try context.operand(node, 0)
        guard node.hints.contains(.channelsLast), x.channelsLast != nil, x.count > 0, target[2] % x.sizes[2] == 0,
            target[3] % x.sizes[3] == 0
        else {
            return false
        }
        let (rows, columns) = (target[2] / x.sizes[2], target[3] / x.sizes[3])
        let y = try context.channelsLastResult(node, mayBeApart: true)
        let blocks = [x.sizes[0], x.sizes[2], rows, x.sizes[3], columns, x.sizes[1]]
        guard let into = y.channelsMovedLast.reshaped(to: blocks),
            let pixels = x.channelsMovedLast.reshaped(to: [blocks[0], blocks[1], 1, blocks[3], 1, blocks[5]])
        else { throw RuntimeError("\(x.sizes) cannot be enlarged to \(target)") }
        try context.copy(pixels.expanded(to: blocks), to: into)
        return true
    }

    private func nearest(_ context: LoweringContext, _ x: View, _ y: View, _ rows: ResizeTaps, _ columns: ResizeTaps) {
        let (rowIndex, columnIndex) = (rows.indices.map { Int32($0) }, columns.indices.map { Int32($0) })
        let (from, out, planes) = (x.ref, y.ref, x.sizes[0] * x.sizes[1])
        let (height, width, newHeight, newWidth) = (x.sizes[2], x.sizes[3], y.sizes[2], y.sizes[3])
        let bytes = x.dtype.byteWidth
        context.emit("resize_nearest", [x, y]) {
            Outcome(
                tk_resize_nearest(bytes, $0.raw(from), $0.raw(out), planes, height, width, newHeight, newWidth, rowIndex, columnIndex))
        }
    }

    private func weighted(_ context: LoweringContext, _ x: View, _ y: View, _ rows: ResizeTaps, _ columns: ResizeTaps) {
        var arguments = tk_resize_f64_args()
        arguments.planes = x.sizes[0] * x.sizes[1]
        (arguments.height, arguments.width) = (x.sizes[2], x.sizes[3])
        (arguments.out_height, arguments.out_width, arguments.taps) = (y.sizes[2], y.sizes[3], rows.tapsPerPosition)
        let (rowIndex, columnIndex) = (rows.indices.map { Int32($0) }, columns.indices.map { Int32($0) })
        let (rowWeight, columnWeight) = (rows.weights, columns.weights)
        let (from, out, template) = (x.ref, y.ref, arguments.boxed)
        context.emit("resize_f64", [x, y]) { memory in
            var arguments = template.value
            arguments.x = UnsafePointer(memory.raw(from).assumingMemoryBound(to: Double.self))
            arguments.y = memory.raw(out).assumingMemoryBound(to: Double.self)
            return rowIndex.withUnsafeBufferPointer { rowIndex in
                columnIndex.withUnsafeBufferPointer { columnIndex in
                    rowWeight.withUnsafeBufferPointer { rowWeight in
                        columnWeight.withUnsafeBufferPointer { columnWeight in
                            (arguments.row_index, arguments.column_index) = (rowIndex.baseAddress, columnIndex.baseAddress)
                            (arguments.row_weight, arguments.column_weight) = (rowWeight.baseAddress, columnWeight.baseAddress)
                            return Outcome(tk_resize_f64(&arguments))
                        }
                    }
                }
            }
        }
    }

    private func separable(_ context: LoweringContext, _ x: View, _ y: View, _ rows: ResizeTaps, _ columns: ResizeTaps) {
        emitSeparableResize(context, x, y, ResizeTable(rows), ResizeTable(columns), name: "resize")
    }
}

/// Which positions each position of a result is made of along one axis, and by what weights.
struct ResizeTable {
    let taps: Int
    var indices: [Int32]
    var weights: [Float]
}

extension ResizeTable {
    init(_ taps: ResizeTaps) {
        self.init(taps: taps.tapsPerPosition, indices: taps.indices.map { Int32($0) }, weights: taps.weights.map { Float($0) })
    }
}

/// y [n, c, h', w'] of dense x [n, c, h, w] in f32, rows by one table and columns by another.
func emitSeparableResize(_ context: LoweringContext, _ x: View, _ y: View, _ rows: ResizeTable, _ columns: ResizeTable, name: String) {
    var arguments = tk_resize_args()
    arguments.planes = x.sizes[0] * x.sizes[1]
    (arguments.height, arguments.width) = (x.sizes[2], x.sizes[3])
    (arguments.out_height, arguments.out_width) = (y.sizes[2], y.sizes[3])
    (arguments.row_taps, arguments.column_taps) = (rows.taps, columns.taps)
    let scratch = context.scratch(tk_resize_scratch(&arguments, tk_max_threads()))
    let (from, out, work, template) = (x.ref, y.ref, scratch?.ref, arguments.boxed)
    context.emit(name, [x, y, scratch]) { memory in
        var arguments = template.value
        arguments.x = UnsafePointer(memory.f32(from))
        arguments.y = memory.f32(out)
        return rows.indices.withUnsafeBufferPointer { rowIndex in
            columns.indices.withUnsafeBufferPointer { columnIndex in
                rows.weights.withUnsafeBufferPointer { rowWeight in
                    columns.weights.withUnsafeBufferPointer { columnWeight in
                        (arguments.row_index, arguments.column_index) = (rowIndex.baseAddress, columnIndex.baseAddress)
                        (arguments.row_weight, arguments.column_weight) = (rowWeight.baseAddress, columnWeight.baseAddress)
                        return Outcome(tk_resize_separable(&arguments, memory.raw(work)))
                    }
                }
            }
        }
    }
}
