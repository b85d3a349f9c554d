import IR

/// Work of one evaluation of a node and the bytes that it reads and writes, each once.
package struct NodeCost: Sendable, Encodable {
    /// What bounds a node's time from below.
    package enum Bound: String, Sendable, Encodable { case compute, memory }

    /// What is multiplied: f32, bf16, or integers of 8 bits and fewer.
    package enum Product: String, Sendable, Encodable { case f32, bf16, i8 }

    /// Operations; a multiply-add counts two.
    package let flops: Double
    /// Of constants and of what is computed from constants alone; of tables, the rows that are picked.
    package let weightBytes: Double
    package let operandBytes, resultBytes: Double
    package let product: Product

    package init(flops: Double, weightBytes: Double, operandBytes: Double, resultBytes: Double, product: Product = .f32) {
        (self.flops, self.product) = (flops, product)
        (self.weightBytes, self.operandBytes, self.resultBytes) = (weightBytes, operandBytes, resultBytes)
    }

    package static let zero = NodeCost(flops: 0, weightBytes: 0, operandBytes: 0, resultBytes: 0)

    /// Read and written.
    package var bytes: Double { weightBytes + operandBytes + resultBytes }

    /// Operations for each byte; 0 where nothing moves.
    package var intensity: Double { bytes > 0 ? flops / bytes : 0 }

    /// Seconds that the work takes at least, and that the bytes do, if nothing is in the caches.
    fileprivate func seconds(on peaks: MachinePeaks) -> (compute: Double, memory: Double) {
        let compute = peaks.operations(product).map { $0 > 0 ? flops / $0 : 0 } ?? 0
        return (compute, peaks.bytesPerSecond > 0 ? bytes / peaks.bytesPerSecond : 0)
    }

    package func bound(on peaks: MachinePeaks) -> Bound {
        let (compute, memory) = seconds(on: peaks)
        return compute > memory ? .compute : .memory
    }

    /// The time that a node takes at least, in seconds, where all its bytes come from memory. What was just written is still in the caches:
    /// a node of few bytes may take less.
    package func leastSeconds(on peaks: MachinePeaks) -> Double {
        let (compute, memory) = seconds(on: peaks)
        return max(compute, memory)
    }
}

/// What the nodes of a function cost under one binding of its symbols.
package struct FunctionCosts: Sendable {
    /// Aligned with the function's nodes; nil where a node depends on constants alone and is computed once.
    package let nodes: [NodeCost?]
    /// Types with the sizes put in.
    let types: SizedTypes

    /// - Throws: `BindingError` for a symbol without a size, or sizes that do not fit.
    package init(_ graph: Graph, _ binding: Binding) throws {
        let fixed = FixedValues(graph)
        let nodes = graph.nodes
        let types = try SizedTypes(graph, zip(nodes, fixed.isComputedOnce).filter { !$1 }.map(\.0), binding)
        self.types = types
        self.nodes = try zip(nodes, fixed.isComputedOnce).map { node, isOnce in
            isOnce ? nil : try NodeCost(node, graph, fixed, types)
        }
    }

    /// Of all nodes that run in a call.
    package var flops: Double { nodes.reduce(0) { $0 + ($1?.flops ?? 0) } }

    package var bytes: Double { nodes.reduce(0) { $0 + ($1?.bytes ?? 0) } }

    /// Seconds that a call takes at least: the sum over its nodes.
    package func leastSeconds(on peaks: MachinePeaks) -> Double { nodes.reduce(0) { $0 + ($1?.leastSeconds(on: peaks) ?? 0) } }
}

extension FunctionCosts {
    /// Seconds that a call takes at least, however its nodes are fused: all of its work, or its weights, inputs and outputs once from memory.
    /// - Parameter graph: whose costs these are.
    /// - Throws: `BindingError` for an output whose size data decide.
    package func leastCallSeconds(_ graph: Graph, on peaks: MachinePeaks) throws -> Double {
        let compute = nodes.reduce(0) { $0 + ($1?.seconds(on: peaks).compute ?? 0) }
        let ends = try Set(graph.inputs + graph.outputs.map(\.value)).reduce(0) { $0 + (try types.bytes(of: $1)) }
        let bytes = nodes.reduce(ends) { $0 + ($1?.weightBytes ?? 0) }
        return max(compute, peaks.bytesPerSecond > 0 ? bytes / peaks.bytesPerSecond : 0)
    }
}

