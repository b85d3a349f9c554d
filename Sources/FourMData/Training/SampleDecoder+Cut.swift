import Formats
import FourMSampling
import FourMSettings
import IR
import Media

extension SampleDecoder {
    /// The crop of a sample: one of its crop settings; without tokens, drawn or the centre square; none without pictures.
    func cut(_ sample: SampleFiles, _ pictures: [String: ByteImage], _ random: CounterRandom) throws -> Cut {
        let main = settings.mainDomain.map(ModalityInfo.baseName(of:)) ?? "rgb"
        let size = (pictures[main] ?? pictures.first?.value).map { (width: $0.width, height: $0.height) }
        if let file = sample.files[ModalityFolders.cropSettings] {
            let crops = try CropSettings(NumpyFile.decode(file.bytes, name: file.name), name: file.name).crops
            let isFirst = !isTraining || !settings.augmentsTokens
            let index = isFirst ? 0 : Int(random.substream("crop").integer(below: UInt64(crops.count), at: 0))
            return Cut(crop: crops[index], index: index, size: size ?? SampleDecoder.size(centred: crops[0]))
        }
        guard let size else { return Cut() }
        if !isTraining { return Cut(crop: .center(width: size.width, height: size.height), size: size) }
        var crop = CropSettings.Crop.random(
            width: size.width, height: size.height, scale: settings.cropScale[0]...max(settings.cropScale[0], settings.cropScale[1]),
            ratio: settings.cropRatio[0]...max(settings.cropRatio[0], settings.cropRatio[1]), random.substream("crop"))
        crop.flip = random.substream("flip").uniform(at: 0) < settings.flipShare
        return Cut(crop: crop, size: size)
    }

    /// The size of the picture whose centre square `crop` is, exact but for an odd margin; nil if it is no such square.
    static func size(centred crop: CropSettings.Crop) -> (width: Int, height: Int)? {
        guard crop.width == crop.height, crop.top >= 0, crop.left >= 0, crop.top == 0 || crop.left == 0 else { return nil }
        return (crop.width + 2 * crop.left, crop.height + 2 * crop.top)
    }
}
