import Formats
import IR

/// One node of the IR while it is written: what it is, and where its ONNX nodes go.
final class NodeExport {
    let node: Node
    let scope: ExportScope
    /// The node's name, or that of its operator.
    let title: String
    private var made: [Int] = []
    private var fresh: Set<String> = []

    init(_ node: Node, _ scope: ExportScope) {
        (self.node, self.scope) = (node, scope)
        title = node.name.isEmpty ? node.opName : node.name
    }

    var opset: Int { scope.model.opset }

    /// - Throws: ``ExportProblem`` if the node is of another operator.
    func op<Op: Operator>(_ type: Op.Type) throws -> Op {
        guard let op = node.op as? Op else { throw ExportProblem("it is no \(Op.opName)") }
        return op
    }

    // MARK: Operands

    func operand(_ index: Int) -> ValueID? { index < node.inputs.count ? node.inputs[index] : nil }

    func input(_ index: Int) throws -> String {
        guard let name = try optional(index) else { throw ExportProblem("operand \(index) is missing") }
        return name
    }

    func optional(_ index: Int) throws -> String? { try operand(index).map(scope.name) }

    /// All operands; "" for those that are absent.
    func allInputs() throws -> [String] { try node.inputs.map { try $0.map(scope.name) ?? "" } }

    func type(_ index: Int) throws -> TensorType {
        guard let value = operand(index) else { throw ExportProblem("operand \(index) is missing") }
        return scope.graph.type(of: value)
    }

    func shape(_ index: Int) throws -> [Dim] { try type(index).shape }

    func dtype(_ index: Int) throws -> DType { try type(index).dtype }

    func rank(_ index: Int) throws -> Int { try type(index).rank }

    /// Type of result `index`.
    func resultType(_ index: Int = 0) throws -> TensorType {
        guard index < node.outputs.count else { throw ExportProblem("it has no result \(index)") }
        return scope.graph.type(of: node.outputs[index])
    }

    /// Operand `index` as elements of `dtype`.
    func input(_ index: Int, as dtype: DType) throws -> String { cast(try input(index), from: try self.dtype(index), to: dtype) }

    func optional(_ index: Int, as dtype: DType) throws -> String? { operand(index) == nil ? nil : try input(index, as: dtype) }

    /// `axis` counted from the front of `rank` dimensions.
    func axis(_ axis: Int, of rank: Int) -> Int { axis < 0 ? axis + rank : axis }

    // MARK: Nodes

    /// A node with one result.
    func emit(_ op: String, _ inputs: [String], _ attributes: [ONNXAttribute] = []) -> String {
        emit(op, inputs, attributes, outputs: 1)[0]
    }

    func emit(_ op: String, _ inputs: String...) -> String { emit(op, inputs) }

    /// - Returns: names of `outputs` results, one at least.
    func emit(_ op: String, _ inputs: [String], _ attributes: [ONNXAttribute], outputs: Int) -> [String] {
        let name = "\(title)/\(op)"
        let results = (0..<max(outputs, 1)).map { _ in scope.model.freshValue(name) }
        var inputs = inputs
        while inputs.last == "" { inputs.removeLast() }
        made.append(scope.target.nodes.count)
        scope.append(op, named: name, inputs, outputs: results, attributes)
        fresh.formUnion(results)
        return results
    }

    /// Whether a node of this one's made the value.
    func isFresh(_ name: String) -> Bool { fresh.contains(name) }

    /// Gives the nodes their names: the last that of this one, those before it longer ones.
    func finish() {
        for index in made {
            let own = index == made.last ? title : scope.target.nodes[index].name
            scope.target.nodes[index].name = scope.model.freshNode(own)
        }
    }

    // MARK: Constants and sizes

    /// One number of `dtype`, of rank 0.
    func number(_ value: Double, _ dtype: DType) -> String { scope.model.constant(Tensor([value], [], as: dtype), "number") }

    func ints(_ values: [Int]) -> String { scope.model.constant(Tensor(integers: values, [values.count]), "numbers") }

    func floats(_ values: [Double]) -> String { scope.model.constant(Tensor(values, [values.count], as: .f32), "numbers") }

    func sizes(_ dims: [Dim]) throws -> String { try scope.sizes(dims) }

    /// A tensor of one value.
    func filled(_ shape: [Dim], _ value: Scalar, _ dtype: DType) throws -> String {
        let tensor = value.tensor(dtype)
        // Small ones are constants: people and passes see what they are.
        if let sizes = TensorType(dtype, shape).staticShape, let count = Tensor.elementCount(sizes), count <= 1 << 12 {
            let elements: Tensor =
                switch value {
                case .int(let x): Tensor(integers: [Int](repeating: x, count: count), sizes, as: dtype)
                case .float(let x): Tensor([Double](repeating: x, count: count), sizes, as: dtype)
                }
            return scope.model.constant(elements, "constant")
        }
        return emit("ConstantOfShape", [try sizes(shape)], [.tensor("value", tensor)])
    }

    // MARK: Small things

    func cast(_ name: String, from: DType, to: DType) -> String {
        from == to ? name : emit("Cast", [name], [.int("to", to.onnxNumber)])
    }

    func transpose(_ name: String, _ permutation: [Int]) -> String {
        permutation == Array(permutation.indices) ? name : emit("Transpose", [name], [.ints("perm", permutation)])
    }

    /// The last two of `rank` dimensions swapped.
    func transposed(_ name: String, rank: Int) -> String {
        transpose(name, Array(0..<(rank - 2)) + [rank - 1, rank - 2])
    }

    func unsqueeze(_ name: String, _ axes: [Int]) -> String { axes.isEmpty ? name : emit("Unsqueeze", name, ints(axes)) }

    /// `x` of shape `old` as `new`. Sizes that stay where they are and one more may be symbols without being computed.
    func reshape(_ x: String, _ old: [Dim], _ new: [Dim]) throws -> String {
        if old == new { return x }
        func stays(_ index: Int) -> Bool { index < old.count && old[index] == new[index] }
        let open = new.indices.filter { new[$0].value == nil && !stays($0) }
        let isSimple = open.count <= 1 && !new.contains(0)
        // A size that is computed may be 0, which then means 0.
        guard isSimple else { return emit("Reshape", [x, try sizes(new)], [.int("allowzero", 1)]) }
        let numbers = new.indices.map { index in new[index].value ?? (stays(index) ? 0 : -1) }
        return emit("Reshape", x, ints(numbers))
    }

    /// A range of one dimension.
    func slice(_ x: String, axis: Int, _ start: Dim, _ end: Dim, step: Int = 1) throws -> String {
        emit("Slice", [x, try sizes([start]), try sizes([end]), ints([axis])] + (step == 1 ? [] : [ints([step])]))
    }

    /// A reduction whose axes are an input from operator set `since` on.
    func reduce(_ op: String, _ x: String, _ axes: [Int], keepDims: Bool, since: Int = 18) -> String {
        let keep = ONNXAttribute.flag("keepdims", keepDims)
        return opset >= since ? emit(op, [x, ints(axes)], [keep]) : emit(op, [x], [.ints("axes", axes), keep])
    }
}
