import Formats
import IR

/// One ONNX node while it is translated: what it says, and where its translation is written.
struct NodeImport {
    let source: ONNXNode
    /// Version of the operator set of its domain.
    let version: Int
    /// Its place in the builder's ``ONNXSourceMap``.
    let place: Int
    /// nil for inputs that are left out.
    let inputs: [ValueID?]
    let scope: ONNXScope

    // MARK: Inputs

    /// Input `index`, which must be there.
    func input(_ index: Int) throws -> ValueID {
        guard let value = optional(index) else { throw NodeProblem("input \(index) is missing") }
        return value
    }

    /// Input `index`, or nil if it is left out.
    func optional(_ index: Int) -> ValueID? { index < inputs.count ? inputs[index] : nil }

    /// All inputs, none of which may be left out.
    func allInputs() throws -> [ValueID] { try inputs.indices.map { try input($0) } }

    /// Whether the node is asked for output `index`.
    func wants(_ index: Int) -> Bool { index < source.outputs.count && !source.outputs[index].isEmpty }

    func type(_ value: ValueID) -> TensorType { scope.graph.type(of: value) }

    func valueType(_ value: ValueID) -> ValueType { scope.graph.valueType(of: value) }

    func shape(_ value: ValueID) -> [Dim] { type(value).shape }

    func dtype(_ value: ValueID) -> DType { type(value).dtype }

    func rank(_ value: ValueID) -> Int { type(value).rank }

    /// `axis` counted from the front.
    func axis(_ axis: Int, of rank: Int) throws -> Int {
        guard (-rank..<max(rank, 1)).contains(axis) else { throw NodeProblem("axis \(axis) does not exist in \(rank) dimensions") }
        return axis < 0 ? axis + rank : axis
    }

    func axes(_ axes: [Int], of rank: Int) throws -> [Int] { try axes.map { try axis($0, of: rank) } }

    // MARK: Attributes

    func attribute(_ name: String) -> ONNXAttribute.Value? { source.attributes.first { $0.name == name }?.value }

    private func wrong(_ name: String, _ kind: String) -> NodeProblem { NodeProblem("attribute '\(name)' must be \(kind)") }

    func int(_ name: String) throws -> Int? {
        switch attribute(name) {
        case nil: return nil
        case .int(let value): return value
        // Some exporters write a number as a list of one.
        case .ints(let values) where values.count == 1: return values[0]
        case .float(let value) where value == value.rounded() && abs(value) < 1e9: return Int(value)
        default: throw wrong(name, "an integer")
        }
    }

    func int(_ name: String, _ value: Int) throws -> Int { try int(name) ?? value }

    func flag(_ name: String, _ value: Bool) throws -> Bool { try int(name).map { $0 != 0 } ?? value }

    func ints(_ name: String) throws -> [Int]? {
        switch attribute(name) {
        case nil: return nil
        case .ints(let values): return values
        case .int(let value): return [value]
        case .tensor(let tensor): return try tensor.value(file: scope.file).integers
        default: throw wrong(name, "a list of integers")
        }
    }

    func float(_ name: String) throws -> Double? {
        switch attribute(name) {
        case nil: return nil
        case .float(let value): return Double(value)
        case .int(let value): return Double(value)
        default: throw wrong(name, "a number")
        }
    }

    func float(_ name: String, _ value: Double) throws -> Double { try float(name) ?? value }

    func floats(_ name: String) throws -> [Double]? {
        switch attribute(name) {
        case nil: return nil
        case .floats(let values): return values.map { Double($0) }
        case .ints(let values): return values.map { Double($0) }
        case .tensor(let tensor): return try tensor.value(file: scope.file).doubles
        default: throw wrong(name, "a list of numbers")
        }
    }

    func string(_ name: String) throws -> String? {
        switch attribute(name) {
        case nil: return nil
        case .string(let bytes): return String(decoding: bytes, as: UTF8.self)
        default: throw wrong(name, "a text")
        }
    }

    func string(_ name: String, _ value: String) throws -> String { try string(name) ?? value }

