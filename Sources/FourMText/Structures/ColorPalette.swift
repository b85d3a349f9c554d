/// The colours of a `color_palette` string: `v1=count v0=red v0=green v0=blue …`.
///
/// Source: `visualize_palettes_multi` in `fourm/utils/plotting_utils.py`: the first word is passed over whatever it is,
/// then every three values are a colour. Colours with a word that is no value 0 to 255 are dropped and named in
/// `warnings`.
package struct ColorPalette: Sendable, Equatable, Codable {
    /// Red, green and blue, 0 to 255 each.
    package var colors: [[UInt8]]
    package var warnings: [String]

    /// - Parameter colors: red, green and blue of each, 0 to 255.
    package init(colors: [[UInt8]]) { (self.colors, warnings) = (colors, []) }

    /// Reads a decoded string.
    package init(parsing text: String) {
        colors = []
        warnings = []
        let values = StructureWords.words(text).dropFirst()
        var start = values.startIndex
        while start + 3 <= values.endIndex {
            let words = values[start..<start + 3]
            let color = words.compactMap { StructureWords.coordinate($0)?.value }.compactMap { UInt8(exactly: $0) }
            if color.count == 3 {
                colors.append(color)
            } else {
                let shown = words.joined(separator: " ").prefix(80)
                warnings.append("the colour \"\(shown)\" is not three values 0 to 255")
            }
            start += 3
        }
        if start < values.endIndex { warnings.append("the last \(values.endIndex - start) values are no whole colour") }
    }

    /// The `color_palette` string (`ColorPaletteTransform` in `fourm/data/modality_transforms.py`).
    package var text: String {
        (["v1=\(colors.count)"] + colors.flatMap { $0.map { "v0=\($0)" } }).joined(separator: " ")
    }
}
