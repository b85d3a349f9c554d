/// One mask of a `sam_instance` string.
package struct SamInstance: Sendable, Equatable, Codable {
    /// `[4]`: xmin, ymin, xmax, ymax in pixels of a 224 x 224 picture; the mask fills this box.
    package var box: [Int]
    /// `[16]`: codes for the mask tokenizer, a 4 x 4 grid row by row.
    package var tokens: [Int]

    /// Area of the box in pixels.
    package var area: Int { (box[2] - box[0]) * (box[3] - box[1]) }
}

/// The masks of a `sam_instance` string, the biggest box first.
///
/// The string holds, for each query point, `point` and 2 values, then `none` or polygons: `polygon`, 4 values for the
/// box and 16 codes (`v1` adds 512). Source: `decode_sam_instances` in `fourm/utils/plotting_utils.py`. The polygons
/// that it passes over are named in `warnings`.
package struct SamInstances: Sendable, Equatable, Codable {
    package var instances: [SamInstance]
    package var warnings: [String]

    private static let tokenCount = 16

    /// Reads a decoded string.
    ///
    /// - Parameter codebookSize: number of codes of the mask tokenizer; a polygon with a code beyond it is dropped.
    package init(parsing text: String, codebookSize: Int = 1024) {
        instances = []
        warnings = []
        for point in StructureWords.words(text).split(separator: "point") where point.count > 3 {
            let polygons = point.split(separator: "polygon").enumerated()
            for (index, polygon) in polygons where index > 0 || polygon.count > 2 {
                read(polygon, codebookSize)
            }
        }
        let order = instances.indices.sorted { (instances[$1].area, $0) < (instances[$0].area, $1) }
        instances = order.map { instances[$0] }
    }

    private mutating func read(_ words: ArraySlice<Substring>, _ codebookSize: Int) {
        guard words.count == Self.tokenCount + 4 else { return drop("it has \(words.count) of 20 values") }
        guard let values = StructureWords.values(words, from: words.startIndex, count: words.count) else {
            return drop("it holds a word that is no value")
        }
        let box = values[..<4].map(\.value)
        guard box[0] < box[2], box[1] < box[3] else { return drop("its box \(box) is empty") }
        guard box.allSatisfy({ $0 <= 999 }) else { return drop("its box \(box) has a coordinate above 999") }
        let tokens = values[4...].map { $0.axis == 0 ? $0.value : $0.value + 512 }
        guard tokens.allSatisfy({ $0 < codebookSize }) else { return drop("a code is above \(codebookSize - 1)") }
        instances.append(SamInstance(box: box, tokens: tokens))
    }

    private mutating func drop(_ reason: String) { warnings.append("a polygon was dropped: \(reason)") }
}
