import Formats
import IR

/// ai.onnx.ml: what scikit-learn and libraries of trees export.
extension OperatorMapping {
    static let machineLearning: [OperatorMapping] = features + linearModels + vectorMachines + trees

    static let ml = "ai.onnx.ml"

    private static let features: [OperatorMapping] = [
        .one("ArrayFeatureExtractor", domain: ml) { node in
            var x = try node.input(0)
            if node.rank(x) == 1 { x = try node.unsqueeze(x, 0) }
            let axis = node.rank(x) - 1
            let indices = try node.reshape(try node.input(1), [node.type(try node.input(1)).elementCount])
            return try node.emit(Gather(axis: axis), x, indices)
        },
        .one("Binarizer", domain: ml) { node in
            let x = try node.input(0)
            // Integers are compared with a threshold that may lie between two.
            let wide = node.dtype(x).isFloat ? x : try node.cast(x, to: .f64)
            return try node.cast(try node.compare(Greater.self, wide, try node.float("threshold", 0)), to: node.dtype(x))
        },
        .one("FeatureVectorizer", domain: ml) { node in try featureVector(&node) },
        .one("Imputer", domain: ml) { node in try imputed(&node) },
        .one("LabelEncoder", domain: ml) { node in try labels(&node) },
        .one("CategoryMapper", domain: ml) { node in
            let (words, numbers) = (try node.strings("cats_strings") ?? [], try node.ints("cats_int64s") ?? [])
            return try translated(&node, words, numbers)
        },
        .one("Normalizer", domain: ml) { node in
            let x = try node.cast(try node.input(0), to: .f32)
            let axis = node.rank(x) - 1
            let sizes = try node.unary(Abs.self, x)
            let length: ValueID
            switch try node.string("norm", "MAX") {
            case "MAX": length = try node.reduce(ReduceMax.self, sizes, [axis], keepDims: true)
            case "L1": length = try node.reduce(ReduceSum.self, sizes, [axis], keepDims: true)
            case "L2":
                length = try node.unary(Sqrt.self, try node.reduce(ReduceSum.self, try node.binary(Mul.self, x, x), [axis], keepDims: true))
            case let other: throw NodeProblem("the norm '\(other)' is not known")
            }
            return try node.binary(Div.self, x, try node.choose(try node.compare(Equal.self, length, 0), try node.scalar(1, .f32), length))
        },
        .one("OneHotEncoder", domain: ml) { node in
            let x = try node.input(0)
            let last = node.rank(x)
            if let numbers = try node.ints("cats_int64s"), !numbers.isEmpty {
                let places = try node.unsqueeze(try node.cast(x, to: .i64), last)
                return try node.cast(try node.compare(Equal.self, places, try node.vector(numbers)), to: .f32)
            }
            guard let words = try node.strings("cats_strings"), !words.isEmpty else { throw NodeProblem("it has no categories") }
            // Compared by number: -1 is none of them.
            let number = try lookup(
                &node, x, Tensor(strings: words, [words.count]), Tensor(integers: Array(words.indices), [words.count]), -1)
            let places = try node.unsqueeze(number, last)
            return try node.cast(try node.compare(Equal.self, places, try node.vector(Array(words.indices))), to: .f32)
        },
        .one("Scaler", domain: ml) { node in
            var x = try node.cast(try node.input(0), to: .f32)
            if let offset = try node.floats("offset") { x = try node.binary(Sub.self, x, try row(&node, offset)) }
            if let scale = try node.floats("scale") { x = try node.binary(Mul.self, x, try row(&node, scale)) }
            return x
        },
        .one("ZipMap", domain: ml) { node in
            // There are no maps: the columns are what they map to, in the order of the keys.
            node.scope.builder.warnings.append("'\(node.source.title)' gives one row of values for each item, no map")
            return try node.input(0)
        },
    ]

    /// Numbers for each column, or one for all.
    static func row(_ node: inout NodeImport, _ values: [Double], _ dtype: DType = .f32) throws -> ValueID {
        try node.constant(Tensor(values, [values.count], as: dtype))
    }

    /// A row for each item, whether `value` is one item or many.
    static func rows(_ node: inout NodeImport, _ value: ValueID, as dtype: DType) throws -> ValueID {
        let x = try node.cast(value, to: dtype)
        return node.rank(x) == 1 ? try node.unsqueeze(x, 0) : x
    }

