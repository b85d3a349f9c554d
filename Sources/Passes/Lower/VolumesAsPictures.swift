import IR

/// Convolves volumes as pictures, for which there are kernels: the depths that a filter sees become channels.
///
///     x [n, c, d, h, w] ─▶ kd slices of depth ─▶ [n·d', c·kd, h, w] ─▶ conv ─▶ [n·d', o, h', w'] ─▶ y [n, o, d', h', w']
package struct VolumesAsPictures: Rule {
    package let name = "volumes-as-pictures"
    package let documentation = "Makes convolutions of three dimensions those of pictures whose channels are the depths that a filter sees."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = [Conv.opName, FusedConv.opName]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let y = node.outputs.first, graph.type(of: y).rank == 5, graph.type(of: y).dtype == .f32, let x = node.inputs[0],
            let weight = node.inputs[1], let depth = graph.type(of: weight).shape[2].value, let form = Form(node.op)
        else { return nil }
        let result = graph.type(of: y).shape
        var patch = Patch(for: graph, at: node.id)
        var operands: [ValueID?] = [
            try pictures(of: x, depth, result[2], form, node.name, &patch),
            try filter(weight, node.name, &patch),
        ]
        if node.inputs.count > 2 { operands.append(node.inputs[2]) }
        if node.inputs.count > 3, let residual = node.inputs[3] {
            let turned = try patch.apply(Transpose([0, 2, 1, 3, 4]), [residual], name: node.name)
            operands.append(try patch.reshaped(turned, [result[0] * result[2], result[1]] + result[3...], name: node.name))
        }
        let picture = try patch.apply(form.overPictures, operands, name: node.name)
        let apart = try patch.reshaped(picture, [result[0], result[2], result[1]] + result[3...], name: node.name)
        try patch.replace(y, by: Transpose([0, 2, 1, 3, 4]), [apart], name: node.name)
        return patch
    }

    /// The operator over volumes as numbers along depth, and that over pictures.
    private struct Form {
        let stride, dilation, before, behind: Int
        let overPictures: any Operator

        init?(_ op: any Operator) {
            guard let geometry = (op as? Conv)?.geometry ?? (op as? FusedConv)?.geometry else { return nil }
            let own = geometry.spelled(3)
            (stride, dilation, before, behind) = (own.stride[0], own.dilation[0], own.padding[0], own.padding[3])
            let plane = ConvGeometry(
                stride: Array(own.stride[1...]), padding: [own.padding[1], own.padding[2], own.padding[4], own.padding[5]],
                dilation: Array(own.dilation[1...]), groups: geometry.groups)
            overPictures = (op as? FusedConv).map { FusedConv(plane, activation: $0.activation) } ?? Conv(plane)
        }
    }

    /// [o, c, kd, kh, kw] ─▶ [o, c·kd, kh, kw]
    private func filter(_ weight: ValueID, _ name: String, _ patch: inout Patch) throws -> ValueID {
        let shape = patch.type(of: weight).shape
        return try patch.reshaped(weight, [shape[0], shape[1] * shape[2]] + shape[3...], name: name)
    }

    private func pictures(
        of x: ValueID, _ depth: Int, _ count: Dim, _ form: Form, _ name: String, _ patch: inout Patch
    ) throws -> ValueID {
        var source = x
        if form.before + form.behind > 0 {
            source = try patch.apply(Pad(before: [0, 0, form.before, 0, 0], after: [0, 0, form.behind, 0, 0]), [x], name: name)
        }
        let shape = patch.type(of: source).shape
        let slices = try (0..<depth).map { tap -> ValueID in
            let start = Dim(tap * form.dilation)
            let end = start + (count - 1) * Dim(form.stride) + 1
            let slice = try patch.apply(Slice(axis: 2, start: start, end: end, step: form.stride), [source], name: name)
            return try patch.reshaped(slice, [shape[0], shape[1], 1, count] + shape[3...], name: name)
        }
        let stacked = depth == 1 ? slices[0] : try patch.apply(Concat(axis: 2), slices, name: name)
        let turned = try patch.apply(Transpose([0, 3, 1, 2, 4, 5]), [stacked], name: name)
        return try patch.reshaped(turned, [shape[0] * count, shape[1] * Dim(depth)] + shape[3...], name: name)
    }
}
