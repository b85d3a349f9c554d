import FourMSettings
import IR
import Media

/// Colours, and normals as colours: values -1…1 stand for 0…255.
struct ColorCodec: DenseCodec {
    let files: DenseFiles?

    func picture(_ decoded: Tensor) throws -> ByteImage? { try Pictures.colors(decoded) }
}

/// Edges in grey: given as a picture, or, where `detects`, found in a photo by Canny's method with the prefix `canny:`.
struct EdgeCodec: DenseCodec {
    let detects: Bool
    var files: DenseFiles? { .colors }

    func read(_ path: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        if detects, let (detector, photo) = try EdgeCodec.detector(path) {
            let picture = try scaled(ImageFile.decode(path: photo, options: form.options), form)
            return try input(detector.edges(of: picture).rgb, form)
        }
        return try read(ImageFile.decode(path: path, options: form.options), path, form)
    }

    func read(_ image: DecodedImage, _ name: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        let picture = try scaled(image, form)
        if detects, EdgeCodec.isColorful(picture) {
            throw FourMError("\(name) is a picture in colour, not of edges; write canny:\(name) to find its edges")
        }
        return try input(picture, form)
    }

    private func input(_ picture: ByteImage, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        (try DensePicture.colors(picture).values(form, name: form.modality), picture)
    }

    private func scaled(_ image: DecodedImage, _ form: DenseForm) throws -> ByteImage {
        try DensePicture.colors(image.colors).centered(form.size, .colors).shown(form)
    }

    /// The parts of `canny:FILE` and `canny:LOW:HIGH:FILE`; nil for a path without that prefix.
    static func detector(_ value: String) throws -> (CannyDetector, path: String)? {
        guard value.hasPrefix("canny:") else { return nil }
        let parts = value.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 4, let low = Int(parts[1]), let high = Int(parts[2]) {
            guard (0...2040).contains(low), (low...2040).contains(high) else {
                throw FourMError("'\(value)': Canny's thresholds must be 0 to 2040, the lower first")
            }
            return (CannyDetector(low: low, high: high), parts[3])
        }
        return (CannyDetector(), String(value.dropFirst("canny:".count)))
    }

    /// Whether channels differ by more than JPEG makes them.
    private static func isColorful(_ picture: ByteImage) -> Bool {
        let rgb = picture.rgb.samples
        var spread = 0
        for at in stride(from: 0, to: rgb.count, by: 3) {
            let (red, green, blue) = (Int(rgb[at]), Int(rgb[at + 1]), Int(rgb[at + 2]))
            spread += max(red, green, blue) - min(red, green, blue)
        }
        return spread > rgb.count / 3 * 12
    }

    func picture(_ decoded: Tensor) throws -> ByteImage? { try Pictures.colors(decoded) }
}

/// Depth, standardised by the middle 80 % of its values: given as 16-bit grey or as values in any unit, shown in a colour map.
struct DepthCodec: DenseCodec {
    var files: DenseFiles? { .depth }

    func key(_ values: Tensor, _ form: DenseForm, _ context: CodecContext) -> ColorKey? { DepthCodec.key(values.floats) }

    /// Small values are near: 4M's depth is a distance. Standardised, they have no unit.
    private static func key(_ values: [Float]) -> ColorKey? {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return nil }
        func text(_ value: Float) -> String { "\((Double(value) * 100).rounded() / 100)" }
        return .scale(.turbo, low: "near \(text(low))", high: "\(text(high)) far")
    }

    func adopt(_ values: Tensor, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        let (height, width) = (values.shape[values.rank - 2], values.shape[values.rank - 1])
        guard values.count == height * width else { throw FourMError("'\(form.modality)': give one depth map a file, not \(values.type)") }
        let standardized = Tensor(try Preprocess.standardizedDepth(values.floats), [1, 1, height, width])
        return (standardized, try Pictures.depth(values.floats, width: width, height: height))
    }

    func picture(_ decoded: Tensor) throws -> ByteImage? {
        decoded.shape[0] == 1 ? try Pictures.depth(decoded.floats, width: decoded.shape[2], height: decoded.shape[1]) : nil
    }

    func present(_ decoded: Tensor, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        let (height, width) = (decoded.shape[1], decoded.shape[2])
        guard decoded.shape[0] == 1 else { return }
        target.values = decoded.reshaped([height, width])
        target.picture = try picture(decoded)
        target.key = DepthCodec.key(decoded.floats)
        target.depth16 = try Pictures.depth16(decoded.floats, width: width, height: height)
    }
}

/// Feature maps in the colours of their strongest three components; vectors, a map of one place, as a grid of cells.
struct FeatureCodec: DenseCodec {
    var files: DenseFiles? { .features }

    func picture(_ decoded: Tensor) throws -> ByteImage? {
        let (height, width) = (decoded.shape[1], decoded.shape[2])
        let small =
            try height * width > 1
            ? Pictures.principalComponents(decoded.floats, width: width, height: height) : Pictures.vector(decoded.floats)
        let side = max(224 / max(small.width, small.height), 1)
        return try small.resizedNearest(width: small.width * side, height: small.height * side)
    }

    func present(_ decoded: Tensor, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        let channels = decoded.shape[0]
        target.picture = try picture(decoded)
        guard decoded.count == channels else {
            target.footer = "\(channels) channels, three principal components"
            return
        }
        target.values = decoded.reshaped([channels])
        let length = decoded.floats.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        target.footer = "\(channels) values, length \((length * 100).rounded() / 100)"
    }
}

extension Pictures {
    /// Values -1…1 f32 [3 or 1, height, width] as colours; nil for another number of channels.
    static func colors(_ decoded: Tensor) throws -> ByteImage? {
        guard decoded.shape[0] == 3 || decoded.shape[0] == 1 else { return nil }
        let values = decoded.floats
        return try PixelNormalization.minus1To1.image(
            decoded.shape[0] == 3 ? values : values + values + values, width: decoded.shape[2], height: decoded.shape[1])
    }
}
