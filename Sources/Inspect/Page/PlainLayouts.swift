/// Reads what `dot -Tplain` prints (https://graphviz.org/docs/outputs/plain/): inches, y up.
///
///     graph 1 width height
///     node b0 x y width height label …
///     edge b0 b1 count x1 y1 x2 y2 … style color
///     stop
enum PlainLayouts {
    /// The layouts up to the first that is not complete.
    static func read(_ text: String) -> [PageData.Layout] {
        var layouts: [PageData.Layout] = []
        var current = Drawing()
        // A line of more than 128 characters may be broken with a backslash.
        for line in text.replacing("\\\n", with: "").split(separator: "\n") {
            let words = line.split(separator: " ")
            switch words.first {
            case "graph": current = Drawing(width: points(words, 2), height: points(words, 3))
            case "node": current.addNode(words)
            case "edge": current.addEdge(words)
            case "stop":
                guard let layout = current.layout else { return layouts }
                layouts.append(layout)
            default: break
            }
        }
        return layouts
    }

    /// Inches as points; NaN for what is no number.
    private static func points(_ words: [Substring], _ index: Int) -> Double {
        guard words.indices.contains(index), let inches = Double(words[index]), abs(inches) < 1e6 else { return .nan }
        return inches * 72
    }

    private static func whole(_ value: Double) -> Int { Int(value.rounded()) }

    private struct Drawing {
        var width = Double.nan
        var height = Double.nan
        private var boxes: [Int: PageData.Layout.Box] = [:]
        private var arrows: [PageData.Layout.Arrow] = []
        private var isBroken = false

        init(width: Double = .nan, height: Double = .nan) { (self.width, self.height) = (width, height) }

        private func number(_ words: [Substring], _ index: Int) -> Int? {
            guard words.indices.contains(index), words[index].first == "b" else { return nil }
            return Int(words[index].dropFirst())
        }

        mutating func addNode(_ words: [Substring]) {
            let place = (2..<6).map { points(words, $0) }
            guard let index = number(words, 1), place.allSatisfy(\.isFinite), height.isFinite else {
                isBroken = true
                return
            }
            boxes[index] = PageData.Layout.Box(
                x: whole(place[0]), y: whole(height - place[1]), width: whole(place[2]), height: whole(place[3]))
        }

        mutating func addEdge(_ words: [Substring]) {
            guard let from = number(words, 1), let to = number(words, 2), words.count > 3, let count = Int(words[3]),
                (4...10_000).contains(count), words.count >= 4 + 2 * count
            else {
                isBroken = true
                return
            }
            var path = ""
            for index in 0..<count {
                let (x, y) = (points(words, 4 + 2 * index), height - points(words, 5 + 2 * index))
                guard x.isFinite, y.isFinite else {
                    isBroken = true
                    return
                }
                path += (index == 0 ? "M" : index == 1 ? "C" : " ") + "\(whole(x)),\(whole(y))"
            }
            arrows.append(PageData.Layout.Arrow(from: from, to: to, path: path))
        }

        /// Nil if something could not be read.
        var layout: PageData.Layout? {
            let list = (0..<boxes.count).compactMap { boxes[$0] }
            let fits = arrows.allSatisfy { list.indices.contains($0.from) && list.indices.contains($0.to) }
            guard !isBroken, fits, list.count == boxes.count, width.isFinite, height.isFinite else { return nil }
            return PageData.Layout(width: whole(width), height: whole(height), boxes: list, arrows: arrows)
        }
    }
}
