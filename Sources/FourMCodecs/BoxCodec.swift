import Formats
import FourMSettings
import FourMText
import IR
import Media
import Names

/// `det`: boxes with class names.
struct BoxCodec: TextCodec {
    /// Reads a list of boxes, or `{"boxes": […]}`: each `{"xmin", "ymin", "xmax", "ymax", "class"}` or `{"box": […], "class"}`, in fractions,
    /// or in pixels where the object says `width` and `height`. `{"instances": [{"boxes", "class_name", "score"}]}` of ml-4m's data is
    /// read as well, without boxes whose score is below 0.6.
    func text(_ json: ConfigValue, _ context: CodecContext) throws -> String {
        let isData = json["instances"] != nil
        if !isData { try json.check(keys: ["boxes", "width", "height", "instances"], "det") }
        let entries = try json.list(isData ? "instances" : "boxes", "det")
        let scored = isData ? entries.filter { ($0["score"]?.double ?? 1) >= 0.6 } : entries
        let boxes = try scored.enumerated().map { index, entry in
            let owner = "det, box \(index + 1)"
            if !isData { try entry.check(keys: BoxCodec.keys, owner) }
            return try box(entry, owner, context.boxClasses())
        }
        let scale = (x: 1 / (json["width"]?.double ?? 1), y: 1 / (json["height"]?.double ?? 1))
        guard scale.x.isFinite, scale.y.isFinite, scale.x > 0, scale.y > 0 else {
            throw FourMError("det: 'width' and 'height' must be above 0")
        }
        let isPixels = boxes.contains { max($0.xMin, $0.yMin, $0.xMax, $0.yMax) > 1 }
        if !isData, let (index, key) = BoxCodec.negative(boxes) {
            throw FourMError("det, box \(index + 1): '\(key)' is below 0; boxes are in fractions 0…1, or in pixels from 0 on")
        }
        if isPixels, json["width"] == nil || json["height"] == nil {
            throw FourMError("det: boxes beyond 0…1 are in pixels; give the picture's \"width\" and \"height\" beside \"boxes\"")
        }
        guard isPixels else { return DetectedBoxes(boxes: boxes).text(bins: context.boxBins) }
        let scaled = boxes.map { box in
            DetectedBox(
                xMin: box.xMin * scale.x, yMin: box.yMin * scale.y, xMax: box.xMax * scale.x, yMax: box.yMax * scale.y, label: box.label)
        }
        // A pixel more is what rounding makes.
        if !isData, let index = scaled.firstIndex(where: { $0.xMax > 1 + scale.x || $0.yMax > 1 + scale.y }) {
            throw FourMError("det, box \(index + 1) reaches beyond the picture's width or height")
        }
        return DetectedBoxes(boxes: scaled).text(bins: context.boxBins)
    }

    /// The first box that begins outside the picture, and the coordinate that says so.
    private static func negative(_ boxes: [DetectedBox]) -> (index: Int, key: String)? {
        for (index, box) in boxes.enumerated() {
            if box.xMin < 0 { return (index, "xmin") }
            if box.yMin < 0 { return (index, "ymin") }
        }
        return nil
    }

    /// Boxes of classes that the model was trained with; texts with gaps, and words that are no boxes, are left alone.
    func text(_ plain: String, _ context: CodecContext) throws -> String {
        if plain.contains("[S_") { return plain }
        for (index, box) in DetectedBoxes(parsing: plain, bins: context.boxBins).boxes.enumerated() {
            _ = try BoxCodec.known(box.label, context.boxClasses(), "det, box \(index + 1)")
        }
        return plain
    }

    private static let keys = ["class", "class_name", "label", "box", "boxes", "xmin", "ymin", "xmax", "ymax", "score", "pixels"]

    /// The class as the model spells it.
    private static func known(_ label: String, _ classes: [String], _ owner: String) throws -> String {
        if classes.isEmpty { return label }
        if let known = classes.first(where: { $0.lowercased() == label.lowercased() }) { return known }
        throw FourMError("\(owner): this model knows no class '\(label.prefix(80))'; \(NearNames.hint(label, in: classes))")
    }

    private func box(_ entry: ConfigValue, _ owner: String, _ classes: [String]) throws -> DetectedBox {
        guard let given = (entry["class"] ?? entry["class_name"] ?? entry["label"])?.string, !given.isEmpty else {
            throw FourMError("\(owner): 'class' must be a name")
        }
        let label = try BoxCodec.known(given, classes, owner)
        let listed = try ["box", "boxes"].first { entry[$0] != nil }.map { try entry.numbers($0, count: 4, owner) }
        let c = try listed ?? ["xmin", "ymin", "xmax", "ymax"].map { try entry.numbers($0, count: 1, owner)[0] }
        guard c[0] < c[2], c[1] < c[3] else {
            throw FourMError("\(owner): the box \(c) is empty; xmin must be below xmax, ymin below ymax")
        }
        return DetectedBox(xMin: c[0], yMin: c[1], xMax: c[2], yMax: c[3], label: label)
    }

    private struct Record: Encodable {
        let width: Int
        let height: Int
        let boxes: [Box]
    }

    private struct Box: Encodable {
        let `class`: String
        let xmin: Double
        let ymin: Double
        let xmax: Double
        let ymax: Double
        let pixels: [Int]
    }

    func present(_ text: String, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        let found = DetectedBoxes(parsing: text, bins: context.boxBins)
        target.boxes = found
        target.warnings += found.warnings
        let side = 224
        let boxes = found.boxes.map { box in
            Box(
                class: box.label, xmin: box.xMin, ymin: box.yMin, xmax: box.xMax, ymax: box.yMax,
                pixels: [box.xMin, box.yMin, box.xMax, box.yMax].map { Int(($0 * Double(side)).rounded()) })
        }
        target.json = try CodecJSON.text(Record(width: side, height: side, boxes: boxes))
        let colors = ClassColors(context, boxClasses: (try? context.boxClasses()) ?? [])
        let labels = Set(found.boxes.map(\.label))
        target.overlay = .boxes(found.boxes, colors: Dictionary(uniqueKeysWithValues: labels.map { ($0, colors.color($0)) }))
        target.footer = Counted.text(found.boxes.count, "box", "boxes")
    }
}