    func strings(_ name: String) throws -> [String]? {
        switch attribute(name) {
        case nil: return nil
        case .strings(let values): return values.map { String(decoding: $0, as: UTF8.self) }
        default: throw wrong(name, "a list of texts")
        }
    }

    func tensorAttribute(_ name: String) throws -> Tensor? {
        switch attribute(name) {
        case nil: return nil
        case .tensor(let tensor): return try tensor.value(file: scope.file)
        case .sparse(let tensor): return try tensor.value(file: scope.file)
        default: throw wrong(name, "a tensor")
        }
    }

    func graphAttribute(_ name: String) throws -> ONNXGraph {
        guard case .graph(let graph)? = attribute(name) else { throw wrong(name, "a graph") }
        return graph
    }

    /// The element type that attribute `name` numbers.
    func dtypeAttribute(_ name: String) throws -> DType? {
        guard let number = try int(name) else { return nil }
        guard let dtype = DType(onnx: number) else { throw NodeProblem("elements of type \(DType.onnxName(number)) are not supported") }
        return dtype
    }

    // MARK: Settings that moved from attributes to inputs

    /// Integers of attribute `name` in versions before `version`, of input `index` from then on; nil if left out.
    func ints(_ name: String, before version: Int, input index: Int) throws -> [Int]? {
        if self.version < version { return try ints(name) }
        return try optional(index).map { try integers($0) }
    }

    // MARK: Contents

    /// The elements of `value`, which must be known beforehand.
    /// - Throws: ``ValuesNeeded`` if inputs of the model decide them, ``NodeProblem`` if something else does.
    func constantTensor(_ value: ValueID) throws -> Tensor {
        if let tensor = scope.constantTensor(value) { return tensor }
        if let known = scope.integers(value) {
            let sizes = known.compactMap(\.value)
            if sizes.count == known.count { return try integerTensor(sizes, like: value) }
        }
        guard let inputs = scope.inputs(behind: value), !inputs.isEmpty else {
            throw NodeProblem("\(scope.graph.origin(of: value)) must be known before the model runs")
        }
        throw ValuesNeeded(inputs: inputs.sorted())
    }

    /// The elements of `value`, nil where they are not known beforehand.
    func knownTensor(_ value: ValueID) -> Tensor? { scope.constantTensor(value) }

    private func integerTensor(_ values: [Int], like value: ValueID) throws -> Tensor {
        let sizes = shape(value).compactMap(\.value)
        guard sizes.count == rank(value) else { throw NodeProblem("\(scope.graph.origin(of: value)) must have a known shape") }
        return Tensor(integers: values, sizes, as: dtype(value))
    }

    /// The integers in `value`, which must be known beforehand.
    /// - Throws: as ``constantTensor(_:)``.
    func integers(_ value: ValueID) throws -> [Int] { try constantTensor(value).integers }

    func integer(_ value: ValueID) throws -> Int {
        let values = try integers(value)
        guard values.count == 1 else { throw NodeProblem("\(scope.graph.origin(of: value)) must be one integer") }
        return values[0]
    }

    /// The elements of `value` if they are expressions of sizes.
    func known(_ value: ValueID) -> [Dim]? { scope.integers(value) }

    /// The elements of `value` as sizes: expressions where they are known as such, else sizes that data decide.
    mutating func dims(_ value: ValueID) throws -> [Dim] {
        if let known = known(value) { return known }
        guard rank(value) <= 1, let count = type(value).elementCount.value else {
            throw NodeProblem("\(scope.graph.origin(of: value)) must be a vector of known length")
        }
        let partial = scope.partialIntegers(value) ?? [Dim?](repeating: nil, count: count)
        let open = partial.indices.filter { partial[$0] == nil }
        if open.isEmpty { return partial.compactMap { $0 } }
        var vector = try reshape(try cast(value, to: .i64), [Dim(count)])
        if open.count < count { vector = try emit(Gather(axis: 0), vector, try self.vector(open)) }
        _ = try add(Sizes(), vector)
        var born = (scope.graph.nodes.last?.sizes ?? []).map { Dim.symbol($0) }[...]
        return partial.map { $0 ?? born.popFirst() ?? 0 }
    }

