import Foundation
import FourMSampling
import FourMSettings
import IR
import Media

/// Where the crops of one picture lie, kept so that all modalities of a sample are cut alike.
///
/// As an array: i64 [crops, 5], each row top, left, height, width, flip (0 or 1). Reference: `save_vq_tokens.py`, which writes them to
/// `crop_settings/…/NAME.npy`, and `fourm/data/image_augmenter.py`, which reads them.
package struct CropSettings: Sendable, Hashable {
    package struct Crop: Sendable, Hashable {
        package var top: Int
        package var left: Int
        package var height: Int
        package var width: Int
        /// Mirrored left to right after the crop.
        package var flip: Bool

        package init(top: Int, left: Int, height: Int, width: Int, flip: Bool = false) {
            (self.top, self.left, self.height, self.width, self.flip) = (top, left, height, width, flip)
        }

        var box: CropBox { CropBox(top: top, left: left, height: height, width: width) }
    }

    package var crops: [Crop]

    /// How crops are drawn.
    package struct Drawing: Sendable, Hashable {
        package var count = 1
        /// Least share of the picture's area that a random crop covers.
        package var minimumScale = 0.8
        package var seed: UInt64 = 0

        package init() {}
    }

    package static let maximumCount = 1000

    package init(_ crops: [Crop]) { self.crops = crops }

    /// The centre square, then random crops of a picture called `key`: they depend on `drawing`, the key and the picture's size alone.
    package init(width: Int, height: Int, key: String, _ drawing: Drawing) {
        let random = CounterRandom(seed: drawing.seed).substream("crops").substream(key)
        crops = [.center(width: width, height: height)]
        for index in 1..<max(drawing.count, 1) {
            crops.append(.random(width: width, height: height, minimumScale: drawing.minimumScale, random.substream(UInt64(index))))
        }
    }

    package var tensor: Tensor {
        let rows = crops.flatMap { [$0.top, $0.left, $0.height, $0.width, $0.flip ? 1 : 0] }
        return Tensor(integers: rows, [crops.count, 5], as: .i64)
    }

    /// Reads an array of settings; `name` is for messages.
    /// - Throws: ``FourMError`` for another shape, a flip that is neither 0 nor 1, or an empty or enormous crop.
    package init(_ tensor: Tensor, name: String) throws {
        guard tensor.rank == 2, tensor.shape[1] == 5, (1...CropSettings.maximumCount).contains(tensor.shape[0]) else {
            throw FourMError("\(name): crop settings are an array [crops, 5], not \(tensor.type)")
        }
        let values = tensor.doubles
        guard values.allSatisfy({ $0 == $0.rounded() && abs($0) <= Double(ImageLimits.maxSide) }) else {
            throw FourMError("\(name): crop settings must be whole numbers of pixels")
        }
        crops = try (0..<tensor.shape[0]).map { row in
            let v = values[row * 5..<row * 5 + 5].map { Int($0) }
            guard v[2] > 0, v[3] > 0, (0...1).contains(v[4]) else {
                throw FourMError("\(name): row \(row) is \(v); it must be top, left, height, width, flip (0 or 1)")
            }
            return Crop(top: v[0], left: v[1], height: v[2], width: v[3], flip: v[4] == 1)
        }
    }
}

extension CropSettings.Crop {
    /// Reference: CenterCropImageAugmenter; an odd difference of the sides is rounded down.
    static func center(width: Int, height: Int) -> Self {
        let side = min(width, height)
        return Self(top: (height - side) / 2, left: (width - side) / 2, height: side, width: side)
    }

    private static let (ratio, attempts) = ((least: 0.75, most: 1.3333), 10)

    /// Reference: RandomCropImageAugmenter, that is, torchvision's RandomResizedCrop: an area and an aspect ratio (uniform in its
    /// logarithm) are drawn until the crop fits, ten times at most; then the largest centred crop of an allowed ratio.
    static func random(width: Int, height: Int, minimumScale: Double, _ random: CounterRandom) -> Self {
        self.random(width: width, height: height, scale: minimumScale...1, ratio: ratio.least...ratio.most, random)
    }

    /// The same with shares of the area and ratios of width to height.
    static func random(width: Int, height: Int, scale: ClosedRange<Double>, ratio: ClosedRange<Double>, _ random: CounterRandom) -> Self {
        let flip = random.uniform(at: 0) < 0.5
        for attempt in 1...UInt64(attempts) {
            let at = attempt * 4
            let share = scale.lowerBound + (scale.upperBound - scale.lowerBound) * random.uniform(at: at)
            let area = Double(width) * Double(height) * share
            let (low, high) = (log(ratio.lowerBound), log(ratio.upperBound))
            let aspect = exp(low + (high - low) * random.uniform(at: at + 1))
            let w = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
            let h = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
            guard (1...width).contains(w), (1...height).contains(h) else { continue }
            let top = random.integer(below: UInt64(height - h + 1), at: at + 2)
            let left = random.integer(below: UInt64(width - w + 1), at: at + 3)
            return Self(top: Int(top), left: Int(left), height: h, width: w, flip: flip)
        }
        var whole = widest(width: width, height: height, ratio)
        whole.flip = flip
        return whole
    }

    private static func widest(width: Int, height: Int, _ ratio: ClosedRange<Double>) -> Self {
        let shape = Double(width) / Double(height)
        var (w, h) = (width, height)
        if shape < ratio.lowerBound { h = max(Int((Double(w) / ratio.lowerBound).rounded(.toNearestOrEven)), 1) }
        if shape > ratio.upperBound { w = max(Int((Double(h) * ratio.upperBound).rounded(.toNearestOrEven)), 1) }
        return Self(top: (height - h) / 2, left: (width - w) / 2, height: h, width: w)
    }
}
