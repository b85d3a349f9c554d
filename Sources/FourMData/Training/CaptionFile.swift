import Formats
import FourMSettings
import IR

/// Captions of a sample: a text, `{"caption": text}`, or a list of them.
///
/// Source: `CaptionTransform` in `fourm/data/modality_transforms.py`.
enum CaptionFile {
    static func text(
        _ file: SampleFile, _ settings: DatasetSettings4M, _ index: Int?, _ random: CounterRandom, isTraining: Bool
    ) throws -> String {
        if file.suffix == "txt" { return try SampleJSON.text(file) }
        var value = try SampleJSON.value(file)
        if let list = value.array {
            guard !list.isEmpty else { throw FourMError("\(file.name) has no caption") }
            value = list[try choice(of: list.count, settings, index, random, isTraining: isTraining, file)]
        }
        guard let text = value.string ?? value["caption"]?.string else {
            throw FourMError("\(file.name): a caption is a text, {\"caption\": text} or a list of them")
        }
        return text
    }

    /// Which of `count` captions is taken: that of the crop, or any. The only one is that of all crops, where vectors stand for it.
    static func choice(
        of count: Int, _ settings: DatasetSettings4M, _ index: Int?, _ random: CounterRandom, isTraining: Bool, _ file: SampleFile
    ) throws -> Int {
        guard count > 1 else { return 0 }
        guard settings.alignsCaptions else { return Int(random.integer(below: UInt64(count), at: 0)) }
        guard let index else { return 0 }
        guard index < count else {
            throw FourMError(
                "\(file.name) has \(count) captions, and the sample more crops; set aligned_captions: False if they belong to no crop")
        }
        return index
    }
}
