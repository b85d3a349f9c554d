import IR

/// Trees, of both ways in which files write them down.
extension OperatorMapping {
    static let trees: [OperatorMapping] = [
        .one("TreeEnsemble", domain: ml) { node in
            let join: [TreeEnsemble.Join] = [.average, .sum, .min, .max]
            let number = try node.int("aggregate_function", 1)
            guard join.indices.contains(number) else { throw NodeProblem("the aggregate_function \(number) is not known") }
            let forest = try ForestTables(newStyle: node)
            let dtype = node.dtype(try node.input(0))
            let scores = try forest.scores(&node, count: try node.int("n_targets", 1), join[number], dtype)
            return try transformed(&node, scores, "\(try node.int("post_transform", 0))")
        },
        .one("TreeEnsembleRegressor", domain: ml) { node in
            let name = try node.string("aggregate_function", "SUM").lowercased()
            guard let join = TreeEnsemble.Join(rawValue: name) else { throw NodeProblem("the aggregate_function '\(name)' is not known") }
            let forest = try ForestTables(node, votes: "target")
            let dtype: DType = node.dtype(try node.input(0)) == .f64 ? .f64 : .f32
            var scores = try forest.scores(&node, count: try node.int("n_targets", 1), join, dtype)
            if let base = try baseValues(node) { scores = try node.binary(Add.self, scores, try row(&node, base, dtype)) }
            return try node.cast(try transformed(&node, scores, try node.string("post_transform", "NONE")), to: .f32)
        },
        OperatorMapping("TreeEnsembleClassifier", domain: ml) { node in try treeClasses(&node) },
    ]

    private static func baseValues(_ node: NodeImport) throws -> [Double]? {
        let values = try node.floats("base_values_as_tensor") ?? node.floats("base_values") ?? []
        return values.isEmpty ? nil : values
    }

    private static func treeClasses(_ node: inout NodeImport) throws -> [ValueID?] {
        guard let labels = try classLabels(node, integers: "classlabels_int64s") else { throw NodeProblem("it has no classes") }
        let forest = try ForestTables(node, votes: "class")
        let dtype: DType = node.dtype(try node.input(0)) == .f64 ? .f64 : .f32
        let base = try baseValues(node)
        let transform = try node.string("post_transform", "NONE")
        let voted = Set(forest.targets)
        if labels.count <= 2, voted.count <= 1 {
            return try twoClasses(&node, forest, labels, base, transform, dtype)
        }
        var scores = try forest.scores(&node, count: labels.count, .sum, dtype)
        if let base { scores = try node.binary(Add.self, scores, try row(&node, base, dtype)) }
        return [try best(&node, scores, labels), try node.cast(try transformed(&node, scores, transform), to: .f32)]
    }

    /// Votes for one class alone, against another: weights that are all positive are its probability, others a score around 0.
    private static func twoClasses(
        _ node: inout NodeImport, _ forest: ForestTables, _ labels: Tensor, _ base: [Double]?, _ transform: String, _ dtype: DType
    ) throws -> [ValueID?] {
        var single = forest
        single.targets = [Int](repeating: 0, count: forest.targets.count)
        var score = try single.scores(&node, count: 1, .sum, dtype)
        if let base { score = try node.binary(Add.self, score, base[base.count - 1]) }
        let isProbability = forest.weights.allSatisfy { $0 >= 0 } && (transform == "NONE" || transform == "PROBIT")
        let isSecond = try node.compare(Greater.self, try node.squeeze(score, 1), isProbability ? 0.5 : 0)
        let one = try node.scalar(isProbability ? 1 : 0, dtype)
        let both = try node.concat([try node.binary(Sub.self, one, score), score], axis: 1)
        return [try oneOfTwo(&node, isSecond, labels), try node.cast(try transformed(&node, both, transform), to: .f32)]
    }
}

/// Operands of ``TreeEnsemble``.
struct ForestTables {
    var roots, features, modes, trueChildren, falseChildren: [Int]
    var splits: [Double]
    var nanIsTrue: [Bool]
    var leafStarts, targets: [Int]
    var weights: [Double]
    var setStarts = [0]
    var members: [Double] = []

