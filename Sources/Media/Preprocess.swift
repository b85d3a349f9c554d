/// The reference's way from decoded pictures to model inputs
/// (ml-4m `fourm/data/modality_transforms.py`: RGBTransform, DepthTransform, NormalTransform, SemsegTransform).
package enum Preprocess {
    /// Crop, resize, flip of the training transforms.
    package struct Augmentation: Sendable, Equatable {
        package var crop: CropBox
        /// Output width and height. The reference hands its (height, width) target to Pillow as (width, height), so
        /// ``init(crop:referenceTarget:filter:flip:)`` takes the target as the reference's files give it.
        package var width: Int
        package var height: Int
        /// nil: bicubic, Pillow's default for 8-bit and (since Pillow 11) 16-bit pictures. Labels always use nearest.
        package var filter: ResampleFilter?
        package var flip: Bool

        package init(crop: CropBox, width: Int, height: Int, filter: ResampleFilter? = nil, flip: Bool = false) {
            self.crop = crop
            self.width = width
            self.height = height
            self.filter = filter
            self.flip = flip
        }

        /// `referenceTarget` is the reference's `target_size`: its first number becomes the width.
        package init(
            crop: CropBox, referenceTarget: (Int, Int), filter: ResampleFilter? = nil, flip: Bool = false
        ) {
            self.init(crop: crop, width: referenceTarget.0, height: referenceTarget.1, filter: filter, flip: flip)
        }
    }

    /// The inference transform: centre crop to the short side, then resize to `side` x `side`.
    package static func square(
        _ image: ByteImage, side: Int, filter: ResampleFilter = .bicubic
    ) throws -> ByteImage {
        try image.crop(image.centerSquare).resize(width: side, height: side, filter: filter)
    }

    /// As ``square(_:side:filter:)`` for depth maps.
    package static func square(_ depth: Image16, side: Int, filter: ResampleFilter = .bicubic) throws -> Image16 {
        try depth.crop(depth.centerSquare).resize(width: side, height: side, filter: filter)
    }

    /// The training transform of RGB pictures: crop (zero-padded), resize, flip.
    package static func rgb(_ image: ByteImage, _ how: Augmentation) throws -> ByteImage {
        let resized = try image.crop(how.crop).resize(
            width: how.width, height: how.height, filter: how.filter ?? .bicubic)
        return how.flip ? resized.flippedHorizontally() : resized
    }

    /// As ``rgb(_:_:)`` for surface normals: a flip also negates the x component, that is, red becomes 255 - red.
    package static func normals(_ image: ByteImage, _ how: Augmentation) throws -> ByteImage {
        var out = try rgb(image, how)
        if how.flip {
            for red in stride(from: 0, to: out.samples.count, by: out.channels) {
                out.samples[red] = 255 - out.samples[red]
            }
        }
        return out
    }

    /// As ``rgb(_:_:)`` for 16-bit depth. The golden data `depth1` shows that the reference's default filter (nil) is
    /// bicubic for these as well; ask for `.nearest` to have what Pillow before 11 did.
    package static func depth(_ image: Image16, _ how: Augmentation) throws -> Image16 {
        let resized = try image.crop(how.crop).resize(
            width: how.width, height: how.height, filter: how.filter ?? .bicubic)
        return how.flip ? resized.flippedHorizontally() : resized
    }

    /// As ``rgb(_:_:)`` for class indices (one channel), always by nearest neighbour.
    package static func labels(_ image: ByteImage, _ how: Augmentation) throws -> ByteImage {
        let resized = try image.crop(how.crop).resizedNearest(width: how.width, height: how.height)
        return how.flip ? resized.flippedHorizontally() : resized
    }
}
