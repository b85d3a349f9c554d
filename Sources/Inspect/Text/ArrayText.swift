import IR

/// A tensor's numbers in nested brackets, as NumPy prints them: all of them, or the ends of each axis.
struct ArrayText {
    let text: String

    /// Numbers that are shown at most where not all are: a tensor of many axes, whose ends would be more, is shown as one axis.
    private static let mostShown = 2000

    /// - Parameter most: numbers of a tensor that is shown whole.
    init(_ tensor: Tensor, most: Int) {
        guard tensor.count > 0 else {
            text = "[]"
            return
        }
        let isWhole = tensor.count <= most
        let isFlat = !isWhole && ArrayAxes(tensor.shape, isWhole: false).countShown(upTo: ArrayText.mostShown) > ArrayText.mostShown
        let axes = ArrayAxes(isFlat ? [tensor.count] : tensor.shape, isWhole: isWhole)
        let indices = axes.indices
        let cells = zip(indices, ArrayText.aligned(ArrayElement.all(of: tensor.picking(indices)).map(\.text)))
        let note = isFlat ? "as one axis: " : ""
        text = note + axes.text(Dictionary(cells, uniquingKeysWith: { first, _ in first }), indent: note.count)
    }
}

extension ArrayText {
    /// `texts` with blanks behind those that have fewer digits after the point than others, so that points stand below each other; as they
    /// are where one has an exponent.
    fileprivate static func aligned(_ texts: [String]) -> [String] {
        func digits(_ text: String) -> Int? { text.lastIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) } }
        let isPlain = texts.allSatisfy { $0.allSatisfy { $0.isNumber || $0 == "." || $0 == "-" } || $0 == "nan" || $0.hasSuffix("inf") }
        guard isPlain, let most = texts.compactMap(digits).max() else { return texts }
        return texts.map { text in digits(text).map { text + String(repeating: " ", count: most - $0) } ?? text }
    }
}

/// Which places along each axis of a tensor are shown.
private struct ArrayAxes {
    private let shape: [Int]
    private let isWhole: Bool

    /// Places at each end of an axis.
    private static let edge = 3
    private static let lineWidth = 100

    init(_ shape: [Int], isWhole: Bool) { (self.shape, self.isWhole) = (shape, isWhole) }

    /// How many elements are shown; some number above `most` where they are more.
    func countShown(upTo most: Int) -> Int {
        var count = 1
        for size in shape where count <= most { count *= min(size, 2 * ArrayAxes.edge) }
        return count
    }

    /// Flat indices of what is shown.
    var indices: [Int] {
        shape.reduce([0]) { made, size in
            let shown = places(size).compactMap { $0 }
            return made.flatMap { outer in shown.map { outer * size + $0 } }
        }
    }

    /// nil stands for those that are left out.
    private func places(_ size: Int) -> [Int?] {
        let edge = ArrayAxes.edge
        if isWhole || size <= 2 * edge { return Array(0..<max(size, 0)) }
        return Array(0..<edge) + [nil] + Array((size - edge)..<size)
    }

    /// `cells` by flat index in brackets; the first stands behind `indent` characters.
    func text(_ cells: [Int: String], indent: Int) -> String {
        text(0, 0, cells, width: cells.values.map(\.count).max() ?? 0, indent: indent)
    }

    /// What lies at place `offset` of the axes before `axis`.
    private func text(_ axis: Int, _ offset: Int, _ cells: [Int: String], width: Int, indent: Int) -> String {
        guard axis < shape.count else { return cells[offset] ?? "?" }
        let size = shape[axis]
        let parts = places(size).map { place in
            place.map { text(axis + 1, offset * size + $0, cells, width: width, indent: indent + 1) } ?? "…"
        }
        let margin = String(repeating: " ", count: indent + 1)
        guard axis == shape.count - 1 else {
            let gap = String(repeating: "\n", count: min(shape.count - axis - 1, 2))
            return "[" + parts.joined(separator: gap + margin) + "]"
        }
        return "[" + lines(parts, width, indent + 1).joined(separator: "\n" + margin) + "]"
    }

    /// Elements of the last axis, one below the other, in lines that are not too long.
    private func lines(_ parts: [String], _ width: Int, _ indent: Int) -> [String] {
        var (lines, line) = ([String](), "")
        for part in parts {
            let cell = part == "…" ? part : String(repeating: " ", count: max(width - part.count, 0)) + part
            if !line.isEmpty, indent + line.count + 1 + cell.count > ArrayAxes.lineWidth {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? cell : " " + cell
        }
        return lines + [line]
    }
}
