/// Largest pixels of parts of regions (Girshick, arXiv 1504.08083).
package struct MaxRoiPool: TensorOperator {
    package static let opName = "max_roi_pool"

    package static let documentation = OperatorDocumentation(
        "Cuts each region, in whole pixels, into height × width parts and gives the largest pixel of each; 0 for a part outside x.",
        formula: "y[r, c, i, j] = max of x[image of r, c, p, q] over the pixels that part i, j of region r touches",
        operands: ["x: float[n, c, h, w]", "regions: float[r, 5], image, left, top, right, bottom"],
        results: ["y: dtype of x[r, c, height, width]"],
        attributes: ["size": "[height, width] of a result", "scale": "of regions to pixels of x, default 1"], onnx: "MaxRoiPool")

    package static let facts: OperatorFacts = .differentiable

    package let size: [Int]
    package let scale: Double

    package init(size: [Int], scale: Double = 1) { (self.size, self.scale) = (size, scale) }

    package init(reading attributes: inout AttributeReader) throws {
        size = try attributes.ints("size")
        scale = try attributes.double("scale", default: 1)
    }

    package var attributes: Attributes { scale == 1 ? ["size": .ints(size)] : ["size": .ints(size), "scale": .float(scale)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...2)
        let (x, regions) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "regions"))
        for (type, name) in [(x, "x"), (regions, "regions")] { try Check.float(type, name) }
        try Check.rank(x, 4...4, "x")
        try Check.rank(regions, 2...2, "regions")
        try Check.mayEqual(regions.shape[1], 5, "regions (\(regions)) must have 5 numbers each")
        guard size.count == 2, size.allSatisfy({ 1...Int(Int16.max) ~= $0 }), scale.isFinite else {
            throw InferenceError("size must be two positive numbers, scale finite")
        }
        return [x.with(shape: [regions.shape[0], x.shape[1], Dim(size[0]), Dim(size[1])])]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, regions) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
        let (source, numbers) = (x.doubles, regions.doubles)
        guard regions.shape[1] == 5 else { throw EvaluationError("\(regions.type) has not 5 numbers for each region") }
        let images = try Tensor(stride(from: 0, to: numbers.count, by: 5).map { numbers[$0] }, [regions.shape[0]], as: .i64)
            .indices(below: x.shape[0])
        var values: [Double] = []
        for (region, image) in images.enumerated() {
            let ends = numbers[5 * region + 1..<5 * region + 5].map { min(max(($0 * scale).rounded(), -1e9), 1e9) }
            guard ends.allSatisfy({ !$0.isNaN }) else { throw EvaluationError("region \(region) is not a number") }
            let rows = MaxRoiPool.parts(ends[1], ends[3], size[0], height), columns = MaxRoiPool.parts(ends[0], ends[2], size[1], width)
            for channel in 0..<channels {
                let start = (image * channels + channel) * height * width
                for row in rows {
                    for column in columns {
                        let pixels = row.flatMap { y in column.map { source[start + y * width + $0] } }
                        values.append(pixels.max() ?? 0)
                    }
                }
            }
        }
        return [Tensor(values, [images.count, channels] + size, as: x.dtype)]
    }

    /// The pixels that each part touches, of those that are there.
    private static func parts(_ start: Double, _ end: Double, _ count: Int, _ size: Int) -> [Range<Int>] {
        let length = max(end - start + 1, 1) / Double(count)
        return (0..<count).map { part in
            let first = (Double(part) * length).rounded(.down) + start
            let last = (Double(part + 1) * length).rounded(.up) + start
            let low = Int(min(max(first, 0), Double(size)))
            return low..<max(Int(min(max(last, 0), Double(size))), low)
        }
    }
}
