import IR

extension OperatorMapping {
    static let resizing: [OperatorMapping] = [
        .one("Resize") { node in try resize(&node, ResizeRequest(&node)) },
        .one("Upsample") { node in try resize(&node, ResizeRequest(&node)) },
    ]

    private static func resize(_ node: inout NodeImport, _ request: ResizeRequest) throws -> ValueID {
        let x = try node.input(0)
        let dtype = node.dtype(x)
        // Extrapolation is 0 inside: what is asked for is taken off before and put back.
        let shift = request.extrapolation == 0 || !request.isCropped ? nil : request.extrapolation
        let needsFloat = request.mode != .nearest || request.isCropped
        var y = needsFloat && !dtype.isFloat ? try node.cast(x, to: .f32) : x
        if let shift { y = try node.binary(Sub.self, y, shift) }
        var axes = request.changed
        while let axis = axes.last {
            let isPair =
                axis == node.rank(y) - 1 && axes.count > 1 && axes[axes.count - 2] == axis - 1
                && request.rounding(axis) == request.rounding(axis - 1)
            let together = isPair ? [axis - 1, axis] : [axis]
            y = try resize(&node, y, request, together)
            axes.removeLast(together.count)
        }
        if let shift { y = try node.binary(Add.self, y, shift) }
        if node.dtype(y) == dtype { return y }
        return try [.u8, .i8, .u16, .i16].contains(dtype)
            ? requantized(&node, y, zero: nil, like: dtype) : node.cast(try node.unary(Round.self, y), to: dtype)
    }

    /// One axis, or the last two: as pictures.
    private static func resize(_ node: inout NodeImport, _ x: ValueID, _ request: ResizeRequest, _ axes: [Int]) throws -> ValueID {
        let shape = node.shape(x)
        guard let first = axes.first, let last = axes.last else { return x }
        if shape.count == 4, first >= 2 {
            return try node.emit(request.operation([2, 3].map { axes.contains($0) ? $0 : nil }, Array(shape[2...])), x)
        }
        let (outer, inner) = (shape[..<first].reduce(1, *), first == last ? shape[(first + 1)...].reduce(1, *) : shape[last])
        let op = request.operation(first == last ? [first, nil] : [first, last], [shape[first], inner])
        var result = shape
        for axis in axes { result[axis] = request.sizes[axis] }
        return try node.reshape(try node.emit(op, try node.reshape(x, [1, outer, shape[first], inner])), result)
    }
}

/// What a Resize or Upsample asks for, whatever its version.
struct ResizeRequest {
    let mode: Resize.Mode
    private let alignCorners: Bool
    private let coordinates: Resize.Coordinates
    private let rounding: ResizeDetails.Rounding
    /// Before version 11 positions were rounded up where a dimension shrinks.
    private var roundsUp: [Bool]
    private let cubicCoefficient: Double
    private let excludeOutside, antialias: Bool
    let extrapolation: Double
    /// For each dimension of x.
    private(set) var sizes: [Dim]
    private var scales: [Double?]
    private var regions: [(start: Double, end: Double)]
    /// Dimensions that do not stay as they are.
    private(set) var changed: [Int] = []

    func rounding(_ axis: Int) -> ResizeDetails.Rounding { roundsUp[axis] ? .ceil : rounding }

    var isCropped: Bool { coordinates == .cropped }

