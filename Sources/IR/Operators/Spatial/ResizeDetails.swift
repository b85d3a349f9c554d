/// What few models ask of a ``Resize`` beyond its mode, sizes and coordinates.
package struct ResizeDetails: Sendable, Equatable {
    /// How a position between two pixels picks one of them.
    package enum Rounding: String, Sendable, CaseIterable {
        case floor, ceil
        case preferFloor = "round_prefer_floor"
        case preferCeil = "round_prefer_ceil"
    }

    /// Size of a result over size of its source along each dimension, where it is not the quotient of the sizes; none otherwise.
    package let scales: [Double]
    /// Of mode nearest; nil for the usual one: down if asymmetric, else to the nearest, half up.
    package let rounding: Rounding?
    /// Neighbours outside x count nothing.
    package let excludeOutside: Bool
    /// Where sizes shrink, the weights of neighbours spread over as many pixels as become one.
    package let antialias: Bool
    /// Start of the region along each dimension, then end, 0 to 1 for all of x; for coordinates `tf_crop_and_resize`.
    package let roi: [Double]

    package init(
        scales: [Double] = [], rounding: Rounding? = nil, excludeOutside: Bool = false, antialias: Bool = false, roi: [Double] = []
    ) {
        (self.scales, self.rounding, self.excludeOutside, self.antialias, self.roi) = (scales, rounding, excludeOutside, antialias, roi)
    }

    init(reading attributes: inout AttributeReader) throws {
        let rounding = try attributes.string("rounding", default: "")
        guard rounding.isEmpty || Rounding(rawValue: rounding) != nil else { throw AttributeError("rounding '\(rounding)' is not known") }
        self.init(
            scales: try attributes.floats("scales", default: []), rounding: Rounding(rawValue: rounding),
            excludeOutside: try attributes.bool("exclude_outside"), antialias: try attributes.bool("antialias"),
            roi: try attributes.floats("roi", default: []))
    }

    var attributes: Attributes {
        var fields: Attributes = [:]
        if !scales.isEmpty { fields["scales"] = .floats(scales) }
        if let rounding { fields["rounding"] = .string(rounding.rawValue) }
        if excludeOutside { fields["exclude_outside"] = .bool(true) }
        if antialias { fields["antialias"] = .bool(true) }
        if !roi.isEmpty { fields["roi"] = .floats(roi) }
        return fields
    }

    static let documentation = [
        "scales": "new size / size along each dimension, where positions go by these and not by the sizes; default none",
        "rounding": "of nearest: 'floor', 'ceil', 'round_prefer_floor' or 'round_prefer_ceil'; default as the formula says",
        "exclude_outside": "neighbours outside x weigh nothing, the others more, default false",
        "antialias": "linear and cubic kernels as wide as 1/scale where sizes shrink, default false",
        "roi": "start of the region along each dimension, then end; for tf_crop_and_resize",
    ]

    /// With a first dimension of one position.
    var overPictures: ResizeDetails {
        let half = roi.count / 2
        return ResizeDetails(
            scales: scales.isEmpty ? [] : [1] + scales, rounding: rounding, excludeOutside: excludeOutside, antialias: antialias,
            roi: roi.isEmpty ? [] : [0] + roi[..<half] + [1] + roi[half...])
    }

    func fits(_ rank: Int, isCropped: Bool) -> Bool {
        (scales.isEmpty || scales.count == rank) && scales.allSatisfy { $0 > 0 && $0.isFinite }
            && roi.count == (isCropped ? 2 * rank : 0) && roi.allSatisfy { $0.isFinite && abs($0) < 1e9 }
    }
}
