import FourMSettings
import IR
import Media

/// Classes of pixels: given as ids in a grey or palette PNG, decoded as scores of which the highest counts.
struct SegmentationCodec: DenseCodec {
    var writesJSON: Bool { true }
    var files: DenseFiles? { .labels(shifted: false) }

    func adopt(_ values: Tensor, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        guard values.shape.count == 3, values.shape[0] == 1 else {
            throw FourMError("'\(form.modality)': give one map of class ids a file, not \(values.type)")
        }
        let ids = try form.checked(values.integers, "'\(form.modality)'")
        let (height, width) = (values.shape[1], values.shape[2])
        return (Tensor(integers: ids, values.shape), try SegmentationCodec.picture(ids, height, width, classes: form.classes))
    }

    /// The ids in COCO's palette for COCO's number of classes, else in one that tells neighbours apart.
    static func picture(_ ids: [Int], _ height: Int, _ width: Int, classes: Int) throws -> ByteImage {
        try Pictures.segmentation(ids, width: width, height: height, palette: ClassColors.palette(classes))
    }

    /// Colours and names of the classes that occur, the largest first.
    func key(_ values: Tensor, _ form: DenseForm, _ context: CodecContext) -> ColorKey? {
        guard values.rank == 3, values.dtype.isInteger else { return nil }
        return SegmentationCodec.key(
            SegmentationAreas(
                values.integers, width: values.shape[2], height: values.shape[1], names: ClassColors.names(context, classes: form.classes)),
            classes: form.classes)
    }

    private static func key(_ areas: SegmentationAreas, classes: Int) -> ColorKey {
        let palette = ClassColors.palette(classes)
        return .classes(areas.classes.map { ($0.name ?? "class \($0.id)", palette[$0.id]) })
    }

    /// The class with the highest score of each pixel.
    private func ids(_ scores: Tensor) -> [Int] {
        let (classes, pixels) = (scores.shape[0], scores.shape[1] * scores.shape[2])
        let values = scores.floats
        return (0..<pixels).map { pixel in
            (1..<max(classes, 1)).reduce(0) { values[$1 * pixels + pixel] > values[$0 * pixels + pixel] ? $1 : $0 }
        }
    }

    func picture(_ decoded: Tensor) throws -> ByteImage? {
        try SegmentationCodec.picture(ids(decoded), decoded.shape[1], decoded.shape[2], classes: decoded.shape[0])
    }

    func present(_ decoded: Tensor, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        let (classes, height, width) = (decoded.shape[0], decoded.shape[1], decoded.shape[2])
        let ids = ids(decoded)
        target.values = Tensor(integers: ids, [height, width], as: classes > 256 ? .i64 : .u8)
        target.picture = try SegmentationCodec.picture(ids, height, width, classes: classes)
        target.labels = try ByteImage(width: width, height: height, channels: 1, samples: ids.map { UInt8(clamping: $0) })
        let areas = SegmentationAreas(ids, width: width, height: height, names: ClassColors.names(context, classes: classes))
        target.json = try CodecJSON.text(areas)
        target.key = SegmentationCodec.key(areas, classes: classes)
    }
}

/// Areas of the classes that occur, the largest first.
struct SegmentationAreas: Codable {
    struct Entry: Codable {
        var id: Int
        var name: String?
        var pixels: Int
        /// Of the picture, 0…1.
        var share: Double
    }

    var width: Int
    var height: Int
    var classes: [Entry]

    init(_ ids: [Int], width: Int, height: Int, names: [String]) {
        (self.width, self.height) = (width, height)
        let counts = Dictionary(ids.map { ($0, 1) }, uniquingKeysWith: +)
        classes = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { id, count in
            Entry(
                id: id, name: names.indices.contains(id) ? names[id] : nil, pixels: count, share: Double(count) / Double(max(ids.count, 1)))
        }
    }
}
