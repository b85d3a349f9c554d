import IR
import Passes

/// The result of a concat of which parts are computed in place.
struct Join {
    let whole: View
    /// Positions of the operands that are.
    var operands: Set<Int> = []
}

/// Operands of concats, written where the joined tensor wants them, so that joining costs nothing.
///
/// From its first part on until the concat runs, the joined tensor counts as read once more, so that nothing overwrites a part in place.
extension LoweringContext {
    /// The part of a later concat that `value` is, if its elements are neighbours there; the concat's result is then row-major. The
    /// caller computes `value` there.
    func densePart(for value: ValueID) throws -> View? {
        try part(for: value, fits: \.isContiguous, layout: layout)?.canonical
    }

    /// The part of a later concat that `value` [n, c, h, w] is; the concat's result is then channels-last. The caller computes `value`
    /// there.
    func channelsPart(for value: ValueID) throws -> View? {
        try part(for: value, fits: { $0.channelsLast != nil }, layout: channelsLastLayout)
    }

    /// - Parameters:
    ///   - fits: Whether the kernel can write such a part.
    ///   - layout: How the joined tensor would lie in new memory.
    private func part(for value: ValueID, fits: (View) -> Bool, layout: (ValueID) throws -> View) throws -> View? {
        guard graph.producer(of: value)?.hints.contains(.placed) == true, let concat = graph.concat(of: value),
            let index = concat.inputs.firstIndex(of: value)
        else { return nil }
        let joined = concat.outputs[0]
        let whole = try joins[concat.id]?.whole ?? layout(joined)
        let part = try self.part(index, of: concat, in: whole)
        guard part.count > 0, fits(part) else { return nil }
        if joins[concat.id] == nil {
            take(whole, for: joined)
            hold(whole)
        }
        joins[concat.id, default: Join(whole: whole)].operands.insert(index)
        return part
    }

    /// The result of a concat, which it is thereby defined as, and the operands that lie there already.
    func join(_ concat: Node) throws -> Join {
        if let join = joins[concat.id] {
            define(concat, as: join.whole)
            letGo(join.whole)
            return join
        }
        return Join(whole: try concat.hints.contains(.channelsLast) ? channelsLastResult(concat, mayBeApart: true) : result(concat))
    }

    /// Where operand `index` of a concat lies in its result.
    func part(_ index: Int, of concat: Node, in whole: View) throws -> View {
        guard let op = concat.op as? Concat else { throw RuntimeError("\(concat.opName) joins nothing") }
        let axis = op.axis < 0 ? op.axis + whole.rank : op.axis
        let sizes = try concat.inputs.map { input -> Int in
            guard let input else { throw RuntimeError("an operand of \(concat.opName) is missing") }
            return try self.sizes(of: input)[axis]
        }
        return whole.sliced(axis: axis, start: sizes[..<index].reduce(0, +), count: sizes[index])
    }
}
