import Formats
import IR

/// The attributes of a Scan.
private struct ScanSettings {
    let source: ONNXGraph
    let inputAxes, outputAxes: [Int]
    let reversedInputs, reversedOutputs: [Int]
    /// How many sequences there are.
    let sequences: Int

    init(_ node: NodeImport, states: Int) throws {
        source = try node.graphAttribute("body")
        guard let count = try node.int("num_scan_inputs"), count > 0, states >= 0, source.inputs.count == states + count,
            source.outputs.count >= states
        else {
            throw NodeProblem(
                "its body takes \(try node.graphAttribute("body").inputs.count) inputs for \(states) states and its sequences")
        }
        sequences = count
        let parts = source.outputs.count - states
        inputAxes = try node.ints("scan_input_axes") ?? [Int](repeating: 0, count: count)
        outputAxes = try node.ints("scan_output_axes") ?? [Int](repeating: 0, count: parts)
        func reversed(_ name: String) throws -> [Int] { (try node.ints(name) ?? []).enumerated().filter { $0.element != 0 }.map(\.offset) }
        reversedInputs = try reversed(node.version < 9 ? "directions" : "scan_input_directions")
        reversedOutputs = try reversed("scan_output_directions")
        guard inputAxes.count == count, outputAxes.count == parts else { throw NodeProblem("it has axes for other numbers of sequences") }
    }
}

extension OperatorMapping {
    /// Results: last states, then stacks of parts.
    static func scan(_ node: inout NodeImport) throws -> [ValueID?] {
        let operands = try node.allInputs()
        let states = operands.count - (try node.int("num_scan_inputs", 0))
        let settings = try ScanSettings(node, states: states)
        return try scan(&node, node.scope, settings, states: Array(operands.prefix(states)), sequences: Array(operands.dropFirst(states)))
    }

    private static func scan(
        _ node: inout NodeImport, _ scope: ONNXScope, _ settings: ScanSettings, states: [ValueID], sequences: [ValueID]
    ) throws -> [ValueID?] {
        let source = settings.source
        let axes = try zip(settings.inputAxes, sequences).map { try node.axis($0, of: scope.graph.type(of: $1).rank) }
        let handed = HandedOn(scope, states, firstInput: 0)
        let (body, values) = try handed.settled(in: node, source, first: 0) { body in
            try handed.addInputs(to: body, source.inputs.prefix(states.count).map(\.name))
            for (index, sequence) in sequences.enumerated() {
                let type = scope.graph.type(of: sequence)
                var shape = type.shape
                shape.remove(at: axes[index])
                let name = source.inputs[states.count + index].name
                body.define(name, try body.addInput(name, .tensor(type.with(shape: shape))))
            }
            try body.importNodes(source.liveNodes)
            return try body.outputs(of: source)
        }
        // A part's axis may count from the end, with the new dimension among them.
        let partAxes = try zip(settings.outputAxes, values.dropFirst(states.count)).map {
            try node.axis($0, of: body.graph.type(of: $1).rank + 1)
        }
        try body.finish(source, values)
        let captures = body.captures
        let op = Scan(
            body: body.keep(like: "\(node.source.title).body"), states: states.count, axes: axes, reverse: settings.reversedInputs,
            partAxes: partAxes, partReverse: settings.reversedOutputs)
        let results = try scope.graph.add(
            op, handed.operands + sequences + captures, name: node.source.title, sizes: [], callees: scope.builder.callees)
        return results.map { $0 }
    }

