import IR

/// Hands out the tensors of a checkpoint with their shapes checked, and remembers which were asked for.
final class WeightReader {
    let file: String
    private var tensors: [String: Constant]
    private let plan: WeightPlan?
    private var used: Set<String> = []
    /// Constants that functions use, for the module.
    private(set) var constants: [String: Constant] = [:]
    /// Tensors that the model cannot use, left out with a warning.
    private(set) var leftOut: [String] = []

    /// Why what is under a name cannot be read as a tensor.
    let unread: [String: String]

    init(file: String, tensors: [String: Constant], unread: [String: String] = [:]) {
        self.file = file
        self.tensors = tensors
        self.unread = unread
        plan = nil
    }

    /// A reader without a checkpoint: it hands out every tensor that is asked for, as `plan` says, without data.
    init(file: String, plan: WeightPlan) {
        self.file = file
        self.plan = plan
        tensors = [:]
        unread = [:]
    }

    func has(_ key: String) -> Bool { tensors[key] != nil || plan?.holds(key) == true }

    func hasAny(prefix: String) -> Bool {
        tensors.keys.contains { $0.hasPrefix(prefix) } || plan?.holdsAny(prefix: prefix) == true
    }

    /// The sizes of tensor `key`, checked against `expected`, where nil is any size.
    /// - Throws: ``ImportError`` for a missing tensor or another shape.
    func shape(_ key: String, _ expected: [Int?]) throws -> [Int] {
        if tensors[key] == nil, let shape = plan?.shape(key, expected) {
            tensors[key] = Constant(key: key, type: TensorType(.f32, shape.map { Dim($0) }), bytes: nil)
        }
        guard let constant = tensors[key] else {
            throw missing(key, expected)
        }
        guard let shape = constant.type.staticShape, shape.count == expected.count,
            zip(shape, expected).allSatisfy({ $1 == nil || $0 == $1 })
        else { throw wrongShape(key, Self.text(expected)) }
        return shape
    }

    private func missing(_ key: String, _ expected: [Int?]) -> ImportError {
        if let reason = unread[key] { return .unreadTensor(file: file, tensor: key, reason: reason) }
        return .missingTensor(file: file, tensor: key, expected: Self.text(expected))
    }

    /// Tensor `key`, checked, for use in a module.
    /// - Throws: ``ImportError`` for a missing tensor, another shape, or elements that are no floats.
    func take(_ key: String, _ expected: [Int?]) throws -> Constant {
        _ = try shape(key, expected)
        guard let constant = tensors[key] else {
            throw missing(key, expected)
        }
        guard constant.type.dtype.isFloat else {
            throw ImportError.wrongDType(file: file, tensor: key, found: constant.type.dtype.rawValue)
        }
        used.insert(key)
        constants[key] = constant
        return constant
    }

    /// Counts `key` as known although no function needs it.
    func ignore(_ key: String) { used.insert(key) }

    /// As ``ignore(_:)`` for every key that begins with `prefix`.
    func ignoreAll(prefix: String) { used.formUnion(tensors.keys.filter { $0.hasPrefix(prefix) }) }

    /// Leaves out every key that begins with `prefix`, and remembers them for a warning.
    func leaveOut(prefix: String) {
        leftOut += tensors.keys.filter { $0.hasPrefix(prefix) }.sorted()
        ignoreAll(prefix: prefix)
    }

    /// What stands between `prefix.` and the next point in the keys, sorted: the modalities of embeddings.
    func names(below prefix: String) -> [String] {
        let rests = tensors.keys.filter { $0.hasPrefix("\(prefix).") }.map { $0.dropFirst(prefix.count + 1) }
        return Set(rests.map { String($0.prefix { $0 != "." }) }).sorted()
    }

    /// Adds a constant that the checkpoint does not hold.
    func add(_ constant: Constant) -> Constant {
        constants[constant.key] = constant
        return constant
    }

    /// Tensors that nobody asked for, sorted.
    var unused: [String] { tensors.keys.filter { !used.contains($0) }.sorted() }

    /// Number of parameters in use; tied tensors count once.
    var parameterCount: Int { constants.values.withDistinctStorage.reduce(0) { $0 &+ ($1.type.elementCount.value ?? 0) } }

    func wrongShape(_ key: String, _ expected: String) -> ImportError {
        let found = tensors[key].map { "[\($0.type.shape.map(\.description).joined(separator: ", "))]" } ?? "none"
        return .wrongShape(file: file, tensor: key, expected: expected, found: found)
    }

    private static func text(_ shape: [Int?]) -> String {
        "[\(shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", "))]"
    }
}
