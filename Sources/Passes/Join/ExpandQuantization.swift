import IR

/// Writes out as arithmetic what no layer has taken in.
///
///     x, scale, zero ─▶ quantize ─▶ y        ⟶        x ─▶ div(scale) ─▶ round ─▶ add(zero) ─▶ cast ─▶ y
///     q, scale, zero ─▶ dequantize ─▶ x      ⟶        q ─▶ cast(f32) ─▶ sub(zero) ─▶ mul(scale) ─▶ cast ─▶ x
///
/// Levels of 8 bits of f32 with one scale have a kernel, and stay.
package struct ExpandQuantization: Rule {
    package let name = "expand-quantization"
    package let documentation = "Writes out rounding to levels, and what levels stand for, where no kernel takes it in."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [Quantize.opName, Dequantize.opName, DynamicQuantize.opName]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        var writer = Writer(match: Match(graph, module), name: node.name, patch: Patch(for: graph, at: node.id))
        switch node.op {
        case let op as Quantize: try writer.write(op, node)
        case let op as Dequantize: try writer.write(op, node)
        case let op as DynamicQuantize where op.perRow: try writer.writeRows(node)
        default: return nil
        }
        return writer.isChanged ? writer.patch : nil
    }

    private struct Writer {
        let match: Match
        let name: String
        var patch: Patch
        var isChanged = false

        mutating func write(_ op: Quantize, _ node: Node) throws {
            guard let x = match.operand(node, 0), let scale = match.operand(node, 1), let y = node.outputs.first else { return }
            if KernelQuantize.takes(op, match.type(x), match.type(scale)) { return }
            let (type, isNarrow) = (match.type(x), op.to.narrowFloat != nil)
            var levels = try apply(Binary<Div>(), x, try spread(scale, op.placement, over: type))
            if !isNarrow { levels = try apply(Unary<Round>(), levels) }
            // 16 bits do not hold every level.
            if type.dtype.bits < 32 { levels = try cast(levels, to: .f32) }
            if let zero = match.operand(node, 2) {
                let own = try cast(zero, to: patch.type(of: levels).dtype)
                levels = try apply(Binary<Add>(), levels, try spread(own, op.placement, over: type))
            }
            replace(y, with: try apply(Cast(to: op.to, saturate: op.saturate), levels))
        }

        mutating func write(_ op: Dequantize, _ node: Node) throws {
            guard let q = match.operand(node, 0), let scale = match.operand(node, 1), let y = node.outputs.first else { return }
            let type = match.type(q)
            var levels = q
            if let zero = match.operand(node, 2) {
                // The difference is exact: f32 holds all levels of less than 32 bits.
                let exact: DType = type.dtype.bits < 32 ? .f32 : .i64
                levels = try cast(levels, to: exact)
                levels = try apply(Binary<Sub>(), levels, try spread(try cast(zero, to: exact), op.placement, over: type))
            }
            let factor = try spread(try cast(scale, to: .f32), op.placement, over: type)
            let product = try apply(Binary<Mul>(), try cast(levels, to: .f32), factor)
            replace(y, with: try cast(product, to: op.to))
        }

        /// As ``DynamicQuantize`` says it of rows, an operation of f32 after the other.
        mutating func writeRows(_ node: Node) throws {
            guard let x = match.operand(node, 0) else { return }
            if node.outputs.count == 2 { return try writeSymmetricRows(x, node) }
            let (zero, one) = (try number(0), try number(1))
            let low = try apply(Binary<Minimum>(), try apply(Reduce<ReduceMin>(axes: [-1], keepDims: true), x), zero)
            let high = try apply(Binary<Maximum>(), try apply(Reduce<ReduceMax>(axes: [-1], keepDims: true), x), zero)
            let range = try apply(Binary<Sub>(), high, low)
            let step = try apply(Binary<Div>(), range, try number(255))
            let isTiny = try apply(Comparison<Less>(), step, try number(Double(Float.leastNormalMagnitude)))
            let scale = try apply(Where(), isTiny, one, step)
            let inverse = try apply(Binary<Div>(), one, scale)
            let origin = try apply(Unary<Round>(), try apply(Binary<Mul>(), try apply(Unary<Neg>(), low), inverse))
            let rounded = try apply(Unary<Round>(), try apply(Binary<Mul>(), x, inverse))
            let levels = try cast(try apply(Binary<Add>(), rounded, origin), to: .u8)
            let isFinite = try apply(Comparison<Less>(), range, try number(.infinity))
            replace(node.outputs[0], with: try apply(Where(), isFinite, levels, try cast(zero, to: .u8)))
            replace(node.outputs[1], with: try apply(Where(), isFinite, scale, try number(.nan)))
            replace(node.outputs[2], with: try apply(Where(), isFinite, try cast(origin, to: .u8), try cast(zero, to: .u8)))
        }

        private mutating func writeSymmetricRows(_ x: ValueID, _ node: Node) throws {
            let (zero, one) = (try number(0), try number(1))
            let magnitudes = try apply(Unary<Abs>(), x)
            let most = try apply(Binary<Maximum>(), try apply(Reduce<ReduceMax>(axes: [-1], keepDims: true), magnitudes), zero)
            let step = try apply(Binary<Div>(), most, try number(127))
            let isTiny = try apply(Comparison<Less>(), step, try number(Double(Float.leastNormalMagnitude)))
            let scale = try apply(Where(), isTiny, one, step)
            let rounded = try apply(Unary<Round>(), try apply(Binary<Mul>(), x, try apply(Binary<Div>(), one, scale)))
            let isFinite = try apply(Comparison<Less>(), most, try number(.infinity))
            replace(node.outputs[0], with: try apply(Where(), isFinite, try cast(rounded, to: .i8), try cast(zero, to: .i8)))
            replace(node.outputs[1], with: try apply(Where(), isFinite, scale, try number(.nan)))
        }

        private mutating func replace(_ old: ValueID, with new: ValueID) {
            patch.replace(old, with: new)
            isChanged = true
        }

        private mutating func number(_ value: Double) throws -> ValueID { try apply(Fill(shape: [], value: .float(value), dtype: .f32)) }

        private mutating func apply(_ op: any Operator, _ operands: ValueID...) throws -> ValueID {
            try patch.apply(op, operands, name: name)
        }

        private mutating func cast(_ value: ValueID, to dtype: DType) throws -> ValueID {
            patch.type(of: value).dtype == dtype ? value : try apply(Cast(to: dtype), value)
        }

        /// A scale or zero point in a shape that broadcasts to `x`.
        private mutating func spread(_ value: ValueID, _ placement: ScalePlacement, over x: TensorType) throws -> ValueID {
            let sizes = try placement.spread(patch.type(of: value), over: x, "scale")
            var spread = try patch.reshaped(value, sizes, name: name)
            if sizes.isEmpty { return spread }
            let axis = placement.axis < 0 ? placement.axis + x.rank : placement.axis
            if placement.block > 0, patch.type(of: value).rank == x.rank, sizes[axis].value != 1 {
                spread = try repeated(spread, axis, placement.block, x.shape[axis])
            }
            // Of two sizes that are not known to be equal, it shows when they are.
            let wanted = zip(patch.type(of: spread).shape, x.shape).map { $0.value == 1 ? $0 : $1 }
            return patch.type(of: spread).shape == wanted ? spread : try apply(Expand(wanted), spread)
        }

        /// Each position of `axis` `block` times, and `size` of them in all.
        private mutating func repeated(_ x: ValueID, _ axis: Int, _ block: Int, _ size: Dim) throws -> ValueID {
            let sizes = patch.type(of: x).shape
            var (apart, copies, joined) = (sizes, sizes, sizes)
            apart.insert(1, at: axis + 1)
            copies.insert(Dim(block), at: axis + 1)
            joined[axis] = sizes[axis] * Dim(block)
            let spread = try apply(Expand(copies), try apply(Reshape(apart), x))
            let all = try apply(Reshape(joined), spread)
            return joined[axis] == size ? all : try apply(Slice(axis: axis, start: 0, end: size), all)
        }
    }
}

/// Rounding that a kernel does.
package enum KernelQuantize {
    /// Whether levels are bytes of f32 with one scale.
    package static func takes(_ op: Quantize, _ x: TensorType, _ scale: TensorType) -> Bool {
        op.to == .u8 && x.dtype == .f32 && scale.rank == 0
    }
}
