import IR

/// Gradients of a training step against a case's: `grad.KEY` as a whole, of large ones `grad_norm.KEY` and `grad_sample.KEY`, every n-th element.
struct GradientComparison {
    /// By `grad.KEY`.
    let gradients: [String: Tensor]
    /// Of all gradients.
    let norm: Double?
    let golden: GoldenCase

    /// From one element of a sample to the next, as the case says it in words.
    private var stride: Int {
        let text = golden.parameters["gradients"] as? String ?? ""
        let number = text.firstMatch(of: /every (\d+)(?:st|nd|rd|th) element/).flatMap { Int($0.1) }
        return max(number ?? 1, 1)
    }

    /// - Parameter prefix: Before the names of `outputs`, such as `step0.`.
    func compare(_ outputs: [String: Tensor], prefix: String = "", _ report: inout CaseReport) {
        for (key, expected) in outputs where key.hasPrefix(prefix + "grad") {
            let found = value(String(key.dropFirst(prefix.count)))
            report.compare(key, found?.reshaped(expected.shape), expected, absolute: golden.absolute(key))
        }
    }

    private func value(_ key: String) -> Tensor? {
        if key == "grad_norm" { return norm.map { Tensor([$0], [1], as: .f32) } }
        if key.hasPrefix("grad_norm.") {
            return gradient(key, "grad_norm.").map { Tensor([$0.doubles.reduce(0) { $0 + $1 * $1 }.squareRoot()], [1], as: .f32) }
        }
        guard key.hasPrefix("grad_sample.") else { return gradients[key] }
        return gradient(key, "grad_sample.").map { gradient in
            let values = gradient.doubles
            let some = Swift.stride(from: 0, to: values.count, by: stride).map { values[$0] }
            return Tensor(some, [some.count], as: .f32)
        }
    }

    private func gradient(_ key: String, _ prefix: String) -> Tensor? { gradients["grad." + key.dropFirst(prefix.count)] }

    /// Parameters that have no gradient, which is not the same as one of zeros.
    func requireNone(_ parameters: [String], _ report: inout CaseReport) throws {
        for name in parameters { report.check(gradients["grad.\(name)"] == nil, "grad.\(name): has a gradient, and should have none") }
    }
}

extension GoldenCase {
    /// The absolute tolerance of one output, if the case has a table of them.
    func absolute(_ key: String) -> Double? {
        (json["tolerance_per_key"] as? Parameters).flatMap { try? $0.number(key) }
    }
}
