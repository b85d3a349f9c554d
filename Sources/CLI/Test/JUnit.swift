import Conformance
import Foundation
import Names

/// Results in the XML dialect that continuous-integration servers read.
enum JUnit {
    static func xml(_ results: [TestCommand.Case], seconds: Double) -> String {
        let failed = results.count { $0.verdict == CaseResult.Verdict.fail.rawValue }
        let skipped = results.count { $0.verdict == CaseResult.Verdict.unsupported.rawValue }
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites tests=\"\(results.count)\" failures=\"\(failed)\" skipped=\"\(skipped)\" time=\"\(time(seconds))\">\n"
        text += "  <testsuite name=\"tessera\" tests=\"\(results.count)\" failures=\"\(failed)\" errors=\"0\" skipped=\"\(skipped)\""
        text += " time=\"\(time(seconds))\">\n"
        for result in results { text += element(result) }
        return text + "  </testsuite>\n</testsuites>\n"
    }

    private static func element(_ result: TestCommand.Case) -> String {
        let kind = result.kind.isEmpty ? "unknown" : result.kind
        let head =
            "    <testcase classname=\"\(XMLText.escaped(kind))\" name=\"\(XMLText.escaped(result.folder))\" time=\"\(time(result.seconds))\""
        switch result.verdict {
        case CaseResult.Verdict.fail.rawValue: return head + "><failure message=\"\(XMLText.escaped(result.detail))\"/></testcase>\n"
        case CaseResult.Verdict.unsupported.rawValue: return head + "><skipped message=\"\(XMLText.escaped(result.detail))\"/></testcase>\n"
        default: return head + "/>\n"
        }
    }

    private static func time(_ seconds: Double) -> String { String(format: "%.3f", seconds) }
}
