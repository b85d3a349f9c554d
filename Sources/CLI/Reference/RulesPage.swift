import Passes
import Runtime

/// `Docs/reference/rules.md`: every pipeline read aloud, and every rule once.
enum RulesPage {
    /// A pipeline with how it is asked for.
    private struct Part {
        let title, about: String
        let report: PassesCommand.Report

        init(_ title: String, _ about: String, _ pipeline: Pipeline) {
            (self.title, self.about, report) = (title, about, PassesCommand.Report(pipeline))
        }
    }

    /// The same on every machine: how much of a weight's range is used, which depends on it, changes no step.
    static func text() -> String {
        let parts = parts
        let about = """
            A rule is exact (same bits), rounding (same function, other roundings) or lossy (changes results on purpose). \
            [passes.md](../passes.md) says how rules work and how to try one.
            """
        let text = MarkdownText.head("Pipelines and their rules", command: "tessera passes --markdown", about)
        return text + parts.map { "\n" + section($0) }.joined() + "\n" + rules(parts.flatMap(\.report.rules))
    }

    private static var parts: [Part] {
        let clean = Part("clean", "What every model goes through: `tessera passes`.", .clean)
        let precisions = Precision.allCases.compactMap { precision -> Part? in
            guard let pipeline = PrecisionPolicy(precision).withEveryRule.pipeline(halfRange: false) else { return nil }
            let name = precision.rawValue
            return Part("precision \(name)", "After `clean`, for `--precision \(name)`: `tessera passes --precision \(name)`.", pipeline)
        }
        let lowered = Part("lowered", "Last, when a plan is made: `tessera passes --stage lowered`.", Plan.pipeline)
        return [clean] + precisions + [lowered]
    }

    private static func section(_ part: Part) -> String {
        var text = "## \(part.title)\n\n\(part.about)\n\n"
        for (index, step) in part.report.steps.enumerated() {
            let rules = step.rules == [step.name] ? "" : " Rules: \(step.rules.map(link).joined(separator: ", "))."
            let name = step.rules == [step.name] ? link(step.name) : "`\(step.name)`"
            text += "\(index + 1). \(name): \(MarkdownText.cell(step.because))\(rules)\n"
        }
        return text
    }

    private static func rules(_ all: [PassesCommand.Report.Rule]) -> String {
        var seen: Set<String> = []
        let once = all.filter { seen.insert($0.name).inserted }.sorted { $0.name < $1.name }
        return "## Rules and passes\n"
            + once.map { "\n### \($0.name)\n\n*\($0.promise)*: \(MarkdownText.cell($0.documentation))\n" }.joined()
    }

    private static func link(_ rule: String) -> String { "[`\(rule)`](#\(MarkdownText.anchor(rule)))" }
}