    // MARK: Writing

    /// Writes a node and gives its results.
    @discardableResult
    mutating func add(_ op: any Operator, _ operands: ValueID?...) throws -> [ValueID] { try add(op, operands) }

    @discardableResult
    mutating func add(_ op: any Operator, _ operands: [ValueID?]) throws -> [ValueID] {
        try scope.graph.add(op, operands, name: source.title, sizes: [], callees: scope.builder.callees)
    }

    /// Writes a node with a single result.
    mutating func emit(_ op: any Operator, _ operands: ValueID?...) throws -> ValueID { try emit(op, operands) }

    mutating func emit(_ op: any Operator, _ operands: [ValueID?]) throws -> ValueID {
        try scope.graph.apply(op, operands, name: source.title, callees: scope.builder.callees)
    }

    mutating func constant(_ tensor: Tensor) throws -> ValueID {
        try scope.constant(tensor, named: "\(source.title)#\(tensor.shape.isEmpty ? tensor.strings.first ?? "" : "constant")")
    }

    /// A constant without dimensions.
    mutating func scalar(_ value: Double, _ dtype: DType) throws -> ValueID { try constant(Tensor([value], [], as: dtype)) }

    mutating func scalar(_ value: Int, _ dtype: DType = .i64) throws -> ValueID { try constant(Tensor(integers: [value], [], as: dtype)) }

    mutating func vector(_ values: [Int]) throws -> ValueID { try constant(Tensor(integers: values, [values.count])) }

    /// Sizes as an i64 vector.
    mutating func vector(_ sizes: [Dim]) throws -> ValueID {
        let values = sizes.compactMap(\.value)
        return values.count == sizes.count ? try vector(values) : try emit(Shape(sizes))
    }

    mutating func cast(_ value: ValueID, to dtype: DType) throws -> ValueID {
        self.dtype(value) == dtype ? value : try emit(Cast(to: dtype), value)
    }

    mutating func reshape(_ value: ValueID, _ sizes: [Dim]) throws -> ValueID {
        shape(value) == sizes ? value : try emit(Reshape(sizes), value)
    }

    mutating func transpose(_ value: ValueID, _ permutation: [Int]) throws -> ValueID {
        permutation == Array(permutation.indices) ? value : try emit(Transpose(permutation), value)
    }

    mutating func expand(_ value: ValueID, _ sizes: [Dim]) throws -> ValueID {
        shape(value) == sizes ? value : try emit(Expand(sizes), value)
    }

    mutating func concat(_ values: [ValueID], axis: Int) throws -> ValueID {
        values.count == 1 ? values[0] : try emit(Concat(axis: axis), values)
    }

    mutating func slice(_ value: ValueID, axis: Int, _ range: Range<Int>) throws -> ValueID {
        try emit(Slice(axis: axis, start: Dim(range.lowerBound), end: Dim(range.upperBound)), value)
    }

    mutating func unsqueeze(_ value: ValueID, _ axis: Int) throws -> ValueID {
        var sizes = shape(value)
        sizes.insert(1, at: axis)
        return try reshape(value, sizes)
    }

    mutating func squeeze(_ value: ValueID, _ axis: Int) throws -> ValueID {
        var sizes = shape(value)
        sizes.remove(at: axis)
        return try reshape(value, sizes)
    }

    /// What the mapping of a standard operator makes of other inputs under this node's attributes.
    mutating func apply(_ name: String, version: Int, _ inputs: [ValueID?]) throws -> ValueID {
        guard let mapping = OperatorMapping.find("", name, version) else { throw NodeProblem("\(name) is not supported") }
        var node = NodeImport(source: source, version: version, place: place, inputs: inputs, scope: scope)
        guard let result = try mapping.convert(&node).first, let result else { throw NodeProblem("\(name) has no result") }
        return result
    }

    mutating func unary<Function: UnaryFunction>(_ function: Function.Type, _ x: ValueID) throws -> ValueID {
        try emit(Unary<Function>(), x)
    }

