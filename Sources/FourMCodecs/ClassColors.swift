import Media

/// Colours of classes, the same in every picture of a bundle: boxes of a class have the colour that its pixels have in segmentations.
struct ClassColors {
    /// Names of segmentation classes by id.
    let names: [String]
    let palette: LabelPalette
    private let others: [String]

    /// - Parameter boxClasses: other classes that have colours of their own, in the model's order.
    init(_ context: CodecContext, boxClasses: [String] = []) {
        names = ClassColors.names(context, classes: nil)
        palette = ClassColors.palette(names.count)
        others = boxClasses
    }

    /// COCO's palette for COCO's number of classes, else one that tells neighbours apart.
    static func palette(_ classes: Int) -> LabelPalette {
        classes == COCOClasses.names.count ? .coco : .labels(max(classes, 256))
    }

    /// The bundle's names; COCO's where it has none and the number of `classes`, if it is known, is COCO's.
    static func names(_ context: CodecContext, classes: Int?) -> [String] {
        guard context.semsegClasses.isEmpty else { return context.semsegClasses }
        return classes == nil || classes == COCOClasses.names.count ? COCOClasses.names : []
    }

    func color(_ label: String) -> RGBColor {
        if let id = names.firstIndex(of: label) { return palette[id] }
        let distinct = LabelPalette.distinct(256)
        if let index = others.firstIndex(of: label) { return distinct[index % 256] }
        // The same word has the same colour in every run, which a hasher does not promise.
        return distinct[Int(label.utf8.reduce(UInt32(17)) { $0 &* 31 &+ UInt32($1) } % 256)]
    }
}
