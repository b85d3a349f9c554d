import Formats
import FourMModels
import FourMSettings
import FourMText
import IR
import Media

/// `sam_instance`: masks, each in its box and as 16 codes of the mask tokenizer.
struct InstanceCodec: TextCodec {
    /// Reads a list of instances, or `{"instances": […]}`: `{"box", "tokens"}`, or `{"polygon": [[x, y], …]}` for the bundle's mask tokenizer
    /// to encode; `"point": [x, y]` may name the query point, else it is the middle of the box. Pixels are those of a picture of
    /// 224 × 224, or of `width` × `height` where the object says so.
    func text(_ json: ConfigValue, _ context: CodecContext) throws -> String {
        try json.check(keys: ["instances", "width", "height"], "sam_instance")
        let entries = try json.list("instances", "sam_instance")
        if entries.isEmpty { return "point v0=112 v1=112 none" }
        let side = Double(InstanceMasks.side)
        let scale = (x: side / (json["width"]?.double ?? side), y: side / (json["height"]?.double ?? side))
        guard scale.x.isFinite, scale.y.isFinite, scale.x > 0, scale.y > 0 else {
            throw FourMError("sam_instance: 'width' and 'height' must be above 0")
        }
        return try entries.enumerated().map { index, entry in
            let owner = "sam_instance, instance \(index + 1)"
            try entry.check(keys: ["box", "tokens", "polygon", "point", "label", "area", "joined"], owner)
            let (box, tokens) = try instance(entry, scale, owner, context)
            let middle = [Double(box[0] + box[2]) / 2 / scale.x, Double(box[1] + box[3]) / 2 / scale.y]
            let point = entry["point"] == nil ? middle : try entry.numbers("point", count: 2, owner)
            let (x, y) = (Self.pixel(point[0] * scale.x), Self.pixel(point[1] * scale.y))
            let codes = tokens.map { $0 < 512 ? "v0=\($0)" : "v1=\($0 - 512)" }
            let corners = box.enumerated().map { "v\($0)=\($1)" }
            return (["point", "v0=\(y)", "v1=\(x)", "polygon"] + corners + codes).joined(separator: " ")
        }.joined(separator: " ")
    }

    private func instance(
        _ entry: ConfigValue, _ scale: (x: Double, y: Double), _ owner: String, _ context: CodecContext
    ) throws -> (box: [Int], tokens: [Int]) {
        guard let polygon = entry["polygon"] else {
            let box = try entry.numbers("box", count: 4, owner).enumerated().map { Self.pixel($1 * ($0 % 2 == 0 ? scale.x : scale.y)) }
            let tokens = try entry.codes("tokens", count: 16, owner)
            guard box[0] < box[2], box[1] < box[3] else { throw FourMError("\(owner): the box \(box) is empty") }
            return (box, tokens)
        }
        guard let numbers = polygon.numbers, numbers.count >= 6, numbers.count % 2 == 0, numbers.allSatisfy({ $0.isFinite }) else {
            throw FourMError("\(owner): 'polygon' must be at least three points [x, y]")
        }
        let points = stride(from: 0, to: numbers.count, by: 2).map { (x: numbers[$0] * scale.x, y: numbers[$0 + 1] * scale.y) }
        let (xs, ys) = (points.map { Self.pixel($0.x) }, points.map { Self.pixel($0.y) })
        let box = [xs.min() ?? 0, ys.min() ?? 0, xs.max() ?? 0, ys.max() ?? 0]
        guard box[0] < box[2], box[1] < box[3] else { throw FourMError("\(owner): the polygon has no area") }
        guard let tokenizer = try context.tokenizer("sam_instance", .encoder) else {
            throw FourMError("\(owner): a polygon needs the bundle's 'sam_instance' tokenizer; give 'box' and 'tokens' instead")
        }
        return (box, try encode(points, box, tokenizer, owner))
    }

