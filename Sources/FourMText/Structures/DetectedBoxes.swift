/// One detected object; coordinates are fractions of the picture's width and height.
package struct DetectedBox: Sendable, Equatable, Codable {
    package var xMin: Double
    package var yMin: Double
    package var xMax: Double
    package var yMax: Double
    /// The name of the class, one or several words.
    package var label: String

    enum CodingKeys: String, CodingKey {
        case xMin = "xmin"
        case yMin = "ymin"
        case xMax = "xmax"
        case yMax = "ymax"
        case label = "class"
    }

    package init(xMin: Double, yMin: Double, xMax: Double, yMax: Double, label: String) {
        self.xMin = xMin
        self.yMin = yMin
        self.xMax = xMax
        self.yMax = yMax
        self.label = label
    }
}

/// The objects of a `det` string: `v0=xmin v1=ymin v2=xmax v3=ymax class …` for each.
///
/// A coordinate v of n bins is v / (n - 1). Sources: `convert_string_to_bboxes` in `fourm/utils/plotting_utils.py` and
/// `DetectionTransform` in `fourm/data/modality_transforms.py`. Where the former raises, the box at fault is dropped
/// and named in `warnings`.
package struct DetectedBoxes: Sendable, Equatable, Codable {
    package var boxes: [DetectedBox]
    package var warnings: [String]

    package init(boxes: [DetectedBox], warnings: [String] = []) {
        self.boxes = boxes
        self.warnings = warnings
    }

    /// Reads a decoded `det` string.
    ///
    /// - Parameters:
    ///   - bins: number of coordinate bins, at least 2: 1000 in 4M's vocabulary, 100 in that of Shapes.
    ///   - keepsSpecialTokens: keeps `[EOS]` and `[PAD]` as words of class names, as the reference function does.
    package init(parsing text: String, bins: Int = 1000, keepsSpecialTokens: Bool = false) {
        guard bins >= 2 else {
            self.init(boxes: [], warnings: ["\(bins) coordinate bins: at least 2 are needed"])
            return
        }
        var reader = BoxReader(bins: bins)
        if !text.isEmpty {
            let words = text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false).map {
                Substring($0)
            }
            for word in words where keepsSpecialTokens || !StructureWords.isSpecial(word) { reader.read(word) }
        }
        reader.finishBox()
        self.init(boxes: reader.boxes, warnings: reader.warnings)
    }

    /// The `det` string of the boxes in the order of their distance from the origin, as the model was trained.
    ///
    /// - Parameter bins: number of coordinate bins, as in `init(parsing:bins:)`; coordinates are clipped to 0...1.
    package func text(bins: Int = 1000) -> String {
        let last = Double(max(bins, 2) - 1)
        let far = { (box: DetectedBox) in box.xMin * box.xMin + box.yMin * box.yMin }
        return boxes.sorted { far($0) < far($1) }.map { box in
            let coordinates = [box.xMin, box.yMin, box.xMax, box.yMax].enumerated().map { axis, value in
                let clipped = value > 0 ? min(value, 1) : 0
                return "v\(axis)=\(Int((clipped * last).rounded(.toNearestOrEven)))"
            }
            return (coordinates + [box.label]).joined(separator: " ")
        }.joined(separator: " ")
    }
}

/// Collects boxes word by word.
private struct BoxReader {
    let bins: Int
    private(set) var boxes: [DetectedBox] = []
    private(set) var warnings: [String] = []
    private var isOpen = false
    private var coordinates: [Double] = []
    private var label: [String] = []
    private var fault: String?
    private var words: [Substring] = []

    init(bins: Int) { self.bins = bins }

    mutating func read(_ word: Substring) {
        if word.isEmpty {
            warnings.append("a space too many was passed over")
            return
        }
        let coordinate = StructureWords.coordinate(word)
        if coordinate?.axis == 0 || word.hasPrefix("v0=") {
            finishBox()
            isOpen = true
        }
        guard isOpen else {
            warnings.append("\"\(word.prefix(40))\" before the first box was dropped")
            return
        }
        words.append(word)
        if let coordinate {
            add(coordinate, word)
        } else if word.unicodeScalars.contains("=") {
            note("\"\(word.prefix(40))\" is no coordinate")
        } else if coordinates.count == 4 {
            label.append(String(word))
        } else {
            note("the class comes after \(coordinates.count) of 4 coordinates")
        }
    }

    mutating func finishBox() {
        guard isOpen else { return }
        if coordinates.count != 4 { note("it has \(coordinates.count) of 4 coordinates") }
        if label.isEmpty { note("it has no class") }
        if let fault {
            warnings.append("the box \"\(words.joined(separator: " ").prefix(80))\" was dropped: \(fault)")
        } else {
            boxes.append(
                DetectedBox(
                    xMin: coordinates[0], yMin: coordinates[1], xMax: coordinates[2], yMax: coordinates[3],
                    label: label.joined(separator: " ")))
        }
        isOpen = false
        coordinates = []
        label = []
        words = []
        fault = nil
    }

    private mutating func add(_ coordinate: StructureWords.Coordinate, _ word: Substring) {
        guard label.isEmpty else { return note("\"\(word)\" comes after the class") }
        guard coordinates.count < 4 else { return note("it has more than 4 coordinates") }
        if coordinate.axis != coordinates.count { warnings.append("\"\(word)\" stands for v\(coordinates.count)") }
        if coordinate.value >= bins { warnings.append("\"\(word)\" is beyond the \(bins) coordinate bins") }
        coordinates.append(Double(coordinate.value) / Double(bins - 1))
    }

    private mutating func note(_ reason: String) {
        if fault == nil { fault = reason }
    }
}
