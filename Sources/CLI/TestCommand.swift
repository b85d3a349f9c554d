import ArgumentParser
import Conformance
import Files
import Formats
import Foundation
import IR
import ONNXSessions
import Runtime

/// `tessera test`
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Hold models against golden cases.",
        discussion: """
            A case is a folder with a case.json that says what to compute, from which files, and how close the result must be. Folders \
            that hold cases, up to two levels down, may be named too. A folder of the ONNX backend tests (model.onnx, \
            test_data_set_N/input_K.pb, output_K.pb, perhaps tolerance.json) is a case as well. One line a case, then a summary; exit \
            code 1 if a case fails.

            Examples:
              tessera test goldens
              tessera test goldens/fm goldens/tokenizer --jobs 2 --junit report.xml
              tessera test goldens/text/wordpiece --json
              tessera test onnx-tests/node/test_add --outputs out
            """)

    @Argument(help: ArgumentHelp("Case folders, or folders that hold them.", valueName: "folder"))
    var folders: [String]

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("Cases to run at the same time; the threads are shared out.", valueName: "n"),
        transform: OptionValue.whole(1...256))
    var jobs = 1

    @Option(help: ArgumentHelp("Also write a JUnit XML report to this file.", valueName: "file"))
    var junit: String?

    @Option(
        help: ArgumentHelp("Write what ONNX test folders give into this folder: NAME/test_data_set_N/output_K.pb.", valueName: "folder"))
    var outputs: String?

    @Flag(help: "Print JSON instead of lines.")
    var json = false

    @OptionGroup var global: GlobalOptions

    struct Case: Encodable, Sendable {
        let folder, kind, verdict, detail: String
        let seconds: Double
    }

    struct Report: Encodable {
        let cases: [Case]
        let passed, failed, skipped: Int
        let seconds: Double

        init(_ cases: [Case], seconds: Double) {
            self.cases = cases
            self.seconds = seconds
            passed = cases.count { $0.verdict == CaseResult.Verdict.pass.rawValue }
            failed = cases.count { $0.verdict == CaseResult.Verdict.fail.rawValue }
            skipped = cases.count { $0.verdict == CaseResult.Verdict.unsupported.rawValue }
        }
    }

    func validate() throws {
        if json, junit == "-" { throw ValidationError("--json and --junit - both write to standard output; take one") }
    }

    func run() async throws {
        try global.apply()
        try FlagName.checkFile("--junit", junit)
        try FlagName.checkFolder("--outputs", outputs)
        var seen: Set<String> = []
        let paths = try folders.flatMap { try CaseFolders.find($0) }.filter { seen.insert($0).inserted }
        if jobs > 1 && global.threads == nil { Machine.setDefaultThreads(max(1, Machine.threads / jobs)) }
        let start = ContinuousClock.now
        let cases = try await results(paths)
        let report = Report(cases, seconds: (ContinuousClock.now - start).seconds)
        if let junit { try OutputFile.write(JUnit.xml(cases, seconds: report.seconds), to: junit) }
        if json {
            try Output.writeJSON(report)
        } else {
            say("\(report.passed) passed, \(report.failed) failed, \(report.skipped) skipped")
        }
        if report.failed > 0 { throw ExitCode(Program.failure) }
    }

    /// Results in the order of `paths`; lines are printed in that order, each as soon as those before it are known.
    private func results(_ paths: [String]) async throws -> [Case] {
        try await withThrowingTaskGroup(of: (Int, Case).self) { group in
            var done: [Int: Case] = [:]
            var (next, printed) = (0, 0)
            func start() {
                guard next < paths.count else { return }
                let (index, path) = (next, paths[next])
                group.addTask { [outputs] in (index, TestCommand.result(path, outputs)) }
                next += 1
            }
            for _ in 0..<jobs { start() }
            while let (index, result) = try await group.next() {
                try Task.checkCancellation()
                done[index] = result
                start()
                while let ready = done[printed] {
                    if !json { say(TestCommand.line(ready)) }
                    printed += 1
                }
            }
            return paths.indices.compactMap { done[$0] }
        }
    }

    /// A line of the report; beside it where standard output holds the XML.
    private func say(_ line: String) { if junit == "-" { Terminal.note(line) } else { Output.line(line) } }

    private static func result(_ path: String, _ outputs: String?) -> Case {
        if ONNXTestFolder.isOne(path) {
            let start = ContinuousClock.now
            let result = ONNXTestFolder(path).run(outputs: outputs)
            return Case(
                folder: path, kind: "onnx", verdict: result.verdict.rawValue, detail: result.reason,
                seconds: (ContinuousClock.now - start).seconds)
        }
        let result = Conformance.run(URL(fileURLWithPath: path, isDirectory: true))
        return Case(
            folder: path, kind: result.kind, verdict: result.verdict.rawValue, detail: result.detail, seconds: result.seconds)
    }

    private static func line(_ result: Case) -> String {
        let style: Terminal.Style =
            switch result.verdict {
            case CaseResult.Verdict.pass.rawValue: .green
            case CaseResult.Verdict.fail.rawValue: .red
            default: .yellow
            }
        return "\(Terminal.styled(result.verdict, style)) \(result.folder) \(result.detail)"
    }
}
