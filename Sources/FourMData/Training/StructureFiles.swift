import Formats
import FourMSettings
import FourMText
import IR

/// Metadata, poses and colours of a sample as texts.
///
/// Source: `MetadataTransform`, `HumanPoseTransform` and `ColorPaletteTransform` in `fourm/data/modality_transforms.py`.
enum StructureFiles {
    /// A text for each field, in a random order.
    static func metadata(_ file: SampleFile, _ random: CounterRandom) throws -> [String] {
        guard var members = try SampleJSON.value(file).object else { throw FourMError("\(file.name): metadata is an object of numbers") }
        random.shuffle(&members)
        return try members.map { member in
            guard let field = MetadataField(rawValue: member.key), let number = member.value.double, number.isFinite else {
                throw FourMError("\(file.name): '\(member.key.prefix(80))' is no field of metadata with a number")
            }
            return try Metadata.text([(field: field, value: member.value.int.map { .integer($0) } ?? .real(number))])
        }
    }

    /// One of the palettes of 1 to 7 colours.
    static func palette(_ file: SampleFile, _ random: CounterRandom) throws -> String {
        let length = Int(random.integer(below: 7, at: 0)) + 1
        let value = try SampleJSON.value(file)
        let palettes = value.array?.first ?? value
        guard let numbers = palettes["\(length)"]?.allNumbers, numbers.count == 3 * length else {
            throw FourMError("\(file.name): there is no palette '\(length)' of \(length) colours [red, green, blue]")
        }
        let bytes = try numbers.map { number -> UInt8 in
            guard let byte = UInt8(exactly: number.rounded(.toNearestOrEven)) else {
                throw FourMError("\(file.name): \(number) is no value from 0 to 255")
            }
            return byte
        }
        return ColorPalette(colors: stride(from: 0, to: bytes.count, by: 3).map { Array(bytes[$0..<$0 + 3]) }).text
    }

    /// People whose boxes reach into the crop; the parts of each in a random order. As in the reference, a flip leaves them alone.
    static func poses(_ file: SampleFile, _ cut: SampleDecoder.Cut, _ random: CounterRandom) throws -> String {
        let value = try SampleJSON.value(file)
        guard let members = value.object, !members.isEmpty else { return HumanPoses(people: []).text }
        guard let boxes = value["bbox_xyxy"]?.array, let body = value["pred_smpl_params"] else {
            throw FourMError("\(file.name): poses have 'bbox_xyxy', 'pred_smpl_params', 'pred_cam' and 'pose_tokenized'")
        }
        var people: [HumanPose] = []
        for index in boxes.indices {
            let owner = "\(file.name), person \(index)"
            guard let box = try self.box(value.numbers("bbox_xyxy", at: index, count: 4, owner), cut, owner) else { continue }
            let orientation = try floats(body.numbers("global_orient", at: index, count: 9, owner))
            people.append(
                HumanPose(
                    box: box, camera: try floats(value.numbers("pred_cam", at: index, count: 3, owner)),
                    betas: try floats(body.numbers("betas", at: index, count: 10, owner)),
                    globalOrientation: stride(from: 0, to: 9, by: 3).map { Array(orientation[$0..<$0 + 3]) },
                    poseTokens: try codes(value.numbers("pose_tokenized", at: index, count: 8, owner), owner)))
        }
        return HumanPoses(people: people).text { random.substream(UInt64($0)).permutation(4) }
    }

    private static func floats(_ values: [Double]) -> [Float] { values.map { Float($0) } }

    private static func codes(_ values: [Double], _ owner: String) throws -> [Int] {
        try values.map { value in
            guard value == value.rounded(), (0..<1024).contains(value) else {
                throw FourMError("\(owner): \(value) is no pose token from 0 to 1023")
            }
            return Int(value)
        }
    }

    /// A box in pixels of the whole picture as one in pixels of a crop of 224 × 224; nil where it is outside.
    private static func box(_ corners: [Double], _ cut: SampleDecoder.Cut, _ owner: String) throws -> [Float]? {
        guard let crop = cut.crop else { throw FourMError("\(owner): nothing tells the size of the picture that the box lies in") }
        let x = [corners[0], corners[2]].map { ($0 - Double(crop.left)) / Double(crop.width) }
        let y = [corners[1], corners[3]].map { ($0 - Double(crop.top)) / Double(crop.height) }
        for side in [x, y] where side.allSatisfy({ $0 < 0 }) || side.allSatisfy({ $0 > 1 }) { return nil }
        return [x[0], y[0], x[1], y[1]].map { Float(min(max($0, 0), 1) * 224) }
    }
}
