import Foundation

/// Numbers as people read them.
package enum Human {
    /// `812 B`, `4.1 kB`, `14.0 MB` (decimal units, as disks and downloads are labelled).
    package static func bytes(_ count: Int) -> String {
        if count < 1000 { return "\(count) B" }
        return scaled(Double(count), ["kB", "MB", "GB", "TB", "PB"])
    }

    /// `812`, `4.1 k`, `14.0 M`, `2.82 G`.
    package static func count(_ value: Double) -> String {
        value < 1000 ? String(format: "%.0f", value) : scaled(value, ["k", "M", "G", "T", "P"])
    }

    /// `812 FLOP`, `606 MFLOP`, `6.63 GFLOP`.
    package static func flops(_ value: Int) -> String { value < 1000 ? "\(value) FLOP" : count(Double(value)) + "FLOP" }

    /// Three digits and more: `0.284`, `13.3`, `1204`.
    package static func milliseconds(_ value: Double) -> String {
        String(format: value < 9.995 ? "%.3f" : value < 99.95 ? "%.2f" : value < 999.5 ? "%.1f" : "%.0f", value)
    }

    /// `3,970,000`
    package static func exact(_ value: Int) -> String {
        var text = ""
        for (index, digit) in String(value.magnitude).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }

    private static func scaled(_ value: Double, _ units: [String]) -> String {
        var (rest, unit) = (value / 1000, 0)
        while rest >= 999.5, unit < units.count - 1 { (rest, unit) = (rest / 1000, unit + 1) }
        return String(format: rest < 9.995 ? "%.2f %@" : rest < 99.95 ? "%.1f %@" : "%.0f %@", rest, units[unit])
    }
}
