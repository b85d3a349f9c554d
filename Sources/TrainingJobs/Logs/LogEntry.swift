import Formats
import Foundation

/// One line of `log.jsonl`: figures of the batches since the line before, or of an evaluation.
package struct LogEntry: Sendable, Equatable {
    /// Batches done.
    package let step: Int
    /// By name: `loss`, `loss.NAME`, `learning_rate`, `weight_decay`, `gradient_norm`, `tokens_per_second`, `seconds`; `evaluation/loss` and the like.
    package let values: [String: Double]

    static let evaluation = "evaluation/"

    init(step: Int, _ values: [String: Double]) { (self.step, self.values) = (step, values) }

    /// A line without its end. NaN and infinities are the texts `nan`, `inf` and `-inf`.
    func json() throws -> String {
        var all = values
        all["step"] = Double(step)
        return try JSONWriter.text(all)
    }

    /// nil for what is no such line, such as one that a killed process did not finish.
    init?(json: some StringProtocol) {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard var all = try? decoder.decode([String: Double].self, from: Data(json.utf8)), let step = all.removeValue(forKey: "step"),
            let whole = Int(exactly: step)
        else { return nil }
        (self.step, values) = (whole, all)
    }

    /// Names as TensorBoard groups them.
    var series: [String: Double] {
        Dictionary(values.map { ($0.key.contains("/") ? $0.key : "train/\($0.key)", $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