    mutating func binary<Function: BinaryFunction>(_ function: Function.Type, _ a: ValueID, _ b: ValueID) throws -> ValueID {
        let operands = try aligned([a, b])
        return try emit(Binary<Function>(), operands)
    }

    /// `a` and a number of its element type.
    mutating func binary<Function: BinaryFunction>(_ function: Function.Type, _ a: ValueID, _ b: Double) throws -> ValueID {
        try binary(function, a, try scalar(b, dtype(a)))
    }

    mutating func compare<Function: ComparisonFunction>(_ function: Function.Type, _ a: ValueID, _ b: ValueID) throws -> ValueID {
        let operands = try aligned([a, b])
        return try emit(Comparison<Function>(), operands)
    }

    mutating func compare<Function: ComparisonFunction>(_ function: Function.Type, _ a: ValueID, _ b: Double) throws -> ValueID {
        try compare(function, a, try scalar(b, dtype(a)))
    }

    mutating func choose(_ condition: ValueID, _ a: ValueID, _ b: ValueID) throws -> ValueID {
        let operands = try aligned([condition, a, b])
        return try emit(Where(), operands)
    }

    mutating func reduce<Function: ReduceFunction>(
        _ function: Function.Type, _ x: ValueID, _ axes: [Int], keepDims: Bool = false
    ) throws -> ValueID {
        try emit(Reduce<Function>(axes: axes, keepDims: keepDims), x)
    }

    /// The size that two sizes stretch to, of which at least one is not known: of two, one that cannot be 1 is that of both.
    private static func larger(_ a: Dim, _ b: Dim) -> Dim {
        if let dim = [a, b].first(where: { $0.value != nil }) { return dim }
        // Symbols of size 0 compute nothing.
        let dims = [a, b].first { dim in
            let ranges = Dictionary(uniqueKeysWithValues: dim.symbols.map { ($0, 1...Int(Int32.max)) })
            return (dim.bounds(ranges).lower ?? 0) >= 2
        }
        return dims ?? .maximum(a, b)
    }

    /// Operands of which it is known how they broadcast: see ``ONNXSpecialization/takesSizesAsEqual``.
    mutating func aligned(_ values: [ValueID]) throws -> [ValueID] {
        let shapes = values.map { shape($0) }
        let rank = shapes.map(\.count).max() ?? 0
        var target = [Dim](repeating: 1, count: rank)
        var isOpen = false
        for index in 0..<rank {
            for shape in shapes where shape.count > index {
                let (a, b) = (target[rank - 1 - index], shape[shape.count - 1 - index])
                if a == b || b.value == 1 { continue }
                if a.value == 1 {
                    target[rank - 1 - index] = b
                } else if a.value != nil, b.value != nil {
                    throw NodeProblem("the shapes \(shapes.map { "\($0)" }.joined(separator: " and ")) do not broadcast")
                } else {
                    isOpen = true
                    target[rank - 1 - index] = scope.builder.special.takesSizesAsEqual ? .simpler(a, b) : NodeImport.larger(a, b)
                }
            }
        }
        guard isOpen else { return values }
        return try values.map { value in
            let own = shape(value)
            // Sizes 1 stretch by themselves.
            let sizes = zip(own, target.suffix(own.count)).map { $0.value == 1 ? $0 : $1 }
            return try expand(value, sizes)
        }
    }

    /// Values whose sizes are the same but along `axis`, where they may be; it is seen when the model runs whether they are.
    mutating func matched(_ values: [ValueID], besides axis: Int) throws -> [ValueID] {
        guard var target = values.first.map({ shape($0) }), values.allSatisfy({ rank($0) == target.count }) else { return values }
        for value in values.dropFirst() { target = zip(target, shape(value)).map { Dim.simpler($0, $1) } }
        return try values.map { value in
            var sizes = target
            sizes[axis] = shape(value)[axis]
            return try reshape(value, sizes)
        }
    }
}

extension Dim {
    /// Of two sizes that should be equal the one that says more.
    static func simpler(_ a: Dim, _ b: Dim) -> Dim { b.complexity < a.complexity ? b : a }
}
