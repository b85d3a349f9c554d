import Formats
import FourMSettings
import FourMText
import IR
import Media
import Names

/// Captions, and every text that is nothing but words.
struct CaptionCodec: TextCodec {
    /// Whole objects alone: a text may well begin with a bracket or a brace.
    func readsJSON(_ value: String) -> Bool {
        value.first { !$0.isWhitespace } == "{" && (try? CodecJSON.parse(value, ""))?.object != nil
    }

    /// A string, `{"caption": string}`, or the first of a list of them (`CaptionTransform` in `fourm/data/modality_transforms.py`).
    func text(_ json: ConfigValue, _ context: CodecContext) throws -> String {
        let first = json.array?.first ?? json
        guard let text = first.string ?? first["caption"]?.string else {
            throw FourMError("a caption's JSON must be a string, {\"caption\": …} or a list of them")
        }
        return text
    }

    func present(_ text: String, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        if text.allSatisfy(\.isWhitespace) { target.summary = "no words" }
    }
}

/// `metadata`: an object of any of the 21 known fields, written in the order of their ids.
struct MetadataCodec: TextCodec {
    func text(_ json: ConfigValue, _ context: CodecContext) throws -> String {
        guard let members = json.object else { throw FourMError("metadata must be a JSON object of fields and numbers") }
        let entries = try members.map { member in
            guard let field = MetadataField(rawValue: member.key) else {
                let hint = NearNames.hint(member.key, in: MetadataField.allCases.map(\.rawValue))
                throw FourMError("metadata has no field '\(member.key.prefix(80))'; \(hint)")
            }
            guard let number = member.value.double else { throw FourMError("metadata: '\(member.key)' must be a number") }
            return (field: field, value: member.value.int.map { MetadataValue.integer($0) } ?? .real(number))
        }
        return try Metadata.text(entries.sorted { $0.field.id < $1.field.id })
    }

    func present(_ text: String, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        let metadata = Metadata(parsing: text)
        target.warnings += metadata.warnings
        let fields = MetadataField.allCases.filter { metadata.values[$0] != nil }
        target.json = try CodecJSON.text(Dictionary(uniqueKeysWithValues: fields.map { ($0.rawValue, metadata.values[$0]) }))
        target.summary = fields.map { field in
            let number = metadata.values[field]?.number ?? 0
            let isWhole = number == number.rounded()
            return field.rawValue.replacing("_", with: " ") + ": " + (isWhole ? "\(Int(number))" : "\((number * 1000).rounded() / 1000)")
        }.joined(separator: "\n")
        if fields.isEmpty { target.summary = "no fields" }
    }
}

/// How many there are, in words.
enum Counted {
    static func text(_ count: Int, _ one: String, _ many: String) -> String {
        count == 0 ? "no \(many)" : count == 1 ? "1 \(one)" : "\(count) \(many)"
    }
}

/// `color_palette`: hexadecimal colours in, swatches out.
struct PaletteCodec: TextCodec {
    /// Colours of the longest palette that the model knows.
    static let limit = 7

    func text(_ json: ConfigValue, _ context: CodecContext) throws -> String {
        try json.check(keys: ["colors", "rgb"], "color_palette")
        let colors = try json.list("colors", "color_palette").map { entry -> [UInt8] in
            if let hex = entry.string { return try PaletteCodec.color(hex) }
            let bytes = entry.numbers?.compactMap { UInt8(exactly: $0) } ?? []
            guard bytes.count == 3 else { throw FourMError("color_palette: a colour is \"#rrggbb\" or [red, green, blue] of 0 to 255") }
            return bytes
        }
        return try PaletteCodec.text(colors)
    }

    /// `#rrggbb` words become the model's; anything else stays.
    func text(_ plain: String, _ context: CodecContext) throws -> String {
        let words = plain.split { $0 == " " || $0 == "," }
        guard !words.isEmpty, words.allSatisfy({ $0.hasPrefix("#") }) else { return plain }
        return try PaletteCodec.text(words.map { try PaletteCodec.color(String($0)) })
    }

    private static func text(_ colors: [[UInt8]]) throws -> String {
        guard (1...limit).contains(colors.count) else {
            throw FourMError("color_palette: \(colors.count) colours; the model knows palettes of 1 to \(limit)")
        }
        return ColorPalette(colors: colors).text
    }

    private static func color(_ hex: String) throws -> [UInt8] {
        let digits = hex.hasPrefix("#") ? hex.dropFirst() : hex[...]
        guard digits.utf8.count == 6, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
            throw FourMError("color_palette: '\(hex)' is no colour #rrggbb")
        }
        let color = RGBColor(hex: value)
        return [color.red, color.green, color.blue]
    }

    private struct Record: Encodable {
        let colors: [String]
        let rgb: [[UInt8]]
    }

    func present(_ text: String, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        let palette = ColorPalette(parsing: text)
        target.warnings += palette.warnings
        let colors = palette.colors.map { RGBColor($0[0], $0[1], $0[2]) }
        let names = colors.map(\.hex)
        target.json = try CodecJSON.text(Record(colors: names, rgb: palette.colors))
        target.footer = names.joined(separator: " ")
        if colors.isEmpty {
            target.summary = "no colours"
            return
        }
        var picture = try ByteImage(width: 224, height: 224, channels: 3, filledWith: 255)
        for (index, color) in colors.enumerated() {
            let (left, right) = (224 * index / colors.count, 224 * (index + 1) / colors.count)
            picture.fill(PixelRect(x: left, y: 0, width: right - left, height: 224), color)
        }
        target.picture = picture
    }
}
