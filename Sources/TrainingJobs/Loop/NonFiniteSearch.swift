import IR
import Inspect
import Runtime
import Training

/// The first number of a step that is none, where it came up.
struct NonFiniteOrigin: Codable, Equatable, Sendable {
    /// `input`, `parameter`, or the operator.
    let op: String
    /// Of the input, parameter or node.
    let name: String
    /// `nan`, `inf` or `-inf`.
    let value: String

    var description: String {
        switch op {
        case "input", "parameter": "\(op) '\(name)' holds \(value)"
        default: "\(op) '\(name)' is the first to give \(value)"
        }
    }
}

/// Finds where the first NaN or infinity of a step came up.
struct NonFiniteSearch {
    let trainer: Trainer

    /// - Parameters:
    ///   - inputs: of the step. The trainer stands before it.
    ///   - harmless: ``places(_:)`` of a step that went well; nil if there is none.
    /// - Returns: nil if all is finite.
    func first(in inputs: [String: Tensor], harmless: Set<String>?) throws -> NonFiniteOrigin? {
        if let origin = NonFiniteSearch.first(of: inputs, "input") ?? NonFiniteSearch.first(of: trainer.parameters, "parameter") {
            return origin
        }
        var (first, firstNaN): (NonFiniteOrigin?, NonFiniteOrigin?)
        try probe(inputs) { result, value in
            if harmless?.contains(NonFiniteSearch.place(result)) == true { return true }
            let origin = NonFiniteOrigin(op: result.op, name: result.node, value: NonFiniteSearch.text(value))
            first = first ?? origin
            if value.isNaN { firstNaN = origin }
            // With nothing to compare with, an infinity may be a mask.
            return harmless == nil && firstNaN == nil
        }
        return harmless == nil ? firstNaN ?? first : first
    }

    /// Where infinities come up in a step that goes well, such as those of masks.
    func places(_ inputs: [String: Tensor]) throws -> Set<String> {
        var found: Set<String> = []
        try probe(inputs) { result, _ in
            found.insert(NonFiniteSearch.place(result))
            return true
        }
        return found
    }

    private static func place(_ result: NodeResult) -> String { "\(result.op) \(result.node) \(result.index)" }

    private struct Found: Error {}

    /// Calls `goesOn` with each result that holds a NaN or infinity, until it says no.
    private func probe(_ inputs: [String: Tensor], _ goesOn: @escaping (NodeResult, Double) -> Bool) throws {
        do {
            try trainer.probe(inputs) { result in
                guard let value = NonFiniteSearch.nonFinite(result.tensor) else { return }
                if !goesOn(result, value) { throw Found() }
            }
        } catch is Found {}
    }

    private static func first(of tensors: [String: Tensor], _ what: String) -> NonFiniteOrigin? {
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            if let value = nonFinite(tensor) { return NonFiniteOrigin(op: what, name: name, value: text(value)) }
        }
        return nil
    }

    /// A NaN if there is one, else an infinity.
    private static func nonFinite(_ tensor: Tensor) -> Double? {
        guard tensor.dtype.isFloat else { return nil }
        var infinity: Double?
        for value in tensor.floats where !value.isFinite {
            if value.isNaN { return .nan }
            infinity = infinity ?? Double(value)
        }
        return infinity
    }

    private static func text(_ value: Double) -> String { value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
}