    init(_ node: inout NodeImport) throws {
        let x = try node.input(0)
        let (shape, isUpsample) = (node.shape(x), node.source.opType == "Upsample")
        switch try node.string("mode", "nearest") {
        case "nearest": mode = .nearest
        case "linear", "bilinear", "trilinear": mode = .linear
        case "cubic", "bicubic": mode = .cubic
        case let other: throw NodeProblem("mode '\(other)' is not supported")
        }
        // Before version 11 positions were plainly scaled.
        let isOld = isUpsample || node.version < 11
        var transformation = isOld ? "asymmetric" : try node.string("coordinate_transformation_mode", "half_pixel")
        var given = isOld ? "floor" : try node.string("nearest_mode", "round_prefer_floor")
        if transformation == "tf_half_pixel_for_nn", given == "floor" {
            // Version 11 alone: ⌊(i + ½) / scale⌋, half a pixel further than half_pixel.
            (transformation, given) = ("half_pixel", "round_prefer_ceil")
        }
        alignCorners = transformation == "align_corners"
        guard alignCorners || Resize.Coordinates(rawValue: transformation) != nil else {
            throw NodeProblem("coordinate_transformation_mode '\(transformation)' is not supported")
        }
        coordinates = Resize.Coordinates(rawValue: transformation) ?? .halfPixel
        guard let rounding = ResizeDetails.Rounding(rawValue: given) else { throw NodeProblem("nearest_mode '\(given)' is not supported") }
        self.rounding = rounding
        cubicCoefficient = try node.float("cubic_coeff_a", -0.75)
        (excludeOutside, antialias) = (try node.flag("exclude_outside", false), try node.flag("antialias", false))
        extrapolation = try node.float("extrapolation_value", 0)
        (sizes, scales) = (shape, shape.map { _ in nil })
        regions = shape.map { _ in (0, 1) }
        roundsUp = shape.map { _ in false }
        let axes = try node.ints("axes").map { try node.axes($0, of: shape.count) } ?? Array(shape.indices)
        try setRegions(node, axes, isOld)
        try setSizes(&node, axes, shape, isUpsample)
        changed = axes.sorted().filter { isChanged($0, shape) }
    }

    private func isChanged(_ axis: Int, _ shape: [Dim]) -> Bool {
        if isCropped && regions[axis] != (0, 1) { return true }
        return sizes[axis] != shape[axis] || scales[axis].map { $0 != 1 } ?? false
    }

    private mutating func setRegions(_ node: NodeImport, _ axes: [Int], _ isOld: Bool) throws {
        guard !isOld, isCropped, let roi = node.optional(1) else { return }
        let numbers = try node.constantTensor(roi).doubles
        guard numbers.count == 2 * axes.count else { throw NodeProblem("roi must be \(2 * axes.count) numbers, not \(numbers.count)") }
        for (index, axis) in axes.enumerated() { regions[axis] = (numbers[index], numbers[index + axes.count]) }
    }

    private mutating func setSizes(_ node: inout NodeImport, _ axes: [Int], _ shape: [Dim], _ isUpsample: Bool) throws {
        if isUpsample && node.version < 9 {
            var factors = try node.floats("scales")
            if factors == nil, let height = try node.float("height_scale"), let width = try node.float("width_scale") {
                factors = [1, 1, height, width]
            }
            guard let factors else { throw NodeProblem("scales are missing") }
            return try set(scales: factors, axes, shape, isOld: true)
        }
        let isOld = isUpsample || node.version < 11
        if !isOld, let wanted = node.optional(3), node.type(wanted).elementCount != 0 { return try set(sizes: wanted, &node, axes, shape) }
        guard let factors = node.optional(isOld ? 1 : 2) else { throw NodeProblem("it has neither scales nor sizes") }
        try set(scales: try node.constantTensor(factors).doubles, axes, shape, isOld: isOld)
    }

    private mutating func set(scales factors: [Double], _ axes: [Int], _ shape: [Dim], isOld: Bool) throws {
        guard factors.count == axes.count, factors.allSatisfy({ $0 > 0 && $0 < 1e6 }) else {
            throw NodeProblem("scales must be \(axes.count) positive numbers, not \(factors)")
        }
        for (axis, factor) in zip(axes, factors) {
            sizes[axis] = try ResizeRequest.scaled(shape[axis], factor)
            roundsUp[axis] = isOld && factor < 1
            // Where the quotient of the sizes is the scale, it need not be said.
            let isWhole = factor == factor.rounded()
            let isQuotient = shape[axis].value.flatMap { d in sizes[axis].value.map { Double(d) * factor == Double($0) } } ?? isWhole
            scales[axis] = isQuotient ? nil : factor
        }
    }

    /// ⌊size · factor⌋ in f32, as ONNX's own shape inference has it; for a symbol with factors that are fractions of small numbers.
    private static func scaled(_ size: Dim, _ factor: Double) throws -> Dim {
        if let value = size.value { return Dim(Int(min((Float(value) * Float(factor)).rounded(.down), 1e15))) }
        for divisor in 1...32 {
            let whole = (factor * Double(divisor)).rounded()
            let excess = factor - whole / Double(divisor)
            if abs(excess) < 6e-8 * factor, whole > 0 { return (size * Dim(Int(whole))).floorDivided(by: Dim(divisor)) }
        }
        throw NodeProblem("\(size) times \(factor) must be known")
    }

