import IR
import Runtime

/// The inputs with which functions were called: what weights are rounded for.
package final class CallRecorder {
    /// One call of a function.
    package struct Call: Sendable {
        package let function: String
        package let inputs: [String: Tensor]

        package init(_ function: String, _ inputs: [String: Tensor]) { (self.function, self.inputs) = (function, inputs) }

        var bytes: Int { inputs.values.reduce(0) { $0 + $1.bytes.count } }
    }

    /// Every call that was kept, in order.
    package private(set) var calls: [Call] = []
    private var counts: [String: Int] = [:]
    private var bytes = 0
    /// Most calls of one function that are kept, and bytes of all.
    private let most: Int, limit: Int

    package init(callsOfEach most: Int = 256, bytes limit: Int = 1 << 30) { (self.most, self.limit) = (most, limit) }

    /// Keeps a call unless there are enough: later ones are left out, as are those that would take too much memory.
    package func record(_ function: String, _ inputs: [String: Tensor]) {
        let call = Call(function, inputs)
        guard counts[function, default: 0] < most, bytes + call.bytes <= limit else { return }
        counts[function, default: 0] += 1
        bytes += call.bytes
        calls.append(call)
    }

    /// Up to `most` of `all`, calls or what they are made of, spread over them.
    package static func spread<Element>(_ all: [Element], most: Int) -> [Element] {
        guard all.count > most, most > 0 else { return all }
        return (0..<most).map { all[$0 * all.count / most] }
    }

    /// Records what `session` runs from now on.
    package func listen(to session: Session) { session.onRun = { [self] in record($0, $1) } }
}
