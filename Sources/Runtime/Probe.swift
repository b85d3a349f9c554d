import CKernels
import IR

/// Where a result of a node lies as soon as a step is done; later steps may write over it.
struct Probe: Sendable {
    /// Index of the node in the function's order, and of the result.
    let node, result: Int
    let view: View
}

/// What a node gave, as ``Session/onResult`` tells it.
package struct NodeResult: Sendable {
    package let function: String
    /// Operator and name of the node.
    package let op, node: String
    /// Of its results.
    package let index: Int
    package let tensor: Tensor
}

/// Finds out where results lie while a function is lowered.
struct ProbeTable: Sendable {
    /// By the step after which they lie there.
    private(set) var steps: [Int: [Probe]] = [:]

    /// Takes in the results of node `index`, which `step` has written last. Of elementwise operators that are one step, a later one may write
    /// over what an earlier one gave: that is forgotten.
    mutating func add(_ index: Int, _ views: [View?], writtenBy step: Int) {
        var own = steps[step] ?? []
        for case let view? in views { own.removeAll { $0.view.buffer == view.buffer && $0.view.offset == view.offset } }
        for (result, view) in views.enumerated() {
            guard let view, view.dtype.bits >= 8, view.dtype != .string else { continue }
            own.append(Probe(node: index, result: result, view: view))
        }
        steps[step] = own
    }
}

extension Tensor {
    /// A copy of what lies where `view` says.
    init(_ view: View, in memory: Memory) {
        let (shape, strides) = collapse(view.sizes, [view.strides, rowMajorStrides(view.sizes)])
        let source = memory.raw(view.ref)
        self.init(view.dtype, view.sizes) { target in
            guard let to = target.baseAddress, shape.count <= Int(TK_MAX_RANK), view.count > 0 else { return }
            _ = tk_copy_strided(view.dtype.byteWidth, Int32(shape.count), shape, source, strides[0], to, strides[1])
        }
    }
}
