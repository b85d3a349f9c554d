import ArgumentParser
import Inspect
import Passes
import Runtime

/// `tessera passes`
struct PassesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passes",
        abstract: "Read a pipeline aloud: steps, reasons, rules and what they promise.",
        discussion: """
            The pipeline turns an imported model into fewer, larger operators. A rule is exact (same bits), rounding (same function, \
            other roundings) or lossy (changes results on purpose). 'tessera run --disable RULE' leaves one \
            of the clean pipeline out.

            Examples:
              tessera passes
              tessera passes --json
              tessera passes --precision int8
              tessera passes --stage lowered
              tessera passes --markdown
            """)

    @Option(
        help: ArgumentHelp(
            "The pipeline behind --precision instead of the clean one; f32 has none of its own.",
            valueName: "f32|bf16|f16|int8|int8-static|int4|w4")
    )
    var precision: Precision?

    @Option(help: ArgumentHelp("The pipeline that makes this stage; default: clean.", valueName: "clean|lowered"))
    var stage: Stage?

    enum Stage: String, ExpressibleByArgument, CaseIterable { case clean, lowered }

    private var pipeline: Pipeline? {
        switch stage ?? .clean {
        case .clean:
            precision.map { PrecisionPolicy($0).withEveryRule.pipeline(halfRange: Machine.prefersHalfRangeWeights(on: Machine.active)) }
                ?? .clean
        case .lowered: Plan.pipeline
        }
    }

    func validate() throws {
        if json, markdown { throw ValidationError("--json and --markdown exclude each other: each says what to print") }
        if markdown, precision != nil || stage != nil {
            throw ValidationError("--markdown prints all pipelines; leave it or \(precision != nil ? "--precision" : "--stage") out")
        }
        if precision != nil, stage == .lowered { throw ValidationError("--precision and --stage lowered are two pipelines; take one") }
        if pipeline == nil {
            throw ValidationError(
                "--precision f32 has no pipeline of its own: it is what the clean one leaves; take bf16 or int8, or leave --precision out")
        }
    }

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print all pipelines as one page of Markdown, as Docs/reference/rules.md has it.")
    var markdown = false

    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        struct Step: Encodable {
            let name, because: String
            let rules: [String]
        }

        struct Rule: Encodable {
            let name, documentation, promise: String
        }

        let pipeline, stage: String
        let steps: [Step]
        let rules: [Rule]

        init(_ pipeline: Pipeline) {
            self.pipeline = pipeline.name
            stage = pipeline.stage.rawValue
            steps = pipeline.steps.map { Step(name: $0.name, because: $0.reason, rules: $0.transformations.map(\.name)) }
            rules = pipeline.transformations.map {
                Rule(name: $0.name, documentation: $0.documentation, promise: $0.promise.rawValue)
            }
        }
    }

    func run() throws {
        try global.apply()
        if markdown { return Output.write(RulesPage.text()) }
        let report = Report(pipeline ?? .clean)
        if json { return try Output.writeJSON(report) }
        Output.line("The pipeline '\(report.pipeline)' in \(report.steps.count) steps:\n")
        for (index, step) in report.steps.enumerated() {
            let number = String(index + 1)
            Output.line(String(repeating: " ", count: max(0, 3 - number.count)) + "\(number). \(Terminal.styled(step.name, .bold))")
            Output.write(TextBlock.wrapped(step.because, indent: 5, width: Terminal.outputWidth ?? 100))
            if step.rules != [step.name] {
                Output.write(
                    TextBlock.wrapped("Rules: " + step.rules.joined(separator: ", "), indent: 5, width: Terminal.outputWidth ?? 100))
            }
        }
        Output.line("\nIts rules and passes:\n")
        Output.table(["rule", "promise", "what it does"], report.rules.map { [$0.name, $0.promise, $0.documentation] })
    }
}