    /// Version 8: all values have a first dimension for items that are scanned on their own, each as far as `sequence_lens` says.
    ///
    /// A scan over the items, whose body is the scan of one.
    static func batchedScan(_ node: inout NodeImport) throws -> [ValueID?] {
        let operands = try (1..<max(1, node.inputs.count)).map { try node.input($0) }
        let states = operands.count - (try node.int("num_scan_inputs", 0))
        let settings = try ScanSettings(node, states: states)
        let lengths = try node.optional(0).map { try node.cast($0, to: .i64) }
        let scope = node.scope
        let body = scope.body(for: settings.source, named: "\(node.source.title).item")
        let items = try operands.enumerated().map { index, operand in
            let type = scope.graph.type(of: operand)
            guard type.rank > 0 else { throw NodeProblem("input \(index + 1) has no dimension for the items") }
            return try body.addInput("item\(index)", .tensor(type.with(shape: Array(type.shape.dropFirst()))))
        }
        var sequences = Array(items.dropFirst(states))
        guard let first = sequences.first, let whole = body.graph.type(of: first).shape.first else {
            throw NodeProblem("it has no sequence")
        }
        if lengths != nil {
            let length = try body.graph.apply(Reshape([1]), [try body.addInput("length", .turn)], name: "length")
            _ = try body.graph.add(Sizes(), [length], name: "length")
            let size = Dim.symbol(body.graph.nodes.last?.sizes.first ?? "")
            sequences = try sequences.map { try body.graph.apply(Slice(axis: 0, start: 0, end: size), [$0], name: "as long") }
        }
        let results = try scan(&node, body, settings, states: Array(items.prefix(states)), sequences: sequences)
        let padded = try results.compactMap { $0 }.enumerated().map { index, value in
            index < states || lengths == nil ? value : try filled(body, value, to: whole)
        }
        try body.finish(settings.source, padded)
        let captures = body.captures
        let zeros = [Int](repeating: 0, count: padded.count)
        let outer = operands + (lengths.map { [$0] } ?? [])
        let op = Scan(
            body: body.keep(like: "\(node.source.title).item"), states: 0, axes: [Int](repeating: 0, count: outer.count), partAxes: zeros)
        return try node.add(op, outer + captures)
    }

    /// `parts` with zeros behind, up to `size` of them.
    private static func filled(_ body: ONNXScope, _ parts: ValueID, to size: Dim) throws -> ValueID {
        let type = body.graph.type(of: parts)
        var missing = type.shape
        missing[0] = size - type.shape[0]
        let zeros = try body.graph.apply(Fill(shape: missing, value: 0, dtype: type.dtype), [], name: "padding")
        let whole = try body.graph.apply(Concat(axis: 0), [parts, zeros], name: "padded")
        return try body.graph.apply(Reshape([size] + type.shape.dropFirst()), [whole], name: "padded")
    }

    /// Each item of the sequences through the body; what it gives, as sequences.
    static func sequenceMap(_ node: inout NodeImport) throws -> [ValueID?] {
        let source = try node.graphAttribute("body")
        let operands = try node.allInputs()
        guard case .sequence? = operands.first.map({ node.valueType($0) }), source.inputs.count == operands.count else {
            throw NodeProblem("its first input must be a sequence, and its body take \(operands.count) inputs")
        }
        let scope = node.scope
        let count = try node.emit(SequenceLength(), operands[0])
        let empties = try source.outputs.map { _ -> ValueID in
            let value = try scope.graph.apply(SequenceEmpty(of: .tensor(TensorType(.f32, []))), [], name: "results")
            scope.empties[value] = Emptiness(kind: .sequence)
            return value
        }
        let handed = HandedOn(scope, empties, firstInput: 2)
        let (body, values) = try handed.settled(in: node, source, first: 1) { body in
            let turn = try body.addInput("turn", .turn)
            let go = try body.addInput("go", .flag)
            let names = source.outputs.indices.map { "results\($0)#" }
            try handed.addInputs(to: body, names)
            let items = try operands.enumerated().map { index, operand in
                let value = try body.capture(operand, of: scope, source.inputs[index].name)
                guard case .sequence = body.graph.valueType(of: value) else { return value }
                return try body.graph.apply(SequenceAt(), [value, turn], name: "item")
            }
            let results = try body.inline(source, items)
            let longer = try zip(names, results).map { name, result -> ValueID in
                guard let value = try body.lookup(name) else { throw NodeProblem("its results are lost") }
                return try SequenceImport.insert(result, into: value, at: nil, in: body)
            }
            return [go] + longer
        }
        for (index, value) in values.enumerated() { try body.graph.addOutput("result\(index)", value) }
        let captures = body.captures
        let op = Loop(body: body.keep(like: "\(node.source.title).body"), carried: empties.count)
        return try node.add(op, [count, nil] + handed.operands + captures)
    }
}
