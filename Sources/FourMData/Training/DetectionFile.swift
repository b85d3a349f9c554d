import Formats
import FourMSettings
import FourMText
import IR

/// Boxes of a sample, cut with its picture: `{"instances": [{"boxes": [xmin, ymin, xmax, ymax], "class_name", "score"}]}`, in fractions.
///
/// Source: `DetectionTransform` in `fourm/data/modality_transforms.py`, and what it calls of albumentations.
enum DetectionFile {
    static let leastScore = 0.6

    static func text(_ file: SampleFile, _ cut: SampleDecoder.Cut, bins: Int) throws -> String {
        guard let instances = try SampleJSON.value(file)["instances"]?.array else {
            throw FourMError("\(file.name): boxes are {\"instances\": [{\"boxes\": […], \"class_name\": …, \"score\": …}]}")
        }
        var boxes: [DetectedBox] = []
        for (index, instance) in instances.enumerated() {
            let owner = "\(file.name), instance \(index)"
            guard let score = instance["score"]?.double, let label = instance["class_name"]?.string else {
                throw FourMError("\(owner): 'score' must be a number and 'class_name' a text")
            }
            let v = try instance.numbers("boxes", count: 4, owner)
            if score >= leastScore { boxes.append(DetectedBox(xMin: v[0], yMin: v[1], xMax: v[2], yMax: v[3], label: label)) }
        }
        return DetectedBoxes(boxes: try boxes.compactMap { try DetectionFile.cut($0, cut, file) }).text(bins: bins)
    }

    /// The part of a box inside the crop, in fractions of it; nil where there is none.
    private static func cut(_ box: DetectedBox, _ cut: SampleDecoder.Cut, _ file: SampleFile) throws -> DetectedBox? {
        guard let crop = cut.crop else { return box }
        guard let size = cut.size else {
            throw FourMError(
                "\(file.name): nothing tells the size of the picture that the boxes lie in; add the pictures (rgb) to in_domains, or make the "
                    + "first crop setting the centre square", .request)
        }
        var made = box
        func along(_ value: Double, _ length: Int, _ start: Int, _ extent: Int) -> Double {
            min(max((value * Double(length) - Double(start)) / Double(extent), 0), 1)
        }
        made.xMin = along(box.xMin, size.width, crop.left, crop.width)
        made.xMax = along(box.xMax, size.width, crop.left, crop.width)
        made.yMin = along(box.yMin, size.height, crop.top, crop.height)
        made.yMax = along(box.yMax, size.height, crop.top, crop.height)
        if crop.flip { (made.xMin, made.xMax) = (1 - made.xMax, 1 - made.xMin) }
        return made.xMax > made.xMin && made.yMax > made.yMin ? made : nil
    }
}
