extension Raster {
    /// The largest centred box of the shape `width` : `height`; for a square ``centerSquare``.
    package func centerBox(width w: Int, height h: Int) -> CropBox {
        guard w > 0, h > 0, w != h else { return centerSquare }
        func share(_ side: Int, _ a: Int, _ b: Int) -> Int { max(Int((Double(side) * Double(a) / Double(b)).rounded()), 1) }
        let box = (width: min(width, share(height, w, h)), height: min(height, share(width, h, w)))
        return CropBox(top: (height - box.height) / 2, left: (width - box.width) / 2, height: box.height, width: box.width)
    }
}

extension Preprocess.Augmentation {
    /// As ``Preprocess/square(_:side:filter:)`` for sizes that are no squares: centre crop of `picture` to the shape, then resize.
    package init<Sample>(centering picture: Raster<Sample>, width: Int, height: Int) {
        self.init(crop: picture.centerBox(width: width, height: height), width: width, height: height)
    }
}
