/// Colours of class indices.
package struct LabelPalette: Sendable, Equatable {
    package var colors: [RGBColor]

    package init(colors: [RGBColor]) { self.colors = colors }

    /// The colour of a class; black outside the palette.
    package subscript(label: Int) -> RGBColor { colors.indices.contains(label) ? colors[label] : .black }

    /// `count` colours that neighbours in the list are easy to tell apart in. Hues step by the golden ratio,
    /// brightness and saturation cycle. Always the same colours for the same index.
    package static func distinct(_ count: Int) -> LabelPalette {
        LabelPalette(colors: (0..<max(0, count)).map(distinctColor))
    }

    /// Class 0 (void, no class) is grey, the others are ``distinct(_:)``.
    package static func labels(_ count: Int) -> LabelPalette {
        let others = max(0, min(count, 1 << 16) - 1)
        return LabelPalette(colors: count > 0 ? [RGBColor(hex: 0x6E6E6E)] + distinct(others).colors : [])
    }

    /// The 133 COCO panoptic classes after "no class" (`COCO_SEMSEG_NUM_CLASSES` of the reference).
    package static let coco = COCOClasses.palette

    private static let first: [UInt32] = [
        0xD62F4B, 0x2E9E4F, 0x3566CC, 0xE8792B, 0x8C3FB0, 0x159FB5, 0xD94FA8, 0xB39B12, 0x4B6B2F, 0x8A5A33,
    ]

    private static func distinctColor(_ index: Int) -> RGBColor {
        if index < first.count { return RGBColor(hex: first[index]) }
        let hue = (Double(index) * 0.618033988749895).truncatingRemainder(dividingBy: 1)
        let value = [0.95, 0.7, 0.85, 0.55][index % 4]
        let saturation = [0.85, 0.75, 0.5][index % 3]
        return color(hue: hue, saturation: saturation, value: value)
    }

    private static func color(hue: Double, saturation: Double, value: Double) -> RGBColor {
        func channel(_ n: Double) -> Double {
            let k = (n + hue * 6).truncatingRemainder(dividingBy: 6)
            return value * (1 - saturation * max(0, min(k, 4 - k, 1)))
        }
        return RGBColor(unit: channel(5), channel(3), channel(1))
    }
}
