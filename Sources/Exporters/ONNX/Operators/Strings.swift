import Formats
import IR

extension ExportMapping {
    static let strings: [ExportMapping] = [
        .one("string_concat", since: 20) { node in node.emit("StringConcat", try node.input(0), try node.input(1)) },
        ExportMapping("string_split", since: 20) { node in
            let op = try node.op(StringSplit.self)
            let delimiter: [ONNXAttribute] = op.delimiter.isEmpty ? [] : [.text("delimiter", op.delimiter)]
            return node.emit(
                "StringSplit", [try node.input(0)], delimiter + (op.most.map { [.int("maxsplit", $0)] } ?? []), outputs: 2)
        },
        .one("regex_full_match", since: 20) { node in
            node.emit("RegexFullMatch", [try node.input(0)], [.text("pattern", try node.op(RegexFullMatch.self).pattern)])
        },
        .one("string_normalize") { node in
            let op = try node.op(StringNormalize.self)
            let words = op.stopWords.map { Array($0.utf8) }
            let stop: [ONNXAttribute] = words.isEmpty ? [] : [ONNXAttribute(name: "stopwords", value: .strings(words))]
            return node.emit(
                "StringNormalizer", [try node.input(0)],
                [
                    .text("case_change_action", op.casing == .none ? "NONE" : op.casing.rawValue.uppercased()),
                    .flag("is_case_sensitive", op.isCaseSensitive),
                ] + stop)
        },
        .one("ngram_counts") { node in try ngramCounts(node) },
        .one("lookup") { node in try lookup(node) },
    ]

    /// The pool is an attribute in ONNX.
    private static func ngramCounts(_ node: NodeExport) throws -> String {
        let op = try node.op(NgramCounts.self)
        guard let pool = try node.constantTensor(1) else { throw ExportProblem("the pool of n-grams must be a constant") }
        let words: ONNXAttribute =
            pool.dtype == .string
            ? ONNXAttribute(name: "pool_strings", value: .strings(pool.strings.map { Array($0.utf8) }))
            : .ints("pool_int64s", pool.integers)
        return node.emit(
            "TfIdfVectorizer", [try node.input(0)],
            [
                .text("mode", "TF"), .int("min_gram_length", op.lengths.lowerBound), .int("max_gram_length", op.lengths.upperBound),
                .int("max_skip_count", op.skips), .ints("ngram_counts", op.starts), .ints("ngram_indexes", op.places), words,
            ])
    }

    /// Every element is compared with every key; the last that is equal counts.
    private static func lookup(_ node: NodeExport) throws -> String {
        guard try node.dtype(0) != .string || node.opset >= 19 else { throw ExportProblem("strings are compared from operator set 19 on") }
        let matches = node.emit("Equal", node.emit("Unsqueeze", try node.input(0), node.ints([-1])), try node.input(1))
        let numbers = node.cast(matches, from: .bool, to: .i32)
        let place = node.emit("ArgMax", [numbers], [.int("axis", -1), .int("keepdims", 0), .int("select_last_index", 1)])
        let isKnown = node.cast(node.reduce("ReduceMax", numbers, [-1], keepDims: false), from: .i32, to: .bool)
        return node.emit("Where", isKnown, node.emit("Gather", try node.input(2), place), try node.input(3))
    }
}

extension NodeExport {
    /// Operand `index` if it is a constant.
    func constantTensor(_ index: Int) throws -> Tensor? {
        operand(index).flatMap { scope.graph.constantKey(of: $0) }.flatMap { scope.model.module.constants[$0]?.tensor }
    }
}
