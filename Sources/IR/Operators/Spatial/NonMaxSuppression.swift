/// Chooses boxes that overlap no better one too much.
package struct NonMaxSuppression: Operator {
    package static let opName = "non_max_suppression"

    package static let documentation = OperatorDocumentation(
        "For each image and class, boxes by falling score (of equal ones the first) that overlap none chosen before.",
        formula: "box j is chosen if scores[n, c, j] > least and area(j ∩ k) / area(j ∪ k) ≤ overlap for every k chosen, up to most",
        operands: [
            "boxes: float[n, b, 4], two opposite corners y, x, y, x", "scores: float[n, c, b]",
            "most?: integer, chosen boxes of a class; none chosen if left out", "overlap?: float, default 0", "least?: float, default none",
        ],
        results: ["y: i64[how many, 3], image, class and box; the first size decided when it runs"],
        attributes: ["centered": "boxes are x and y of the centre, width and height, default false"], onnx: "NonMaxSuppression")

    package let centered: Bool

    package init(centered: Bool = false) { self.centered = centered }

    package init(reading attributes: inout AttributeReader) throws { centered = try attributes.bool("centered") }

    package var attributes: Attributes { centered ? ["centered": .bool(true)] : [:] }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 2...5)
        let (boxes, scores) = (try Check.tensor(operands, 0, "boxes"), try Check.tensor(operands, 1, "scores"))
        for (type, name) in [(boxes, "boxes"), (scores, "scores")] {
            try Check.float(type, name)
            try Check.rank(type, 3...3, name)
        }
        try Check.mayEqual(boxes.shape[2], 4, "boxes (\(boxes)) must have 4 numbers each")
        try Check.mayEqual(boxes.shape[0], scores.shape[0], "boxes (\(boxes)) and scores (\(scores)) are of different images")
        try Check.mayEqual(boxes.shape[1], scores.shape[2], "boxes (\(boxes)) and scores (\(scores)) differ in number")
        for (index, name) in [(2, "most"), (3, "overlap"), (4, "least")] where index < operands.count && operands[index] != nil {
            let type = try Check.tensor(operands, index, name)
            try Check.mayEqual(type.elementCount, 1, "\(name) must be one number, not \(type)")
            if index == 2 { try Check.integer(type, name) } else { try Check.float(type, name) }
        }
        return [.tensor(TensorType(.i64, [try context.newSize(), 3]))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        func operand(_ index: Int) -> Tensor? { index < operands.count ? operands[index]?.tensor : nil }
        guard let boxes = operand(0), let scores = operand(1), boxes.shape[2] == 4, boxes.shape[0] == scores.shape[0],
            boxes.shape[1] == scores.shape[2]
        else { throw EvaluationError("boxes and scores do not fit") }
        let most = operand(2)?.integers.first ?? 0
        let (overlap, least) = (operand(3)?.doubles.first ?? 0, operand(4)?.doubles.first)
        let (classes, count) = (scores.shape[1], boxes.shape[1])
        let (corners, numbers) = (boxes.doubles, scores.doubles)
        var found: [Int] = []
        for image in 0..<boxes.shape[0] {
            let areas = (0..<count).map { box(Array(corners[4 * (image * count + $0)..<4 * (image * count + $0) + 4])) }
            for number in 0..<classes {
                let start = (image * classes + number) * count
                let order = (0..<count).filter { index in least.map { numbers[start + index] > $0 } ?? true }
                    .sorted { (numbers[start + $1], $0) < (numbers[start + $0], $1) }
                var chosen: [Int] = []
                for index in order where chosen.count < most {
                    if chosen.allSatisfy({ !areas[index].overlaps(areas[$0], more: overlap) }) { chosen.append(index) }
                }
                found += chosen.flatMap { [image, number, $0] }
            }
        }
        return [.tensor(Tensor(integers: found, [found.count / 3, 3]))]
    }

    private func box(_ numbers: [Double]) -> Box {
        if centered {
            let (x, y, width, height) = (numbers[0], numbers[1], numbers[2], numbers[3])
            return Box(left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2)
        }
        let (y, x) = ((numbers[0], numbers[2]), (numbers[1], numbers[3]))
        return Box(left: min(x.0, x.1), right: max(x.0, x.1), top: min(y.0, y.1), bottom: max(y.0, y.1))
    }

    private struct Box {
        let left, right, top, bottom: Double

        var area: Double { (right - left) * (bottom - top) }

        /// Whether the common area is more than `limit` of that of both together.
        func overlaps(_ other: Box, more limit: Double) -> Bool {
            let width = min(right, other.right) - max(left, other.left), height = min(bottom, other.bottom) - max(top, other.top)
            guard width > 0, height > 0, area > 0, other.area > 0 else { return false }
            let shared = width * height
            return shared / (area + other.area - shared) > limit
        }
    }
}
