import CKernels

/// One kernel call with everything but addresses decided.
struct Step: Sendable {
    /// Kernel name, for profiles and messages.
    let kernel: String
    /// Index of the node in the function's order, or their number for copies of outputs; its name words errors.
    let node: Int
    let run: @Sendable (Memory) -> Outcome
}

/// What a kernel call came to.
enum Outcome: Equatable {
    case done
    case failed(tk_status)
    /// An index at this position of the index tensor lies outside the table.
    case badIndex(position: Int)
    /// A block written at `position`, which may be at most `limit`.
    case badPosition(Int, limit: Int)
    case evaluationFailed(String)

    init(_ status: tk_status) { self = status == TK_OK ? .done : .failed(status) }

    var cause: RuntimeError.Cause {
        switch self {
        case .badIndex, .badPosition, .evaluationFailed: .call
        case .failed(TK_UNSUPPORTED): .unsupported
        case .done, .failed: .fault
        }
    }

    var message: String? {
        switch self {
        case .done: nil
        case .failed(TK_UNSUPPORTED): "the kernel does not support these types"
        case .failed(TK_BAD_ARGUMENT): "the kernel was given contradicting sizes"
        case .failed: "the kernel failed"
        case .badIndex(let position): "index number \(position) lies outside the table; check the ids that you feed"
        case .badPosition(let position, let limit): "the position \(position) lies outside 0...\(limit); the block does not fit there"
        case .evaluationFailed(let text): text
        }
    }
}
