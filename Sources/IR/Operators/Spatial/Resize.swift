/// Changes height and width of images, as `torch.nn.functional.interpolate` does (without antialiasing).
package struct Resize: Operator {
    package enum Mode: String, Sendable, CaseIterable {
        case nearest, bilinear, bicubic
    }

    /// Where result position i lies in the source, with scale = source size / result size.
    package enum Coordinates: String, Sendable, CaseIterable {
        /// (i + ½)·scale - ½
        case halfPixel = "half_pixel"
        /// i·scale
        case asymmetric
    }

    package static let opName = "resize"

    package static let documentation = OperatorDocumentation(
        "Resamples the last two dimensions; the same size gives the same tensor, positions outside are clamped.",
        formula: "nearest: y[i] = x[⌊i·scale⌋] (half_pixel: x[⌊(i + ½)·scale⌋]); bilinear and bicubic: "
            + "y[i] = Σ weight · x[neighbours of p], p = (i + ½)·scale - ½, or i·scale if asymmetric, or "
            + "i·(size - 1)/(new size - 1) if align_corners; bilinear takes max(p, 0); scale = size / new size",
        operands: ["x: float[n, c, h, w]; nearest: any"], results: ["y: as x[n, c, size]"],
        attributes: [
            "size": "new [height, width]", "mode": "'nearest', 'bilinear' or 'bicubic'",
            "align_corners": "corner pixels stay corners, default false; not for nearest",
            "cubic_coefficient": "of the bicubic kernel, default -0.75",
            "coordinates": "'half_pixel' or 'asymmetric'; default asymmetric for nearest, else half_pixel",
        ],
        onnx: "Resize with sizes: mode nearest (nearest_mode=floor), linear or cubic")

    package static let facts: OperatorFacts = .differentiable

    package let size: [Dim]
    package let mode: Mode
    package let alignCorners: Bool
    package let cubicCoefficient: Double
    package let coordinates: Coordinates

    /// `coordinates` left out are those of torch: asymmetric for nearest, half pixels for the others.
    package init(
        size: [Dim], mode: Mode, alignCorners: Bool = false, cubicCoefficient: Double = -0.75, coordinates: Coordinates? = nil
    ) {
        self.size = size
        self.mode = mode
        self.alignCorners = alignCorners
        self.cubicCoefficient = cubicCoefficient
        self.coordinates = coordinates ?? Resize.usualCoordinates(mode)
    }

    package init(reading attributes: inout AttributeReader) throws {
        size = try attributes.dims("size")
        mode = try attributes.choice("mode")
        alignCorners = try attributes.bool("align_corners")
        cubicCoefficient = try attributes.double("cubic_coefficient", default: -0.75)
        coordinates = try attributes.choice("coordinates", default: Resize.usualCoordinates(mode))
    }

    private static func usualCoordinates(_ mode: Mode) -> Coordinates { mode == .nearest ? .asymmetric : .halfPixel }

    package var attributes: Attributes {
        var fields: Attributes = ["size": .dims(size), "mode": .string(mode.rawValue)]
        if alignCorners { fields["align_corners"] = .bool(true) }
        if cubicCoefficient != -0.75 { fields["cubic_coefficient"] = .float(cubicCoefficient) }
        if coordinates != Resize.usualCoordinates(mode) { fields["coordinates"] = .string(coordinates.rawValue) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.rank(x, 4...4, "x")
        if mode != .nearest { try Check.float(x, "x") }
        guard size.count == 2 else { throw InferenceError("size must be [height, width]") }
        guard mode != .nearest || !alignCorners else { throw InferenceError("align_corners does not go with nearest") }
        for size in size { try Check.atLeastZero(size, "a size cannot be \(size)") }
        for axis in 2..<4 { try Check.atLeastZero(x.shape[axis] - 1, "x (\(x)) has no pixels") }
        return [x.with(shape: x.shape[..<2] + size)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let taps = mode == .nearest ? 0 : mode == .bilinear ? 4 : 16
        return .elementwise(inputs, outputs, perElement: 2 * taps)
    }

    /// Taps along an axis of `source` (at least 1) positions that is resized to `size`.
    package func taps(from source: Int, to size: Int) -> ResizeTaps { ResizeTaps(self, from: source, to: size) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let (height, width) = (x.shape[2], x.shape[3])
        let new = try TensorType(x.dtype, size).sizes(binding)
        guard height > 0, width > 0 else { throw EvaluationError("\(x.type) has no pixels") }
        let (rows, columns) = (taps(from: height, to: new[0]), taps(from: width, to: new[1]))
        let shape = Array(x.shape[..<2]) + new
        if mode == .nearest {
            return [
                x.picking(shape) { i in
                    ((i[0] * x.shape[1] + i[1]) * height + rows.indices[i[2]]) * width + columns.indices[i[3]]
                }
            ]
        }
        let (source, taps) = (x.doubles, rows.tapsPerPosition)
        var values: [Double] = []
        forEachIndex(shape) { index in
            let plane = (index[0] * x.shape[1] + index[1]) * height
            var sum = 0.0
            for i in index[2] * taps..<(index[2] + 1) * taps {
                for j in index[3] * taps..<(index[3] + 1) * taps {
                    let pixel = source[(plane + rows.indices[i]) * width + columns.indices[j]]
                    sum += rows.weights[i] * columns.weights[j] * pixel
                }
            }
            values.append(sum)
        }
        return [Tensor(values, shape, as: x.dtype)]
    }
}