/// Values that depend on constants alone, which are computed once, when a model is compiled.
struct FixedValues: Sendable {
    private var values: Set<ValueID> = []
    /// Aligned with the nodes.
    private(set) var isComputedOnce: [Bool] = []

    init(_ graph: Graph) {
        for node in graph.nodes {
            let operands = node.inputs.compactMap { $0 }
            let isOnce = !operands.isEmpty && operands.allSatisfy { values.contains($0) || graph.constantKey(of: $0) != nil }
            if isOnce { values.formUnion(node.outputs) }
            isComputedOnce.append(isOnce)
        }
    }

    func contains(_ value: ValueID, _ graph: Graph) -> Bool { values.contains(value) || graph.constantKey(of: value) != nil }
}

extension NodeCost {
    fileprivate init(_ node: Node, _ graph: Graph, _ fixed: FixedValues, _ types: SizedTypes) throws {
        let cost = node.op.cost(of: node.inputs.map { $0.map(types.type) }, node.outputs.map(types.type))
        flops = Double(try cost.flops.evaluate(types.binding))
        product = Product(node, types)
        guard !node.op.facts.contains(.view), cost.bytes.value != 0 else {
            (weightBytes, operandBytes, resultBytes) = (0, 0, 0)
            return
        }
        // Where only part of a tensor is replaced, that is written, over the tensor itself.
        let isUpdate = node.op is UpdateSlice
        let written = isUpdate ? node.inputs.dropFirst().prefix(1).compactMap { $0 } : node.outputs
        let results = try written.reduce(0) { $0 + (try types.bytes(of: $1)) }
        let isPick = node.op is Gather || node.op is GatherElements
        var (weights, operands) = (0.0, 0.0)
        for (index, input) in node.inputs.enumerated() where !(node.op is Shape) {
            guard let input, !(isUpdate && index == 0) else { continue }
            let all = try types.bytes(of: input)
            // Of a table what is picked is read, and that is as large as the result.
            let read = isPick && index == 0 ? min(all, results) : all
            if fixed.contains(input, graph) { weights += read } else { operands += read }
        }
        (weightBytes, operandBytes, resultBytes) = (weights, operands, results)
    }
}

extension NodeCost.Product {
    fileprivate init(_ node: Node, _ types: SizedTypes) {
        let factors = node.inputs.prefix(2).compactMap { $0 }.map { types.type($0).element.dtype }
        let narrow: Set<DType> = [.i8, .u8, .i4, .u4, .i2, .u2]
        switch node.op {
        case let op as Attention: self = op.int8 ? .i8 : .f32
        case is IntegerLinear: self = .i8
        case let op as QuantizedLinear: self = op.weightOnly ? .f32 : .i8
        case let op as QuantizedGatedLinear: self = op.weightOnly ? .f32 : .i8
        case is Conv, is FusedConv, is QuantizedConv: self = .f32
        default: self = factors.contains(.bf16) ? .bf16 : factors.count == 2 && factors.allSatisfy(narrow.contains) ? .i8 : .f32
        }
    }
}

/// The types of a function's values with the sizes of a binding put in: products of symbols take time.
struct SizedTypes: Sendable {
    let binding: Binding
    private let graph: Graph
    private var types: [ValueID: ValueType] = [:]

    init(_ graph: Graph, _ nodes: [Node], _ binding: Binding) throws {
        (self.graph, self.binding) = (graph, binding)
        for value in graph.inputs + nodes.flatMap({ $0.inputs.compactMap { $0 } + $0.outputs }) where types[value] == nil {
            types[value] = try graph.valueType(of: value).bound(by: binding)
        }
    }

    func type(_ value: ValueID) -> ValueType { types[value] ?? graph.valueType(of: value) }

    /// Of one tensor of that type.
    /// - Throws: `BindingError` for a symbol without a size.
    func bytes(of value: ValueID) throws -> Double {
        let type = type(value).element
        return Double(try type.elementCount.evaluate(binding)) * Double(type.dtype.bits) / 8
    }
}

extension ValueType {
    /// The same with the sizes that `binding` gives; sizes that data decide stay.
    /// - Throws: `BindingError` for a division by zero.
    fileprivate func bound(by binding: Binding) throws -> ValueType {
        if isTensor, element.isOfAnyRank || element.staticShape != nil { return self }
        return try mapElement { type in
            guard !type.isOfAnyRank else { return type }
            return type.with(shape: try type.shape.map { $0.symbols.isSubset(of: binding.keys) ? Dim(try $0.evaluate(binding)) : $0 })
        }
    }
}
