/// A decoded mask of one instance: probabilities of a square grid that fills its box.
public struct SamMask: Sendable, Equatable {
    /// `[4]`: xmin, ymin, xmax, ymax in pixels.
    public var box: [Int]
    /// `[n * n]`: probability of each cell, row by row.
    public var probabilities: [Float]

    public init(box: [Int], probabilities: [Float]) {
        self.box = box
        self.probabilities = probabilities
    }

    private var area: Double { Double(box[2] - box[0]) * Double(box[3] - box[1]) }

    /// Intersection over union of the boxes; 0 where both are empty.
    func boxOverlap(_ other: SamMask) -> Double {
        let width = max(0, min(box[2], other.box[2]) - max(box[0], other.box[0]))
        let height = max(0, min(box[3], other.box[3]) - max(box[1], other.box[1]))
        let common = Double(width) * Double(height)
        let union = area + other.area - common
        return union > 0 ? common / union : 0
    }

    /// Dice coefficient of the probabilities, with 0.01 added so that empty masks are alike.
    func similarity(_ other: SamMask) -> Double {
        var (common, sum) = (0.0, 0.0)
        for (a, b) in zip(probabilities, other.probabilities) {
            common += Double(a) * Double(b)
            sum += Double(a) + Double(b)
        }
        return 2 * (common + 0.01) / (sum + 0.01)
    }

    /// Joins the duplicates of several passes: masks without contrast are dropped, one that is like the first of a group (Dice above 0.8
    /// and boxes overlapping by more than 0.9) joins it, and each group becomes the mean of its masks and boxes.
    ///
    /// Source: `decode_sam_instances` in `fourm/utils/plotting_utils.py`, which gets the masks with the biggest box first. Masks whose
    /// boxes have not four numbers, or whose grids differ from the first one's, are dropped.
    public static func grouped(_ masks: [SamMask]) -> [SamMask] {
        let size = masks.first?.probabilities.count ?? 0
        var groups: [[SamMask]] = []
        for mask in masks where mask.box.count == 4 && mask.probabilities.count == size && mask.contrast >= 0.9 {
            let place = groups.firstIndex { $0[0].similarity(mask) > 0.8 && $0[0].boxOverlap(mask) > 0.9 }
            if let place { groups[place].append(mask) } else { groups.append([mask]) }
        }
        return groups.map(mean)
    }

    private var contrast: Float { (probabilities.max() ?? 0) - (probabilities.min() ?? 0) }

    private static func mean(_ group: [SamMask]) -> SamMask {
        let count = group.count
        let box = (0..<4).map { side in Int(group.reduce(0.0) { $0 + Double($1.box[side]) } / Double(count)) }
        let cells = group[0].probabilities.indices.map { cell in group.reduce(Float(0)) { $0 + $1.probabilities[cell] } / Float(count) }
        return SamMask(box: box, probabilities: cells)
    }
}
