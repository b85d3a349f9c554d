/// Many decision trees, joined.
package struct TreeEnsemble: Operator {
    package static let opName = "tree_ensemble"

    package static let documentation = OperatorDocumentation(
        "Lets each row fall through decision trees and joins what the leaves vote for each target. A child c ≥ 0 is a node, c < 0 leaf -1 - c.",
        formula:
            "child = x[r, feature] ∘ split ? true_child : false_child; y[r, t] = join(weight of each vote for t of the leaves reached)",
        operands: [
            "x: float[rows, features]", "roots: i64[trees] as children", "features: i64[nodes]",
            "modes: u8[nodes]: 0 ≤, 1 <, 2 ≥, 3 >, 4 =, 5 ≠, 6 member of the set with that number",
            "splits: f64[nodes], number of the set for 6",
            "true_children: i64[nodes]", "false_children: i64[nodes]", "nan_is_true: bool[nodes]: where NaN goes",
            "leaf_starts: i64[leaves + 1]: first vote of each leaf", "targets: i64[votes]", "weights: f64[votes]",
            "set_starts: i64[sets + 1]", "members: f64[…]",
        ],
        results: ["y: float[rows, count]"],
        attributes: [
            "count": "how many targets", "join": "sum, average (over all trees), min or max; a target without votes is 0; default sum",
            "dtype": "element type of y",
        ],
        onnx: "TreeEnsemble, TreeEnsembleRegressor, TreeEnsembleClassifier without what follows the votes")

    package enum Join: String, Sendable, CaseIterable { case sum, average, min, max }

    package let count: Int
    package let join: Join
    package let dtype: DType

    package init(count: Int, join: Join, dtype: DType) { (self.count, self.join, self.dtype) = (count, join, dtype) }

    package init(reading attributes: inout AttributeReader) throws {
        count = try attributes.int("count")
        join = try attributes.choice("join", default: Join.sum)
        dtype = try attributes.dtype("dtype")
    }

    package var attributes: Attributes {
        let fields: Attributes = ["count": .int(count), "dtype": .dtype(dtype)]
        return join == .sum ? fields : fields.merging(["join": .string(join.rawValue)]) { first, _ in first }
    }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 13...13)
        let types = try operands.indices.map { try Check.tensor(operands, $0, "operand \($0)") }
        try Check.float(types[0], "x")
        try Check.rank(types[0], 2...2, "x")
        let expected: [DType] = [.i64, .i64, .u8, .f64, .i64, .i64, .bool, .i64, .i64, .f64, .i64, .f64]
        for (index, dtype) in expected.enumerated() {
            try Check.dtype(types[index + 1], dtype, "operand \(index + 1)")
            try Check.rank(types[index + 1], 1...1, "operand \(index + 1)")
        }
        guard count >= 0, dtype.isFloat else { throw InferenceError("y cannot be \(dtype.rawValue)[\(count)]") }
        return [.tensor(TensorType(dtype, [types[0].shape[0], Dim(count)]))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let tensors = try operands.indices.map { try Check.tensor(operands, $0) }
        let forest = Forest(tensors)
        try forest.check(targets: count)
        let (x, rows, width) = (tensors[0].doubles, tensors[0].shape[0], tensors[0].shape[1])
        guard forest.features.allSatisfy({ (0..<width).contains($0) }) else {
            throw EvaluationError("a node asks for a feature beyond \(width)")
        }
        var result = [Double](repeating: 0, count: rows * count)
        var isVoted = [Bool](repeating: false, count: count)
        for row in 0..<rows {
            for target in isVoted.indices { isVoted[target] = false }
            for root in forest.roots {
                let leaf = try forest.leaf(from: root) { x[row * width + $0] }
                for vote in forest.leafStarts[leaf]..<forest.leafStarts[leaf + 1] {
                    let (target, weight) = (forest.targets[vote], forest.weights[vote])
                    let place = row * count + target
                    switch join {
                    case .sum, .average: result[place] += weight
                    case .min: result[place] = isVoted[target] ? Swift.min(result[place], weight) : weight
                    case .max: result[place] = isVoted[target] ? Swift.max(result[place], weight) : weight
                    }
                    isVoted[target] = true
                }
            }
        }
        if join == .average, !forest.roots.isEmpty { result = result.map { $0 / Double(forest.roots.count) } }
        return [.tensor(Tensor(result, [rows, count], as: dtype))]
    }
}

/// The operands of ``TreeEnsemble`` as arrays.
private struct Forest {
    let roots, features, modes, trueChildren, falseChildren, leafStarts, targets, setStarts: [Int]
    let splits, weights, members: [Double]
    let nanIsTrue: [Bool]

    init(_ tensors: [Tensor]) {
        (roots, features, modes, splits) = (tensors[1].integers, tensors[2].integers, tensors[3].integers, tensors[4].doubles)
        (trueChildren, falseChildren, nanIsTrue) = (tensors[5].integers, tensors[6].integers, tensors[7].bools)
        (leafStarts, targets, weights) = (tensors[8].integers, tensors[9].integers, tensors[10].doubles)
        (setStarts, members) = (tensors[11].integers, tensors[12].doubles)
    }

    func check(targets count: Int) throws {
        let nodes = features.count
        let lengths = [modes.count, splits.count, trueChildren.count, falseChildren.count, nanIsTrue.count]
        guard lengths.allSatisfy({ $0 == nodes }), targets.count == weights.count, let last = leafStarts.last else {
            throw EvaluationError("the descriptions of nodes differ in length")
        }
        let leaves = leafStarts.count - 1
        let children = roots + trueChildren + falseChildren
        guard children.allSatisfy({ $0 < nodes && $0 >= -leaves }), targets.allSatisfy({ (0..<count).contains($0) }) else {
            throw EvaluationError("a tree points beyond its nodes, leaves or targets")
        }
        guard leafStarts.first == 0, last == targets.count, zip(leafStarts, leafStarts.dropFirst()).allSatisfy({ $0 <= $1 }),
            setStarts.first == 0, setStarts.last == members.count, zip(setStarts, setStarts.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw EvaluationError("the leaves' votes or the sets' members do not add up") }
    }

    func leaf(from root: Int, _ feature: (Int) -> Double) throws -> Int {
        var (child, steps) = (root, 0)
        while child >= 0 {
            steps += 1
            guard steps <= features.count else { throw EvaluationError("a tree goes round in circles") }
            let value = feature(features[child])
            child = try isTrue(child, value) || value.isNaN && nanIsTrue[child] ? trueChildren[child] : falseChildren[child]
        }
        return -1 - child
    }

    private func isTrue(_ node: Int, _ value: Double) throws -> Bool {
        let split = splits[node]
        switch modes[node] {
        case 0: return value <= split
        case 1: return value < split
        case 2: return value >= split
        case 3: return value > split
        case 4: return value == split
        case 5: return value != split
        case 6:
            guard split >= 0, split < Double(setStarts.count - 1) else { throw EvaluationError("a node asks for a set that is not there") }
            return members[setStarts[Int(split)]..<setStarts[Int(split) + 1]].contains(value)
        default: throw EvaluationError("a node compares in the unknown mode \(modes[node])")
        }
    }
}
