import Foundation
import FourMSettings
import FourMText
import FourMTraining

/// Masking with every random number given.
enum MaskingExactRunner: CaseRunner {
    static let kinds = ["masking-exact"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        guard let json = try JSONSerialization.jsonObject(with: golden.dataFile()) as? Parameters else {
            throw ConformanceError("\(golden.folder.path): the cases are no JSON object")
        }
        let comparison = MaskingComparison(vocabulary: try vocabulary(golden.parameters))
        for (name, compare) in comparison.parts {
            let entries = try json.sections(name)
            report.check(!entries.isEmpty, "there are no cases '\(name)'")
            for (index, entry) in entries.enumerated() {
                do { try compare(entry, "\(name)[\(index)]", &report) } catch { report.fail("\(name)[\(index)]: \(error)") }
            }
        }
        for name in json.keys.sorted() where !comparison.parts.contains(where: { $0.name == name }) {
            report.fail("cases '\(name)' are not known")
        }
    }

    static func vocabulary(_ parameters: Parameters) throws -> TextMaskingVocabulary {
        let (first, count) = (try parameters.integer("sentinel_first_id"), try parameters.integer("sentinel_count"))
        return TextMaskingVocabulary(
            first: first, count: count, endID: try parameters.integer("eos_id"), paddingID: try parameters.integer("pad_id"))
    }
}

extension TextMaskingVocabulary {
    /// With sentinels `[S_0]`, `[S_1]`, … at consecutive ids.
    init(first: Int, count: Int, endID: Int, paddingID: Int) {
        let ids = (0..<max(count, 0)).map { ($0, first + $0) }
        self.init(
            sentinels: Sentinels(idOfNumber: Dictionary(ids, uniquingKeysWith: { first, _ in first })), endID: endID, paddingID: paddingID)
    }
}
