/// Pools regions of pictures at positions between their pixels (He et al., arXiv 1703.06870).
package struct RoiAlign: TensorOperator {
    package enum Mode: String, Sendable, CaseIterable {
        case average
        /// The largest of weighted neighbours.
        case max
    }

    package static let opName = "roi_align"

    package static let documentation = OperatorDocumentation(
        "Cuts each region into height × width parts and reads samples · samples points of each, between pixels; points more than one pixel "
            + "outside x are 0.",
        formula: "y[r, c, i, j] = mean (or max) over the points p of part i, j of region r of Σ_q weight(p, q) · x[images[r], c, q] "
            + "(max: of each weight · x)",
        operands: ["x: float[n, c, h, w]", "regions: float[r, 4], left, top, right, bottom", "images: integer[r], below n"],
        results: ["y: dtype of x[r, c, height, width]"],
        attributes: [
            "size": "[height, width] of a result", "scale": "of regions to pixels of x, default 1",
            "samples": "points of a part along each dimension; 0 (default): its size in pixels, rounded up",
            "half_pixel": "pixels' centres lie at ½, default true; otherwise regions are at least one pixel large",
            "mode": "'average' (default) or 'max'",
        ],
        onnx: "RoiAlign")

    package static let facts: OperatorFacts = .differentiable

    package let size: [Int]
    package let scale: Double
    package let samples: Int
    package let halfPixel: Bool
    package let mode: Mode

    package init(size: [Int], scale: Double = 1, samples: Int = 0, halfPixel: Bool = true, mode: Mode = .average) {
        (self.size, self.scale, self.samples, self.halfPixel, self.mode) = (size, scale, samples, halfPixel, mode)
    }

    package init(reading attributes: inout AttributeReader) throws {
        size = try attributes.ints("size")
        scale = try attributes.double("scale", default: 1)
        samples = try attributes.int("samples", default: 0)
        halfPixel = try attributes.bool("half_pixel", default: true)
        mode = try attributes.choice("mode", default: .average)
    }

    package var attributes: Attributes {
        var fields: Attributes = ["size": .ints(size)]
        if scale != 1 { fields["scale"] = .float(scale) }
        if samples != 0 { fields["samples"] = .int(samples) }
        if !halfPixel { fields["half_pixel"] = .bool(false) }
        if mode != .average { fields["mode"] = .string(mode.rawValue) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...3)
        let (x, regions) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "regions"))
        let images = try Check.operand(inputs, 2, "images")
        for (type, name) in [(x, "x"), (regions, "regions")] { try Check.float(type, name) }
        try Check.rank(x, 4...4, "x")
        try Check.rank(regions, 2...2, "regions")
        try Check.mayEqual(regions.shape[1], 4, "regions (\(regions)) must have 4 numbers each")
        try Check.integer(images, "images")
        try Check.rank(images, 1...1, "images")
        guard size.count == 2, size.allSatisfy({ 1...Int(Int16.max) ~= $0 }), 0...1024 ~= samples, scale.isFinite else {
            throw InferenceError("size must be two positive numbers, samples 0 to 1024, scale finite")
        }
        return [x.with(shape: [regions.shape[0], x.shape[1], Dim(size[0]), Dim(size[1])])]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        .elementwise(inputs, outputs, perElement: 8 * max(samples, 2) * max(samples, 2))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, regions) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let images = try Tensor.operand(inputs, 2).indices(below: x.shape[0])
        guard images.count == regions.shape[0], regions.shape[1] == 4 else {
            throw EvaluationError("\(regions.type) and \(images.count) images do not fit")
        }
        let (channels, plane, source, corners) = (x.shape[1], x.shape[2] * x.shape[3], x.doubles, regions.doubles)
        var values: [Double] = []
        for (region, image) in images.enumerated() {
            let parts = try parts(Array(corners[4 * region..<4 * region + 4]), x.shape[2], x.shape[3])
            for channel in 0..<channels {
                let start = (image * channels + channel) * plane
                values += parts.map { pooled($0, source, start) }
            }
        }
        return [Tensor(values, [images.count, channels] + size, as: x.dtype)]
    }

    /// A pixel's offset in its plane and how much it counts.
    private typealias Tap = (offset: Int, weight: Double)

    private func pooled(_ points: [[Tap]], _ source: [Double], _ start: Int) -> Double {
        let weighted = points.map { $0.map { $0.weight * source[start + $0.offset] } }
        if mode == .max { return weighted.map { $0.max() ?? 0 }.max() ?? 0 }
        return weighted.reduce(0) { $0 + $1.reduce(0, +) } / Double(max(points.count, 1))
    }

    /// For each part of a region, row by row, its points.
    private func parts(_ corners: [Double], _ height: Int, _ width: Int) throws -> [[[Tap]]] {
        let offset = halfPixel ? 0.5 : 0
        let ends = corners.map { $0 * scale - offset }
        let rows = try points(ends[1], ends[3], size[0]), columns = try points(ends[0], ends[2], size[1])
        return rows.flatMap { rows in
            columns.map { columns in
                rows.flatMap { y in
                    columns.map { x -> [Tap] in
                        guard let down = RoiAlign.neighbours(y, height), let right = RoiAlign.neighbours(x, width) else { return [] }
                        return down.flatMap { row in right.map { (row.offset * width + $0.offset, row.weight * $0.weight) } }
                    }
                }
            }
        }
    }

    /// Positions of the points of each part between `start` and `end`.
    private func points(_ start: Double, _ end: Double, _ parts: Int) throws -> [[Double]] {
        let length = (halfPixel ? end - start : max(end - start, 1)) / Double(parts)
        guard start.isFinite, length.isFinite, length < 4096 else { throw EvaluationError("a region from \(start) to \(end) is too large") }
        let count = samples > 0 ? samples : max(Int(length.rounded(.up)), 0)
        return (0..<parts).map { part in
            (0..<count).map { point -> Double in
                let place = (Double(point) + 0.5) / Double(count)
                return start + length * (Double(part) + place)
            }
        }
    }

    /// The two pixels around a place; nil outside.
    private static func neighbours(_ place: Double, _ size: Int) -> [Tap]? {
        guard place >= -1, place <= Double(size), size > 0 else { return nil }
        let place = max(place, 0)
        let low = min(Int(place), size - 1)
        if low >= size - 1 { return [(size - 1, 1), (size - 1, 0)] }
        return [(low, 1 - (place - Double(low))), (low + 1, place - Double(low))]
    }
}