    private static func featureVector(_ node: inout NodeImport) throws -> ValueID {
        let widths = try node.ints("inputdimensions")
        let parts = try node.allInputs().enumerated().map { index, value -> ValueID in
            let x = try rows(&node, value, as: .f32)
            guard node.rank(x) == 2, let widths, index < widths.count, let width = node.shape(x)[1].value, width != widths[index] else {
                return x
            }
            if width > widths[index] { return try node.slice(x, axis: 1, 0..<max(widths[index], 0)) }
            let missing = try node.emit(Fill(shape: [node.shape(x)[0], Dim(widths[index] - width)], value: 0, dtype: .f32))
            return try node.concat([x, missing], axis: 1)
        }
        return try node.concat(parts, axis: 1)
    }

    private static func imputed(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let dtype = node.dtype(x)
        let (new, isMissing): (ValueID, ValueID)
        if dtype.isFloat {
            guard let values = try node.floats("imputed_value_floats"), !values.isEmpty else {
                throw NodeProblem("it has no values to impute")
            }
            let old = try node.float("replaced_value_float", 0)
            new = try row(&node, values, dtype)
            isMissing = old.isNaN ? try node.emit(IsNaN(), x) : try node.compare(Equal.self, x, old)
        } else {
            guard let values = try node.ints("imputed_value_int64s"), !values.isEmpty else {
                throw NodeProblem("it has no values to impute")
            }
            new = try node.constant(Tensor(integers: values, [values.count], as: dtype))
            isMissing = try node.compare(Equal.self, x, try node.scalar(try node.int("replaced_value_int64", 0), dtype))
        }
        return try node.choose(isMissing, new, x)
    }

    // MARK: Tables

    static func lookup(_ node: inout NodeImport, _ x: ValueID, _ keys: Tensor, _ values: Tensor, _ fallback: Int) throws -> ValueID {
        let other = try node.constant(Tensor(integers: [fallback], [1], as: values.dtype))
        return try node.emit(Lookup(), x, try node.constant(keys), try node.constant(values), other)
    }

    private static func labels(_ node: inout NodeImport) throws -> ValueID {
        if node.version < 2 {
            let words = try node.strings("classes_strings") ?? []
            return try translated(&node, words, Array(words.indices))
        }
        let x = try node.input(0)
        let dtype = node.dtype(x)
        guard var keys = try table(node, "keys"), let values = try table(node, "values"), keys.count == values.count else {
            throw NodeProblem("it has not as many keys as values")
        }
        // Keys in attributes are of the widest type of their kind.
        if keys.dtype != dtype, keys.dtype != .string, dtype != .string { keys = Tensor(keys.elements, keys.shape, as: dtype) }
        let fallback = try fallback(node, values.dtype)
        let (k, v) = (try node.constant(keys), try node.constant(values))
        return try node.emit(Lookup(), x, k, v, try node.constant(fallback))
    }

    private static func table(_ node: NodeImport, _ name: String) throws -> Tensor? {
        if let tensor = try node.tensorAttribute("\(name)_tensor") { return tensor.reshaped([tensor.count]) }
        if let words = try node.strings("\(name)_strings"), !words.isEmpty { return Tensor(strings: words, [words.count]) }
        if let numbers = try node.ints("\(name)_int64s"), !numbers.isEmpty { return Tensor(integers: numbers, [numbers.count]) }
        guard let numbers = try node.floats("\(name)_floats") else { return nil }
        return Tensor(numbers, [numbers.count], as: .f32)
    }

    private static func fallback(_ node: NodeImport, _ dtype: DType) throws -> Tensor {
        if let tensor = try node.tensorAttribute("default_tensor"), tensor.count == 1, let single = tensor.reshaped([1]) { return single }
        if dtype == .string { return Tensor(strings: [try node.string("default_string", "_Unused")], [1]) }
        if dtype.isFloat { return Tensor([try node.float("default_float", -0.0)], [1], as: dtype) }
        return Tensor(integers: [try node.int("default_int64", -1)], [1], as: dtype)
    }

    /// Words to numbers, or numbers to words.
    private static func translated(_ node: inout NodeImport, _ words: [String], _ numbers: [Int]) throws -> ValueID {
        guard words.count == numbers.count else { throw NodeProblem("it has \(words.count) words for \(numbers.count) numbers") }
        let x = try node.input(0)
        let (text, integers) = (Tensor(strings: words, [words.count]), Tensor(integers: numbers, [numbers.count]))
        if node.dtype(x) == .string { return try lookup(&node, x, text, integers, try node.int("default_int64", -1)) }
        let other = try node.constant(Tensor(strings: [try node.string("default_string", "_Unused")], [1]))
        return try node.emit(Lookup(), try node.cast(x, to: .i64), try node.constant(integers), try node.constant(text), other)
    }
}