    private static let modeNames = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]

    /// Version 5: nodes and leaves apart, a vote for each leaf.
    init(newStyle node: NodeImport) throws {
        func needed(_ name: String) throws -> [Int] {
            guard let values = try node.ints(name) else { throw NodeProblem("attribute '\(name)' is missing") }
            return values
        }
        func child(_ isLeaf: [Int], _ number: [Int]) -> [Int] { zip(isLeaf, number).map { $0 != 0 ? -1 &- $1 : $1 } }
        roots = try needed("tree_roots")
        features = try needed("nodes_featureids")
        modes = try needed("nodes_modes")
        splits = try node.floats("nodes_splits") ?? []
        trueChildren = child(try needed("nodes_trueleafs"), try needed("nodes_truenodeids"))
        falseChildren = child(try needed("nodes_falseleafs"), try needed("nodes_falsenodeids"))
        let nan = try node.ints("nodes_missing_value_tracks_true") ?? []
        nanIsTrue = features.indices.map { nan.indices.contains($0) && nan[$0] != 0 }
        targets = try needed("leaf_targetids")
        weights = try node.floats("leaf_weights") ?? []
        leafStarts = Array(0...targets.count)
        // Sets end with NaN, in the order of the nodes that ask for them.
        for value in try node.floats("membership_values") ?? [] {
            if value.isNaN { setStarts.append(members.count) } else { members.append(value) }
        }
        if members.count > setStarts[setStarts.count - 1] { setStarts.append(members.count) }
        var set = 0
        for index in modes.indices where modes[index] == 6 && splits.indices.contains(index) {
            splits[index] = Double(set)
            set += 1
        }
    }

    /// Versions 1 and 3: nodes by tree and number, leaves among them, any number of votes for each.
    init(_ node: NodeImport, votes: String) throws {
        let (treeIDs, nodeIDs) = (try node.ints("nodes_treeids") ?? [], try node.ints("nodes_nodeids") ?? [])
        let names = try node.strings("nodes_modes") ?? []
        let (yes, no) = (try node.ints("nodes_truenodeids") ?? [], try node.ints("nodes_falsenodeids") ?? [])
        let asked = try node.ints("nodes_featureids") ?? []
        let values = try node.floats("nodes_values_as_tensor") ?? node.floats("nodes_values") ?? []
        let nan = try node.ints("nodes_missing_value_tracks_true") ?? []
        let count = treeIDs.count
        guard [nodeIDs.count, names.count, yes.count, no.count, asked.count, values.count].allSatisfy({ $0 == count }) else {
            throw NodeProblem("the descriptions of its nodes differ in length")
        }
        func key(_ tree: Int, _ number: Int) -> [Int] { [tree, number] }
        // Inner nodes and leaves are counted apart.
        var children: [[Int]: Int] = [:]
        var (inner, leaves): ([Int], [Int]) = ([], [])
        for index in 0..<count {
            if names[index] == "LEAF" { leaves.append(index) } else { inner.append(index) }
            children[key(treeIDs[index], nodeIDs[index])] = names[index] == "LEAF" ? -leaves.count : inner.count - 1
        }
        func child(_ index: Int, _ numbers: [Int]) throws -> Int {
            guard let found = children[key(treeIDs[index], numbers[index])] else {
                throw NodeProblem("node \(nodeIDs[index]) of tree \(treeIDs[index]) has no child \(numbers[index])")
            }
            return found
        }
        features = inner.map { asked[$0] }
        modes = try inner.map { index in
            guard let mode = ForestTables.modeNames.firstIndex(of: names[index]) else {
                throw NodeProblem("the mode '\(names[index])' is not known")
            }
            return mode
        }
        splits = inner.map { values[$0] }
        trueChildren = try inner.map { try child($0, yes) }
        falseChildren = try inner.map { try child($0, no) }
        nanIsTrue = inner.map { nan.indices.contains($0) && nan[$0] != 0 }
        // A tree begins with the node that is nobody's child.
        let reached = Set(inner.flatMap { [key(treeIDs[$0], yes[$0]), key(treeIDs[$0], no[$0])] })
        var seen: Set<Int> = []
        roots = (0..<count).filter { !reached.contains(key(treeIDs[$0], nodeIDs[$0])) && seen.insert(treeIDs[$0]).inserted }
            .compactMap { children[key(treeIDs[$0], nodeIDs[$0])] }
        let (voteTrees, voteNodes) = (try node.ints("\(votes)_treeids") ?? [], try node.ints("\(votes)_nodeids") ?? [])
        let voteTargets = try node.ints("\(votes)_ids") ?? []
        let voteWeights = try node.floats("\(votes)_weights_as_tensor") ?? node.floats("\(votes)_weights") ?? []
        guard [voteNodes.count, voteTargets.count, voteWeights.count].allSatisfy({ $0 == voteTrees.count }) else {
            throw NodeProblem("the descriptions of its votes differ in length")
        }
        var byLeaf = [[Int]](repeating: [], count: leaves.count)
        for vote in voteTrees.indices {
            if let place = children[key(voteTrees[vote], voteNodes[vote])], place < 0 { byLeaf[-1 - place].append(vote) }
        }
        leafStarts = byLeaf.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        let order = byLeaf.flatMap { $0 }
        targets = order.map { voteTargets[$0] }
        weights = order.map { voteWeights[$0] }
    }

    func scores(_ node: inout NodeImport, count: Int, _ join: TreeEnsemble.Join, _ dtype: DType) throws -> ValueID {
        let x = try node.input(0)
        let rows = try OperatorMapping.rows(&node, x, as: node.dtype(x).isFloat ? node.dtype(x) : .f32)
        func integers(_ values: [Int], _ dtype: DType = .i64) throws -> ValueID {
            try node.constant(Tensor(integers: values, [values.count], as: dtype))
        }
        func numbers(_ values: [Double]) throws -> ValueID { try node.constant(Tensor(values, [values.count], as: .f64)) }
        let operands: [ValueID?] = [
            rows, try integers(roots), try integers(features), try integers(modes, .u8), try numbers(splits), try integers(trueChildren),
            try integers(falseChildren), try node.constant(Tensor(bools: nanIsTrue, [nanIsTrue.count])), try integers(leafStarts),
            try integers(targets), try numbers(weights), try integers(setStarts), try numbers(members),
        ]
        return try node.emit(TreeEnsemble(count: count, join: join, dtype: dtype), operands)
    }
}