    private mutating func set(sizes wanted: ValueID, _ node: inout NodeImport, _ axes: [Int], _ shape: [Dim]) throws {
        let given = try node.dims(wanted)
        guard given.count == axes.count else { throw NodeProblem("sizes must be \(axes.count) numbers, not \(given.count)") }
        let policy = try node.string("keep_aspect_ratio_policy", "stretch")
        if policy == "stretch" {
            for (axis, size) in zip(axes, given) { sizes[axis] = size }
            return
        }
        let ratios = try zip(axes, given).map { axis, size -> Double in
            guard let old = shape[axis].value, let new = size.value, old > 0 else {
                throw NodeProblem("\(shape[axis]) and \(size) must be known for keep_aspect_ratio_policy '\(policy)'")
            }
            return Double(new) / Double(old)
        }
        guard let ratio = policy == "not_larger" ? ratios.min() : ratios.max(), policy == "not_larger" || policy == "not_smaller" else {
            throw NodeProblem("keep_aspect_ratio_policy '\(policy)' is not supported")
        }
        for axis in axes {
            let exact = ratio * Double(shape[axis].value ?? 0)
            sizes[axis] = Dim(Int(min((exact + 0.5).rounded(.down), Double(Int32.max))))
            scales[axis] = Double(sizes[axis].constant) == exact ? nil : ratio
        }
    }

    /// The operator over two dimensions: `axes` of x, nil for one that stays as it is. `shape` is what they are before.
    func operation(_ axes: [Int?], _ shape: [Dim]) -> Resize {
        let sizes = zip(axes, shape).map { axis, size in axis.map { self.sizes[$0] } ?? size }
        let given = axes.map { $0.flatMap { scales[$0] } }
        var factors: [Double] = []
        if given.contains(where: { $0 != nil }) {
            factors = zip(axes, zip(shape, sizes)).map { axis, pair in
                if let axis, let scale = scales[axis] { return scale }
                if let old = pair.0.value, let new = pair.1.value, old > 0, new > 0 { return Double(new) / Double(old) }
                return (pair.1.exactQuotient(by: pair.0)?.value).map { Double($0) } ?? 1
            }
        }
        let spans = axes.map { axis -> (start: Double, end: Double) in axis.map { regions[$0] } ?? (0, 1) }
        let roi = isCropped ? spans.map(\.start) + spans.map(\.end) : []
        let rounding = axes.compactMap { $0 }.first.map { self.rounding($0) } ?? self.rounding
        let isPlain = factors.isEmpty && repeats(axes, shape, rounding)
        return Resize(
            size: sizes, mode: mode, alignCorners: alignCorners && !isPlain, cubicCoefficient: mode == .cubic ? cubicCoefficient : -0.75,
            coordinates: isPlain ? .asymmetric : coordinates,
            details: ResizeDetails(
                scales: factors, rounding: mode == .nearest && !isPlain ? rounding : nil, excludeOutside: excludeOutside && mode == .cubic,
                antialias: antialias && mode != .nearest, roi: roi))
    }

    /// Whether nearest comes to ⌊i · old / new⌋: plainly scaled and rounded down, or repeated a whole number of times around pixels' centres,
    /// where no position lies halfway between two.
    private func repeats(_ axes: [Int?], _ shape: [Dim], _ rounding: ResizeDetails.Rounding) -> Bool {
        guard mode == .nearest else { return false }
        if coordinates == .asymmetric && !alignCorners && rounding == .floor { return true }
        guard coordinates == .halfPixel, !alignCorners, rounding == .preferFloor || rounding == .preferCeil else { return false }
        return zip(axes, shape).allSatisfy { axis, size in
            guard let axis else { return true }
            if let old = size.value, let new = sizes[axis].value { return old > 0 && new % old == 0 }
            return sizes[axis].exactQuotient(by: size)?.value != nil
        }
    }
}
