import Files
import FourMCodecs
import IR
import Media

/// A picture of a data set beside what a tokenizer makes of it.
enum PicturePair {
    /// Most pairs of a sheet.
    static let most = 16

    /// Both as pictures side by side; nil for a modality without.
    static func joined(_ given: Tensor, _ made: Tensor, modality: String) throws -> ByteImage? {
        guard let right = try PictureForms.picture(base: modality, made)?.rgb,
            let left = try PictureForms.picture(base: modality, given)?.rgb
        else { return nil }
        guard left.height == right.height, left.width == right.width else { return right }
        let width = left.width * 3
        var samples: [UInt8] = []
        samples.reserveCapacity(2 * left.samples.count)
        for row in 0..<left.height {
            let range = row * width..<(row + 1) * width
            samples += left.samples[range]
            samples += right.samples[range]
        }
        return try ByteImage(width: 2 * left.width, height: left.height, channels: 3, samples: samples)
    }

    /// Where pair `number` goes: `0000.png`, ….
    static func path(_ number: Int, in folder: String) -> String {
        FilePath.join(folder, String(repeating: "0", count: max(4 - "\(number)".count, 0)) + "\(number).png")
    }
}
