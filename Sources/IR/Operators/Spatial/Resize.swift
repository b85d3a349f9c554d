/// Changes the spatial sizes of sequences, images and volumes, as `torch.nn.functional.interpolate` and ONNX do.
package struct Resize: TensorOperator {
    package enum Mode: String, Sendable, CaseIterable {
        case nearest, linear, cubic
    }

    /// Where result position i lies in the source, with scale = source size / result size.
    package enum Coordinates: String, Sendable, CaseIterable {
        /// (i + ½)·scale - ½
        case halfPixel = "half_pixel"
        /// i·scale
        case asymmetric
        /// As halfPixel, but 0 where the result has one position.
        case torchHalfPixel = "pytorch_half_pixel"
        /// As halfPixel, with the centre of the source at the centre of the result, where scales do not fit the sizes.
        case symmetric = "half_pixel_symmetric"
        /// Between the two corners of a region; what lies outside x is 0.
        case cropped = "tf_crop_and_resize"
    }

    package static let opName = "resize"

    package static let documentation = OperatorDocumentation(
        "Resamples the dimensions behind the channels, one after the other; the same size gives the same tensor (unless scales or a region are "
            + "given), positions outside are clamped.",
        formula: "nearest: y[i] = x[⌊i·scale⌋] (half_pixel: x[⌊(i + ½)·scale⌋]); linear and cubic: "
            + "y[i] = Σ weight · x[neighbours of p], p = (i + ½)·scale - ½, or i·scale if asymmetric, or "
            + "i·(size - 1)/(new size - 1) if align_corners; linear takes max(p, 0); scale = size / new size",
        operands: ["x: float[n, c, d…] with 1 to 3 spatial dimensions; nearest: any"], results: ["y: as x[n, c, size]"],
        attributes: [
            "size": "new spatial sizes: [height, width]", "mode": "'nearest', 'linear' or 'cubic'",
            "align_corners": "corner pixels stay corners, default false; not for nearest",
            "cubic_coefficient": "of the cubic kernel, default -0.75",
            "coordinates": "'half_pixel', 'asymmetric', 'pytorch_half_pixel' (0 for a single position), 'half_pixel_symmetric' (centre on "
                + "centre) or 'tf_crop_and_resize' (from start to end of the roi); default asymmetric for nearest, else half_pixel",
        ].merging(ResizeDetails.documentation) { own, _ in own },
        onnx: "Resize: with axes behind the channels alone")

    package static let facts: OperatorFacts = .differentiable

    package let size: [Dim]
    package let mode: Mode
    package let alignCorners: Bool
    package let cubicCoefficient: Double
    package let coordinates: Coordinates
    package let details: ResizeDetails

    /// `coordinates` left out are those of torch: asymmetric for nearest, half pixels for the others.
    package init(
        size: [Dim], mode: Mode, alignCorners: Bool = false, cubicCoefficient: Double = -0.75, coordinates: Coordinates? = nil,
        details: ResizeDetails = ResizeDetails()
    ) {
        self.size = size
        self.mode = mode
        self.alignCorners = alignCorners
        self.cubicCoefficient = cubicCoefficient
        self.coordinates = coordinates ?? Resize.usualCoordinates(mode)
        self.details = details
    }

    /// The same over pictures of one row, for an input of one spatial dimension.
    package var overPictures: Resize {
        Resize(
            size: [1] + size, mode: mode, alignCorners: alignCorners, cubicCoefficient: cubicCoefficient, coordinates: coordinates,
            details: details.overPictures)
    }

    /// Whether each result is the source at ⌊i·size/new size⌋: whole factors repeat pixels.
    package var repeatsPixels: Bool { mode == .nearest && coordinates == .asymmetric && details == ResizeDetails() }

    /// Whether an axis that keeps its size stays as it is.
    package var keepsEqualSizes: Bool { details.scales.isEmpty && coordinates != .cropped }

    package init(reading attributes: inout AttributeReader) throws {
        size = try attributes.dims("size")
        mode = try attributes.choice("mode")
        alignCorners = try attributes.bool("align_corners")
        cubicCoefficient = try attributes.double("cubic_coefficient", default: -0.75)
        coordinates = try attributes.choice("coordinates", default: Resize.usualCoordinates(mode))
        details = try ResizeDetails(reading: &attributes)
    }

    private static func usualCoordinates(_ mode: Mode) -> Coordinates { mode == .nearest ? .asymmetric : .halfPixel }

    package var attributes: Attributes {
        var fields: Attributes = ["size": .dims(size), "mode": .string(mode.rawValue)]
        if alignCorners { fields["align_corners"] = .bool(true) }
        if cubicCoefficient != -0.75 { fields["cubic_coefficient"] = .float(cubicCoefficient) }
        if coordinates != Resize.usualCoordinates(mode) { fields["coordinates"] = .string(coordinates.rawValue) }
        return fields.merging(details.attributes) { own, _ in own }
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.rank(x, 3...5, "x")
        if mode != .nearest { try Check.float(x, "x") }
        guard size.count == x.rank - 2 else { throw InferenceError("size must be \(x.rank - 2) sizes for x (\(x))") }
        guard mode != .nearest || !alignCorners || details.rounding != nil else {
            throw InferenceError("align_corners does not go with nearest unless a rounding is given")
        }
        guard details.fits(size.count, isCropped: coordinates == .cropped) else {
            throw InferenceError(
                "scales must be \(size.count) positive numbers, roi \(2 * size.count) finite ones, with tf_crop_and_resize alone")
        }
        for size in size { try Check.atLeastZero(size, "a size cannot be \(size)") }
        for axis in 2..<x.rank { try Check.atLeastZero(x.shape[axis] - 1, "x (\(x)) has no pixels") }
        return [x.with(shape: x.shape[..<2] + size)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        // Each dimension multiplies the neighbours of a position.
        let perDimension = mode == .nearest ? 0 : mode == .linear ? 2 : 4
        let taps = size.reduce(1) { count, _ in count * perDimension }
        return .elementwise(inputs, outputs, perElement: 2 * taps)
    }

    /// Taps along spatial dimension `axis` of `source` (at least 1) positions that is resized to `size`.
    package func taps(from source: Int, to size: Int, axis: Int = 0) -> ResizeTaps { ResizeTaps(self, from: source, to: size, axis: axis) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let new = try TensorType(x.dtype, size).sizes(binding)
        guard !x.shape[2...].contains(0) else { throw EvaluationError("\(x.type) has no pixels") }
        let tables = new.indices.map { taps(from: x.shape[$0 + 2], to: new[$0], axis: $0) }
        let shape = Array(x.shape[..<2]) + new
        let strides = rowMajorStrides(x.shape)
        if mode == .nearest && coordinates != .cropped {
            return [
                x.picking(shape) { index in
                    let plane = index[0] * strides[0] + index[1] * strides[1]
                    return tables.enumerated().reduce(plane) { $0 + $1.element.indices[index[$1.offset + 2]] * strides[$1.offset + 2] }
                }
            ]
        }
        let source = x.doubles
        var values: [Double] = []
        forEachIndex(shape) { index in
            values.append(Resize.sum(source, index[0] * strides[0] + index[1] * strides[1], tables[...], index[2...], strides[2...]))
        }
        return [Tensor(values, shape, as: x.dtype)]
    }

    /// Σ weight · x over the neighbours of a position: along the first of the remaining dimensions, of sums along the others.
    private static func sum(
        _ x: [Double], _ start: Int, _ tables: ArraySlice<ResizeTaps>, _ index: ArraySlice<Int>, _ strides: ArraySlice<Int>
    ) -> Double {
        guard let table = tables.first, let position = index.first, let stride = strides.first else { return x[start] }
        return (position * table.tapsPerPosition..<(position + 1) * table.tapsPerPosition).reduce(0) { total, tap in
            let inner = sum(x, start + table.indices[tap] * stride, tables.dropFirst(), index.dropFirst(), strides.dropFirst())
            return total + table.weights[tap] * inner
        }
    }
}
