import IR

/// Keeps the channels of pictures neighbours in memory from one convolution to the next.
///
///     conv ─▶ silu ─▶ group_norm ─▶ conv        ⟶        conv channels_last ─▶ silu channels_last ─▶ group_norm channels_last ─▶ …
///
/// Convolutions write so whose filter is packed, or will be when they run. Elementwise operators, norms, concats and enlargements keep the order they find, but for
/// what the caller gets, which lies row by row; what stands between as a view is followed. What cannot read it costs a copy.
package struct LayOutPictures: Pass {
    package let name = "lay-out-pictures"
    package let documentation = "Marks results [n, c, h, w] whose channels are neighbours in memory."
    package let promise = Promise.exact

    package init() {}

    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        let results = graph.returned
        var pictures: Set<ValueID> = []
        var changes = 0
        for node in graph.nodes {
            guard let y = node.outputs.first, graph.type(of: y).rank == 4 else { continue }
            if let view = Self.view(node, graph, pictures) {
                if view { pictures.formUnion(node.outputs) }
                continue
            }
            guard Self.keeps(node, graph, pictures, isReturned: results.contains(y)) else { continue }
            pictures.insert(y)
            guard changes < limit, !node.hints.contains(.channelsLast) else { continue }
            graph.addHints(.channelsLast, to: node.id)
            changes += 1
        }
        return changes
    }

    /// Whether the result of a view lies channels-last; nil for what is no view.
    private static func view(_ node: Node, _ graph: Graph, _ pictures: Set<ValueID>) -> Bool? {
        guard let x = node.inputs.first ?? nil else { return nil }
        switch node.op {
        case let transpose as Transpose: return transpose.permutation == [0, 3, 1, 2] && !pictures.contains(x)
        case is Slice, is Split: return pictures.contains(x)
        // What may turn out to be the same sizes, once symbols are known.
        case is Expand, is Reshape:
            let (from, to) = (graph.type(of: x).shape, graph.type(of: node.outputs[0]).shape)
            return from.count == 4 && from[..<2] == to[..<2] && pictures.contains(x)
        default: return node.op.facts.contains(.view) ? false : nil
        }
    }

    /// Whether a kernel gives the result of `node` channels last.
    private static func keeps(_ node: Node, _ graph: Graph, _ pictures: Set<ValueID>, isReturned: Bool) -> Bool {
        func isPicture(_ index: Int) -> Bool { index < node.inputs.count && node.inputs[index].map(pictures.contains) ?? false }
        switch node.op {
        case is Conv, is ConvEnding:
            let isPacked = node.inputs.count > 1 && node.inputs[1].map { graph.type(of: $0).layout == .filter } ?? false
            return isPacked || ConvOperands.hasComputedFilter(node, graph)
        case is GroupNormGradient: return isPicture(0) || isPicture(1)
        case is IntegerConv: return node.inputs[1].map { graph.type(of: $0).layout == .panels } ?? false
        case is Quantize, is DynamicQuantize: return !isReturned && isPicture(0)
        case is GroupNorm, is FusedGroupNorm, is Concat, is AveragePool, is Pad, is PixelShuffle: return isPicture(0)
        case let pool as MaxPool: return !pool.indices && isPicture(0)
        case let resize as Resize: return resize.repeatsPixels && isPicture(0)
        case is any ElementwiseFunction:
            let shape = graph.type(of: node.outputs[0]).shape
            let whole = node.inputs.firstIndex { $0.map { graph.type(of: $0).shape == shape } ?? false }
            return !isReturned && (whole.map(isPicture) ?? false)
        default: return false
        }
    }
}

extension Graph {
    /// Whether a `resize` doubles a picture for one convolution alone, whose kernel reads each pixel twice in both directions instead. Sizes
    /// are left to be looked at.
    package func doublesForConv(_ node: Node) -> Bool {
        guard let resize = node.op as? Resize, resize.size.count == 2, resize.repeatsPixels,
            let y = node.outputs.first, hasSingleUse(y), let reader = users(of: y).first.flatMap({ self.node($0) }),
            reader.inputs.first == y, ConvOperands(reader.op)?.geometry.groups == 1,
            reader.inputs.dropFirst().allSatisfy({ $0 != y }), let filter = reader.inputs.dropFirst().first ?? nil
        else { return false }
        return type(of: filter).layout == .filter || ConvOperands.hasComputedFilter(reader, self)
    }

    /// Whether a `turn_filter` serves convolutions alone that pack their filters when they run: they do so turned around.
    package func turnsForConvs(_ node: Node) -> Bool {
        guard let turn = node.op as? TurnFilter, turn.groups == 1, let y = node.outputs.first, type(of: y).rank == 4 else { return false }
        let readers = users(of: y).compactMap { self.node($0) }
        return !outputs.contains { $0.value == y } && !readers.isEmpty
            && readers.allSatisfy { reader in
                reader.inputs.indices.allSatisfy { reader.inputs[$0] != y || $0 == 1 } && ConvOperands(reader.op)?.geometry.groups == 1
                    && ConvOperands.hasComputedFilter(reader, self)
            }
    }

    /// Values that the caller gets, under their own or another shape.
    var returned: Set<ValueID> {
        var found: Set<ValueID> = []
        for output in outputs {
            var value: ValueID? = output.value
            while let present = value, found.insert(present).inserted {
                guard let node = producer(of: present), node.op is Reshape, let source = node.inputs.first ?? nil, hasSingleUse(source)
                else { break }
                value = source
            }
        }
        return found
    }
}

/// Operators of one function of the elements at a place.
protocol ElementwiseFunction {}

extension Unary: ElementwiseFunction {}
extension Binary: ElementwiseFunction {}
extension Comparison: ElementwiseFunction {}
extension Logical: ElementwiseFunction {}
