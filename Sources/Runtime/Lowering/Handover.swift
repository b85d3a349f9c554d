import IR

/// Outputs that are handed on as soon as they are complete, each with the input, if any, that must have been read for the last time by then.
package typealias Handing = [String: String?]

/// An output that is handed on after a step.
struct Handoff: Sendable {
    let name: String
    /// Dense.
    let view: View

    /// Its memory, which is valid until the next step.
    func tensor(in memory: Memory) throws -> Tensor {
        let bytes = Bytes(adopting: memory.raw(view.ref), count: view.byteCount) { _, _ in }
        guard let tensor = Tensor(dtype: view.dtype, shape: view.sizes, bytes: ByteSlice(bytes)) else {
            throw RuntimeError("output '\(name)' is damaged", .fault)
        }
        return tensor
    }
}

/// Finds out, while a function is lowered, where outputs lie that are handed on, and when.
struct HandoverTable {
    private let handing: Handing
    private let outputs: [ValueID: [String]]
    /// Each with the step that completes it.
    private(set) var complete: [(handoff: Handoff, step: Int)] = []
    /// By the step after which they are handed on.
    var byStep: [Int: [Handoff]] = [:]

    init(_ graph: Graph, _ handing: Handing) {
        self.handing = handing
        outputs = graph.outputs.filter { handing[$0.name] != nil }.reduce(into: [:]) { $0[$1.value, default: []].append($1.name) }
    }

    var names: Set<String> { Set(handing.keys) }

    /// Outputs that are `value` and are not kept yet.
    func wanted(_ value: ValueID) -> [String] {
        (outputs[value] ?? []).filter { name in !complete.contains { $0.handoff.name == name } }
    }

    mutating func keep(_ name: String, _ view: View, step: Int) { complete.append((Handoff(name: name, view: view), step)) }

    /// The input that must have been read when output `name` is handed on.
    func input(of name: String) -> String? { handing[name] ?? nil }
}

extension LoweringContext {
    /// Keeps what lies in `values`, which the last step has completed, for the outputs that are handed on: in dense memory of its own.
    func keepHanded(_ values: [ValueID]) throws {
        for value in values {
            for name in handover.wanted(value) {
                var view = try view(of: value)
                if !view.isContiguous || !isArena(view) || steps.isEmpty { view = try copied(view) }
                handover.keep(name, view.canonical, step: steps.count - 1)
            }
        }
    }

    /// Decides when outputs are handed on; their memory is theirs until then.
    func finishHandover() {
        for (handoff, step) in handover.complete {
            let input = handover.input(of: handoff.name).flatMap { name in graph.inputs.first { graph.inputName(of: $0) == name } }
            let lastRead = input.flatMap { inputBuffers[$0] }.map { buffers.all[$0].lastStep } ?? 0
            let due = min(max(step, lastRead), steps.count - 1)
            buffers.touchLater(handoff.view, at: due)
            handover.byStep[due, default: []].append(handoff)
        }
    }
}
