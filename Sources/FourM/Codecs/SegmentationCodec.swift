import IR
import Media

/// Classes of pixels: given as ids in a grey or palette PNG, decoded as scores of which the highest counts.
struct SegmentationCodec: DenseCodec {
    func read(_ path: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        let (width, height) = (form.size.width, form.size.height)
        let image = try ImageFile.loadLabels(path: path, options: form.options)
        let map = try image.crop(image.centerBox(width: width, height: height)).resizedNearest(width: width, height: height)
        return try SegmentationCodec.input(map.samples.map { Int($0) }, height, width, form.classes, path)
    }

    func adopt(_ values: Tensor, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        guard values.shape.count == 3, values.shape[0] == 1 else {
            throw FourMError("'\(form.modality)': give one map of class ids a file, not \(values.type)")
        }
        return try SegmentationCodec.input(
            values.integers, values.shape[values.rank - 2], values.shape[values.rank - 1], form.classes, "'\(form.modality)'")
    }

    /// - Throws: ``FourMError`` naming `source` for a class that the tokenizer does not have.
    private static func input(
        _ ids: [Int], _ height: Int, _ width: Int, _ classes: Int, _ source: String
    ) throws -> (values: Tensor, picture: ByteImage?) {
        if let stranger = ids.first(where: { $0 < 0 || (classes > 0 && $0 >= classes) }) {
            throw FourMError("\(source): class \(stranger) is not among the \(classes) classes of the tokenizer")
        }
        let colors = SegmentationCodec.palette(classes: classes)
        return (
            Tensor(integers: ids, [1, height, width]), try Pictures.segmentation(ids, width: width, height: height, palette: colors)
        )
    }

    /// COCO's palette for COCO's number of classes.
    static func palette(classes: Int) -> LabelPalette { classes == 134 ? .coco : .labels(max(classes, 256)) }

    func present(_ decoded: Tensor, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        let (classes, height, width) = (decoded.shape[0], decoded.shape[1], decoded.shape[2])
        let (scores, pixels) = (decoded.floats, height * width)
        let ids = (0..<pixels).map { pixel in
            (1..<max(classes, 1)).reduce(0) { scores[$1 * pixels + pixel] > scores[$0 * pixels + pixel] ? $1 : $0 }
        }
        target.values = Tensor(integers: ids, [height, width], as: classes > 256 ? .i64 : .u8)
        target.picture = try Pictures.segmentation(ids, width: width, height: height, palette: SegmentationCodec.palette(classes: classes))
        target.labels = try ByteImage(width: width, height: height, channels: 1, samples: ids.map { UInt8(clamping: $0) })
        let names = context.semsegClasses.isEmpty && classes == 134 ? COCOClasses.names : context.semsegClasses
        let areas = SegmentationAreas(ids, width: width, height: height, names: names)
        target.json = try CodecJSON.text(areas)
        target.footer = areas.classes.compactMap(\.name).joined(separator: ", ")
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
