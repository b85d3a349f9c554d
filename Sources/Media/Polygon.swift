/// Filled polygons as masks.
package enum Polygons {
    /// Row-major flags, true where a pixel's centre lies inside `points` (x, y) by the even-odd rule.
    package static func mask(_ points: [(x: Double, y: Double)], width: Int, height: Int) -> [Bool] {
        var mask = [Bool](repeating: false, count: max(width, 0) * max(height, 0))
        guard points.count >= 3 else { return mask }
        for row in 0..<max(height, 0) {
            let y = Double(row) + 0.5
            var crossings: [Double] = []
            for (a, b) in zip(points, points.dropFirst() + points.prefix(1)) where (a.y <= y) != (b.y <= y) {
                crossings.append(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
            }
            crossings.sort()
            for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                let first = max((crossings[pair] - 0.5).rounded(.up), 0)
                let last = min((crossings[pair + 1] - 0.5).rounded(.up), Double(width))
                if first < last { for x in Int(first)..<Int(last) { mask[row * width + x] = true } }
            }
        }
        return mask
    }
}

extension Raster where Sample == UInt8 {
    /// Mixes `color` into the pixels that `mask` names; the mask's top left corner lies at (x, y).
    package mutating func tint(_ mask: [Bool], width maskWidth: Int, x: Int, y: Int, _ color: RGBColor, opacity: Double = 0.6) {
        guard maskWidth > 0, channels >= 3 else { return }
        let weight = Int((min(max(opacity.isNaN ? 0 : opacity, 0), 1) * 256).rounded())
        let ink = [Int(color.red), Int(color.green), Int(color.blue)]
        for (index, isInside) in mask.enumerated() where isInside {
            let (column, row) = (x + index % maskWidth, y + index / maskWidth)
            guard column >= 0, row >= 0, column < width, row < height else { continue }
            let at = (row * width + column) * channels
            for c in 0..<3 { samples[at + c] = UInt8((Int(samples[at + c]) * (256 - weight) + ink[c] * weight + 128) >> 8) }
        }
    }
}
