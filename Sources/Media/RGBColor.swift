/// An opaque 8-bit sRGB colour.
package struct RGBColor: Sendable, Hashable {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8

    package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// From 0xRRGGBB; higher bits are ignored.
    package init(hex: UInt32) {
        self.init(
            UInt8(truncatingIfNeeded: hex >> 16), UInt8(truncatingIfNeeded: hex >> 8), UInt8(truncatingIfNeeded: hex))
    }

    /// `#rrggbb`
    package var hex: String { "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    /// From channels in 0...1; values outside (and NaN) are clamped, rounding is to the nearest.
    package init(unit red: Double, _ green: Double, _ blue: Double) {
        self.init(byte(fromUnit: red), byte(fromUnit: green), byte(fromUnit: blue))
    }

    package static let white = RGBColor(255, 255, 255)
    package static let black = RGBColor(0, 0, 0)

    /// ITU-R 601 luma, 0...255.
    package var luminance: UInt8 { luma(red, green, blue) }

    /// Black or white, whichever reads better on this colour.
    package var readableInk: RGBColor { luminance > 140 ? RGBColor(hex: 0x141414) : .white }
}

/// 0...1 to 0...255, to the nearest; outside values and NaN are clamped.
func byte(fromUnit value: Double) -> UInt8 {
    value > 0 ? UInt8((min(value, 1) * 255).rounded()) : 0
}
