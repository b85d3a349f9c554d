/// A file of low-rank adapters, and the factor they count with: `FILE` or `FILE:SCALE`.
package struct LoRASource: Sendable, Hashable, Codable {
    package var path: String
    /// Of `W + scale · up · down`; the file does not say it. 1 in the reference unless its training code chose another.
    package var scale: Double

    package init(path: String, scale: Double = 1) {
        self.path = path
        self.scale = scale
    }

    /// What follows the last colon is the scale if it is a number. Nil without a path, and for a scale that is not finite.
    package init?(_ text: String) {
        var path = Substring(text)
        var scale = 1.0
        if let colon = text.lastIndex(of: ":"), let number = Double(text[text.index(after: colon)...]) {
            path = text[..<colon]
            scale = number
        }
        guard !path.isEmpty, scale.isFinite else { return nil }
        self.init(path: String(path), scale: scale)
    }
}
