import CKernels
import IR

extension Sample: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let (x, positions) = (try context.dense(node, 0), try context.dense(node, 1))
        // What has no pixels, evaluation looks at.
        guard x.dtype == .f32, positions.dtype == .f32, !x.sizes[2...].contains(0), x.sizes[0] == positions.sizes[0] else {
            return try lowerByEvaluation(node, context)
        }
        let y = try context.result(node)
        var arguments = tk_sample_args()
        arguments.mode = mode == .nearest ? TK_SAMPLE_NEAREST : mode == .linear ? TK_SAMPLE_LINEAR : TK_SAMPLE_CUBIC
        arguments.outside =
            switch outside {
            case .zeros: TK_OUTSIDE_ZEROS
            case .border: TK_OUTSIDE_BORDER
            case .reflect: TK_OUTSIDE_REFLECT
            case .mirror: TK_OUTSIDE_MIRROR
            }
        (arguments.batch, arguments.channels, arguments.rank) = (x.sizes[0], x.sizes[1], x.rank - 2)
        arguments.points = positions.sizes.dropFirst().dropLast().reduce(1, *)
        let sizes = Array(x.sizes[2...]) + [1, 1]
        arguments.size = (sizes[0], sizes[1], sizes[2])
        let (source, places, target, template) = (x.ref, positions.ref, y.ref, arguments.boxed)
        context.emit("sample", [x, positions, y]) { memory in
            var arguments = template.value
            arguments.x = UnsafePointer(memory.f32(source))
            arguments.positions = UnsafePointer(memory.f32(places))
            arguments.y = memory.f32(target)
            return Outcome(tk_sample(&arguments))
        }
    }
}

extension RoiAlign: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let (x, regions, images) = (try context.dense(node, 0), try context.dense(node, 1), try context.dense(node, 2))
        guard allF32([x, regions]), !x.sizes[2...].contains(0), regions.sizes == [images.count, 4] else {
            return try lowerByEvaluation(node, context)
        }
        let y = try context.result(node)
        var arguments = tk_roi_align_args()
        (arguments.batch, arguments.channels, arguments.height, arguments.width) = (x.sizes[0], x.sizes[1], x.sizes[2], x.sizes[3])
        (arguments.count, arguments.out_height, arguments.out_width) = (images.count, size[0], size[1])
        (arguments.samples, arguments.scale, arguments.index_type) = (samples, scale, images.dtype.kernelType)
        (arguments.half_pixel, arguments.is_max) = (halfPixel ? 1 : 0, mode == .max ? 1 : 0)
        let (source, corners, ids, target, template) = (x.ref, regions.ref, images.ref, y.ref, arguments.boxed)
        context.emit("roi_align", [x, regions, images, y]) { memory in
            var arguments = template.value
            arguments.x = UnsafePointer(memory.f32(source))
            arguments.regions = UnsafePointer(memory.f32(corners))
            arguments.images = UnsafeRawPointer(memory.raw(ids))
            arguments.y = memory.f32(target)
            var bad = 0
            let status = tk_roi_align(&arguments, &bad)
            return status == TK_INDEX_OUT_OF_RANGE ? .badIndex(position: bad) : Outcome(status)
        }
    }
}

extension MaxRoiPool: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let (x, regions) = (try context.dense(node, 0), try context.dense(node, 1))
        guard allF32([x, regions]), regions.sizes[1] == 5 else { return try lowerByEvaluation(node, context) }
        let y = try context.result(node)
        var arguments = tk_max_roi_pool_args()
        (arguments.batch, arguments.channels, arguments.height, arguments.width) = (x.sizes[0], x.sizes[1], x.sizes[2], x.sizes[3])
        (arguments.count, arguments.out_height, arguments.out_width, arguments.scale) = (regions.sizes[0], size[0], size[1], scale)
        let (source, corners, target, template) = (x.ref, regions.ref, y.ref, arguments.boxed)
        context.emit("max_roi_pool", [x, regions, y]) { memory in
            var arguments = template.value
            arguments.x = UnsafePointer(memory.f32(source))
            arguments.regions = UnsafePointer(memory.f32(corners))
            arguments.y = memory.f32(target)
            var bad = 0
            let status = tk_max_roi_pool(&arguments, &bad)
            return status == TK_INDEX_OUT_OF_RANGE ? .badIndex(position: bad) : Outcome(status)
        }
    }
}

extension tk_sample_args { fileprivate var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_roi_align_args { fileprivate var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_max_roi_pool_args { fileprivate var boxed: Boxed<Self> { Boxed(value: self) } }
