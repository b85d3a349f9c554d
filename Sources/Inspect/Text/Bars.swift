/// Bars and curves of block characters.
package enum Bars {
    private static let eighths: [Character] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]
    private static let heights: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// A lying bar of `share` (0 to 1) of `width` characters, to an eighth of one; at least the thinnest where there is anything.
    package static func bar(_ share: Double, width: Int) -> String {
        guard share.isFinite, share > 0, width > 0 else { return "" }
        let parts = max(Int((min(share, 1) * Double(width * 8)).rounded()), 1)
        return String(repeating: "█", count: parts / 8) + (parts % 8 > 0 ? String(eighths[parts % 8]) : "")
    }

    /// A character for each count, as high as its share of the largest; blank where there is none.
    package static func row(_ counts: [Int]) -> String {
        let most = Double(max(counts.max() ?? 0, 1))
        return String(counts.map { $0 <= 0 ? " " : heights[max(Int((Double($0) / most * 8).rounded()), 1)] })
    }

    /// Lines, the upper first, of a curve of `height` lines through `values`, a character for each; of the largest value all lines are full.
    package static func curve(_ values: [Double], height: Int) -> [String] {
        let most = values.max() ?? 0
        guard height > 0, most > 0, most.isFinite else { return [] }
        let parts = values.map { max(Int(($0 / most * Double(height * 8)).rounded()), $0 > 0 ? 1 : 0) }
        return (0..<height).reversed().map { line in String(parts.map { heights[min(max($0 - line * 8, 0), 8)] }) }
    }

    /// At most `width` values in place of `values`: the largest of each of as many runs of neighbours.
    package static func squeezed(_ values: [Double], to width: Int) -> [Double] {
        guard width > 0, values.count > width else { return values }
        return (0..<width).map { column in
            let (start, end) = (column * values.count / width, (column + 1) * values.count / width)
            return values[start..<max(end, start + 1)].max() ?? 0
        }
    }
}
