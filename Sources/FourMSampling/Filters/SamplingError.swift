/// Why no token can be sampled.
package enum SamplingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A setting outside its range.
    case setting(name: String, value: Double, allowed: String)
    /// The row of logits is empty.
    case noLogits
    /// The row holds NaN or plus infinity, or nothing above minus infinity.
    case logitsNotFinite
    /// The buffers' sizes do not belong together.
    case shape(rows: Int, vocabulary: Int, logits: Int, results: Int)

    package var description: String {
        switch self {
        case .setting(let name, let value, let allowed):
            "\(name) \(value) is out of range; give \(allowed)"
        case .noLogits:
            "cannot sample from an empty row of logits; the modality's vocabulary is empty"
        case .logitsNotFinite:
            "cannot sample: the logits hold NaN or infinity; look for the first non-finite layer of the model"
        case .shape(let rows, let vocabulary, let logits, let results):
            "cannot sample \(rows) rows of \(vocabulary) logits from a buffer of \(logits) into one of \(results)"
        }
    }
}
