import IR
import Runtime
import TestSupport
import Testing

/// How an operand reaches the kernel: as it is, or through views of a larger or differently ordered input; with `constant`, all
/// operands but the first are constants of the module, as weights are.
enum Layout: String, CaseIterable, Sendable {
    case dense, transposed, framed, stepped, repeated, constant
}

/// A function `main` of one operator over inputs `x0`, `x1`, …, with outputs `y0`, `y1`, ….
struct OneNode {
    let module: Module
    /// What the function is fed.
    let inputs: [String: Tensor]
    /// What the operator sees.
    let operands: [Tensor?]
    let outputs: [String]

    init(_ sample: OperatorSample, _ layout: Layout = .dense) throws {
        var graph = Graph(name: "main")
        var module = Module(name: "one", stage: .clean)
        var inputs: [String: Tensor] = [:]
        var operands: [Tensor?] = []
        var values: [ValueID?] = []
        for (index, tensor) in sample.inputs.enumerated() {
            guard let tensor else {
                values.append(nil)
                operands.append(nil)
                continue
            }
            if layout == .constant, index > 0 {
                module.setConstant(Constant(key: "c\(index)", tensor))
                values.append(try graph.constant("c\(index)", tensor.type))
                operands.append(tensor)
                continue
            }
            let seen = try layout.view(tensor)
            let input = try graph.addInput("x\(index)", seen.fed.type)
            inputs["x\(index)"] = seen.fed
            operands.append(seen.operand)
            values.append(try seen.ops.reduce(input) { try graph.apply($1, [$0], name: "view \(index)") })
        }
        let results = try graph.add(sample.op, values, name: "node")
        outputs = results.indices.map { "y\($0)" }
        for (name, result) in zip(outputs, results) { try graph.addOutput(name, result) }
        module.setFunction(graph)
        (self.module, self.inputs, self.operands) = (module, inputs, operands)
    }

    /// Results of a session, and the kernels that gave them.
    func run(_ binding: Binding) throws -> (results: [Tensor], kernels: [String]) {
        let session = Session(try Plan(module))
        var kernels: [String] = []
        session.observer = { kernel, _, _, _ in kernels.append(kernel) }
        let results = try session.run("main", inputs, binding: binding)
        return (try outputs.map { try #require(results[$0]) }, kernels)
    }
}

extension Layout {
    /// What to feed so that `ops` make of it `operand`, which is `tensor` unless elements have to repeat.
    func view(_ tensor: Tensor) throws -> (fed: Tensor, ops: [any TensorOperator], operand: Tensor) {
        guard tensor.rank > 0, tensor.count > 0, self != .dense, self != .constant else { return (tensor, [], tensor) }
        let axes = tensor.shape.indices
        func made(_ op: any TensorOperator, _ x: Tensor) throws -> Tensor { try #require(try op.evaluate([x], [:]).first) }
        switch self {
        case .dense, .constant: return (tensor, [], tensor)
        case .transposed:
            let reversal = Transpose(Array(axes.reversed()))
            return (try made(reversal, tensor), [reversal], tensor)
        case .framed:
            let ones = [Int](repeating: 1, count: tensor.rank)
            let cuts = axes.map { Slice(axis: $0, start: 1, end: Dim(tensor.shape[$0] + 1)) }
            return (try made(Pad(before: ones, after: ones, value: 1), tensor), cuts, tensor)
        case .stepped:
            let last = tensor.shape[tensor.rank - 1]
            let wide = try made(Reshape((tensor.shape + [1]).map { Dim($0) }), tensor)
            let after = [Int](repeating: 0, count: tensor.rank) + [1]
            let doubled = try made(Pad(before: after.map { _ in 0 }, after: after, value: 1), wide)
            let fed = try made(Reshape((tensor.shape.dropLast() + [2 * last]).map { Dim($0) }), doubled)
            return (fed, [Slice(axis: -1, start: 0, end: Dim(2 * last), step: 2)], tensor)
        case .repeated:
            let fed = try made(Slice(axis: 0, start: 0, end: 1), tensor)
            let expansion = Expand(tensor.shape.map { Dim($0) })
            return (fed, [expansion], try made(expansion, fed))
        }
    }
}
