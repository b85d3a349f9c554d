import CKernels
import Passes

/// One f32 operator that computes each element from the operands' elements at its position.
struct ElementwiseStage: Sendable {
    /// An operand, or the result, as it lies over the elements in the order of memory.
    struct Operand: Sendable {
        let view: View
        let kind: tk_operand
    }

    let kernel: String
    let op: Int32
    let a: Operand
    let b: Operand?
    /// Dense.
    let y: View
    /// Rows and columns, which operands that repeat tell apart; one row if there are none.
    let shape: [Int]

    /// A unary operator of a dense operand.
    init(_ kernel: String, _ op: tk_unary_op, _ x: View, to y: View) {
        (self.kernel, self.op, a, b, self.y) = (kernel, Int32(op.rawValue), Operand(view: x, kind: TK_OPERAND_DENSE), nil, y)
        shape = [1, x.count]
    }

    /// A binary operator over `shape`, read through strides; nil if these are not those of a matrix, its rows, columns, or a number.
    init?(_ kernel: String, _ op: tk_binary_op, _ operands: [View], to y: View, shape: [Int], strides: [[Int]]) {
        guard shape.count <= 2, op.rawValue < TK_BINARY_EQ.rawValue else { return nil }
        let kinds = strides.compactMap { ElementwiseStage.kind($0, columns: shape[shape.count - 1]) }
        let repeating = kinds.filter { $0 == TK_OPERAND_COLUMN || $0 == TK_OPERAND_SCALAR }
        guard kinds.count == 2, repeating.count < 2 else { return nil }
        (self.kernel, self.op, self.y) = (kernel, Int32(op.rawValue), y)
        (a, b) = (Operand(view: operands[0], kind: kinds[0]), Operand(view: operands[1], kind: kinds[1]))
        self.shape = shape.count == 1 ? [1, shape[0]] : shape
    }

    private static func kind(_ strides: [Int], columns: Int) -> tk_operand? {
        switch strides {
        case [1], [columns, 1]: TK_OPERAND_DENSE
        case [0], [0, 0]: TK_OPERAND_SCALAR
        case [0, 1]: TK_OPERAND_ROW
        case [1, 0]: TK_OPERAND_COLUMN
        default: nil
        }
    }

    var reads: [Operand] { [a] + (b.map { [$0] } ?? []) }

    var views: [View] { reads.map(\.view) + [y] }

    /// Whether rows and columns matter.
    private var isFlat: Bool { reads.allSatisfy { $0.kind == TK_OPERAND_DENSE || $0.kind == TK_OPERAND_SCALAR } }

    /// Whether `self` may run block by block together with the later `other`: what one of them writes, the other touches element by
    /// element or not at all.
    func mayAlternate(with other: ElementwiseStage) -> Bool {
        guard y.count == other.y.count, shape == other.shape || isFlat || other.isFlat else { return false }
        return respects(writesOf: other) && other.respects(writesOf: self)
    }

    private func respects(writesOf other: ElementwiseStage) -> Bool {
        let touched = reads + [Operand(view: y, kind: TK_OPERAND_DENSE)]
        return touched.allSatisfy { operand in
            operand.view.buffer != other.y.buffer || (operand.kind == TK_OPERAND_DENSE && operand.view.offset == other.y.offset)
        }
    }
}

/// Neighbouring elementwise steps that run as one, a block of elements through all of them after the other.
struct ElementwiseChain {
    private(set) var stages: [ElementwiseStage]

    init(_ stage: ElementwiseStage) { stages = [stage] }

    /// Takes `stage` in behind the others; false if they may not run together.
    mutating func append(_ stage: ElementwiseStage) -> Bool {
        guard stages.count < JoinElementwise.longest, stages.allSatisfy({ $0.mayAlternate(with: stage) }) else { return false }
        stages.append(stage)
        return true
    }

    var kernel: String { stages.map(\.kernel).joined(separator: "+") }

    /// - Parameter slots: for a buffer that keeps nothing but a block at a time, its number from 1 on.
    func run(keeping slots: [Int: Int]) -> @Sendable (Memory) -> Outcome {
        let shape = stages.map(\.shape).first { $0[0] > 1 } ?? [1, stages.first?.y.count ?? 0]
        func slot(_ view: View?) -> Int32 { view.flatMap { slots[$0.buffer] }.map(Int32.init) ?? 0 }
        let calls = stages.map { stage in
            (
                op: stage.op, a: stage.a.view.ref, aKind: stage.a.kind, b: stage.b?.view.ref, bKind: stage.b?.kind, y: stage.y.ref,
                slots: (slot(stage.a.view), slot(stage.b?.view), slot(stage.y))
            )
        }
        return { memory in
            withUnsafeTemporaryAllocation(of: tk_stage.self, capacity: calls.count) { table in
                for (index, call) in calls.enumerated() {
                    table.initializeElement(
                        at: index,
                        to: tk_stage(
                            op: call.op, a: memory.f32(call.a), a_kind: call.aKind, b: UnsafePointer(memory.f32(call.b)),
                            b_kind: call.bKind ?? TK_OPERAND_DENSE, y: memory.f32(call.y), a_slot: call.slots.0, b_slot: call.slots.1,
                            y_slot: call.slots.2))
                }
                return Outcome(tk_elementwise(table.baseAddress, Int32(calls.count), shape[0], shape[1]))
            }
        }
    }
}
