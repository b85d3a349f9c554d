import CCairo
import Foundation

/// How text looks: a font of the system in a size. Characters that it lacks are boxes, those that show nothing are left out.
package struct TextFont: Sendable, Equatable {
    /// Pixels of an em.
    package let size: Double
    package let isBold: Bool

    /// A font of `size` pixels, which is kept between 4 and 1024.
    package init(_ size: Double, isBold: Bool = false) {
        self.size = min(max(size.isNaN ? 0 : size, 4), 1024)
        self.isBold = isBold
    }

    /// The same font in `factor` times its size.
    package func scaled(_ factor: Double, isBold: Bool = false) -> TextFont { TextFont(size * factor, isBold: isBold) }

    /// Refuses what is to be drawn where that cannot be, before anything is computed for it.
    /// - Throws: ``MediaError`` where cairo is not there.
    package static func checkLibrary() throws {
        guard ccairo_is_there() == 0 else { return }
        throw MediaError(
            .library, "libcairo.so.2 cannot be loaded, which draws text and lines", remedy: "install it (Debian: apt install libcairo2)")
    }

    /// Pixels from a line's top to the next one's.
    package var lineHeight: Int { Int((size * 1.35).rounded(.up)) }

    /// Height of capitals.
    package var capHeight: Int { Int((size * 0.73).rounded()) }

    /// Pixels from a line's top to what letters stand on; capitals are in the middle of the line.
    package var baseline: Int { (lineHeight + capHeight + 1) / 2 }

    /// Width of one line.
    package func width(_ text: String) -> Int {
        let advance = ccairo_advance(TextFont.shown(text), size, isBold ? 1 : 0)
        return advance > 0 ? Int(min(advance, 1e9).rounded(.up)) : 0
    }

    /// What of a text is drawn: composed letters, spaces for control characters, nothing for joiners and marks of direction.
    private static func shown(_ text: String) -> String {
        if text.utf8.allSatisfy({ (32..<127).contains($0) }) { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.precomposedStringWithCanonicalMapping.unicodeScalars where !scalar.properties.isDefaultIgnorableCodePoint {
            shown.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(shown)
    }

    /// How much of each pixel a line of text covers whose top left corner is (x, y), inside a picture.
    func coverage(_ text: String, x: Int, y: Int, in width: Int, _ height: Int) throws -> Coverage? {
        let places = -ImageLimits.maxSide...ImageLimits.maxSide
        guard places.contains(x), places.contains(y) else { return nil }
        // Accents and the sides of letters may reach a little out of the line.
        let around = Int(size / 2) + 1
        let (right, bottom) = (x + self.width(text) + around, y + lineHeight + around)
        return try Coverage(x - around..<right, y - around..<bottom, in: width, height) { mask, origin in
            ccairo_text(mask, TextFont.shown(text), size, isBold ? 1 : 0, Double(x - origin.x), Double(y + baseline - origin.y))
        }
    }
}

/// How much of each pixel of a rectangle is covered, 0 to 255.
struct Coverage {
    let columns: Range<Int>
    let rows: Range<Int>
    private let stride: Int
    private var bytes: [UInt8]

    /// What `draw` covers inside a picture's part of the rectangle, whose top left corner is given to it; nil for none.
    /// - Throws: ``MediaError`` where cairo is not there.
    init?(
        _ columns: Range<Int>, _ rows: Range<Int>, in width: Int, _ height: Int,
        _ draw: (UnsafePointer<ccairo_mask>, (x: Int, y: Int)) -> Void
    ) throws {
        try TextFont.checkLibrary()
        self.columns = columns.clamped(to: 0..<width)
        self.rows = rows.clamped(to: 0..<height)
        if self.columns.isEmpty || self.rows.isEmpty || width > Coverage.largest || height > Coverage.largest { return nil }
        let (width, height, origin) = (self.columns.count, self.rows.count, (self.columns.lowerBound, self.rows.lowerBound))
        stride = (width + 3) / 4 * 4
        bytes = [UInt8](repeating: 0, count: stride * height)
        let rowBytes = stride
        bytes.withUnsafeMutableBufferPointer { buffer in
            var mask = ccairo_mask(bytes: buffer.baseAddress, width: Int32(width), height: Int32(height), stride: Int32(rowBytes))
            draw(&mask, origin)
        }
    }

    /// What lines from point to point cover inside a picture, with round ends; one point is a disc.
    static func lines(_ points: [(x: Double, y: Double)], thickness: Double, in width: Int, _ height: Int) throws -> Coverage? {
        guard !points.isEmpty, points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }), thickness > 0 else { return nil }
        let thickness = min(thickness, Double(largest))
        let places = points.map { (x: near($0.x), y: near($0.y)) }
        func reach(_ values: [Double]) -> Range<Int> {
            let (low, high) = (values.min() ?? 0, values.max() ?? 0)
            return Int(low - thickness / 2 - 1)..<Int(high + thickness / 2 + 2)
        }
        return try Coverage(reach(places.map(\.x)), reach(places.map(\.y)), in: width, height) { mask, origin in
            let flat = places.flatMap { [$0.x - Double(origin.x), $0.y - Double(origin.y)] }
            ccairo_lines(mask, flat, places.count, thickness)
        }
    }

    /// cairo has no larger pictures.
    private static let largest = 32767

    private static func near(_ value: Double) -> Double { min(max(value, -65_536), 1_048_576) }

    subscript(x: Int, y: Int) -> UInt8 { bytes[(y - rows.lowerBound) * stride + x - columns.lowerBound] }
}