    /// The polygon's mask, stretched from its box to the tokenizer's size, as codes.
    private func encode(_ points: [(x: Double, y: Double)], _ box: [Int], _ tokenizer: TokenizerModel, _ owner: String) throws -> [Int] {
        let size = tokenizer.imageSize ?? (height: 64, width: 64)
        let stretched = points.map { point in
            (
                x: (point.x - Double(box[0])) / Double(box[2] - box[0]) * Double(size.width),
                y: (point.y - Double(box[1])) / Double(box[3] - box[1]) * Double(size.height)
            )
        }
        let mask = Polygons.mask(stretched, width: size.width, height: size.height)
        let tokens = try tokenizer.tokenize(Tensor(mask.map { $0 ? 1 : 0 }, [1, 1, size.height, size.width])).integers
        guard tokens.count == 16 else { throw FourMError("\(owner): the mask tokenizer gives \(tokens.count) codes, not 16") }
        return tokens
    }

    private static func pixel(_ value: Double) -> Int { Int(min(max(value, 0), Double(InstanceMasks.side)).rounded()) }

    private struct Record: Encodable {
        struct Instance: Encodable {
            /// Its value in the labels' picture; nil if the mask was not decoded or left out.
            var label: Int?
            var box: [Int]
            var tokens: [Int]
            /// Pixels of the mask.
            var area: Int?
            var joined: Int?
        }

        var width = InstanceMasks.side
        var height = InstanceMasks.side
        var instances: [Instance]
    }

    func present(_ text: String, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        let tokenizer = try context.tokenizer("sam_instance", .decoder)
        let found = SamInstances(parsing: text, codebookSize: tokenizer?.metadata.integer(.codebookSize) ?? 1024)
        target.warnings += found.warnings
        guard let tokenizer, !found.instances.isEmpty else {
            let plain = found.instances.map { Record.Instance(box: $0.box, tokens: $0.tokens) }
            target.json = try CodecJSON.text(Record(instances: plain))
            target.overlay = .boxes(found.instances.map { DetectedBox(pixels: $0.box, label: "") }, colors: [:])
            target.footer = Counted.text(found.instances.count, "instance", "instances")
            if !found.instances.isEmpty {
                target.warnings.append("the bundle has no 'sam_instance' tokenizer, so that masks show as boxes")
            }
            return
        }
        let codes = try tokenizer.layout(found.instances.map { $0.tokens }, grid: (4, 4))
        let masks = InstanceMasks(found.instances, logits: try tokenizer.detokenize(codes))
        let instances = masks.instances.enumerated().map { index, instance in
            Record.Instance(label: index + 1, box: instance.box, tokens: instance.tokens, area: instance.area, joined: instance.joined)
        }
        target.json = try CodecJSON.text(Record(instances: instances))
        target.labels = try masks.labels()
        target.overlay = .masks(masks)
        let without = found.instances.count - masks.instances.reduce(0) { $0 + $1.joined }
        if without > 0 { target.warnings.append("\(without) masks without contrast were left out") }
        target.footer = Counted.text(masks.instances.count, "instance", "instances")
    }
}

extension DetectedBox {
    /// From pixels of a picture of 224 × 224.
    init(pixels box: [Int], label: String) {
        let side = Double(InstanceMasks.side)
        self.init(
            xMin: Double(box[0]) / side, yMin: Double(box[1]) / side, xMax: Double(box[2]) / side, yMax: Double(box[3]) / side, label: label
        )
    }
}

/// Masks for and from the mask tokenizer: white inside.
struct MaskCodec: DenseCodec {
    func read(_ image: DecodedImage, _ name: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        let mask = try image.colors.gray.resizedNearest(
            width: form.size.width, height: form.size.height)
        return (Tensor(mask.samples.map { $0 >= 128 ? 1 : 0 }, [1, 1, form.size.height, form.size.width]), mask)
    }

    /// Scores above 0 are inside.
    func picture(_ decoded: Tensor) throws -> ByteImage? {
        guard decoded.shape[0] == 1 else { return nil }
        return try ByteImage(
            width: decoded.shape[2], height: decoded.shape[1], channels: 1, samples: decoded.floats.map { $0 > 0 ? 255 : 0 })
    }
}
