extension Raster {
    /// The largest centred box of the shape `width` : `height`; for a square ``centerSquare``.
    public func centerBox(width w: Int, height h: Int) -> CropBox {
        guard w > 0, h > 0, w != h else { return centerSquare }
        func share(_ side: Int, _ a: Int, _ b: Int) -> Int { max(Int((Double(side) * Double(a) / Double(b)).rounded()), 1) }
        let box = (width: min(width, share(height, w, h)), height: min(height, share(width, h, w)))
        return CropBox(top: (height - box.height) / 2, left: (width - box.width) / 2, height: box.height, width: box.width)
    }
}

extension Preprocess {
    /// As ``square(_:side:filter:)`` for sizes that are no squares: centre crop to the shape, then resize.
    public static func centered(_ image: ByteImage, width: Int, height: Int, filter: ResampleFilter = .bicubic) throws -> ByteImage {
        try image.crop(image.centerBox(width: width, height: height)).resize(width: width, height: height, filter: filter)
    }

    /// As ``centered(_:width:height:filter:)`` for depth maps.
    public static func centered(_ depth: Image16, width: Int, height: Int, filter: ResampleFilter = .bicubic) throws -> Image16 {
        try depth.crop(depth.centerBox(width: width, height: height)).resize(width: width, height: height, filter: filter)
    }
}
