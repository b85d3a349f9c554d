import Foundation
import Testing

@testable import CLI

@Suite struct TestCommandTests {
    @Test(needsShared) func passesCasesTwoLevelsDownInOrder() async throws {
        let folder = try TemporaryFolder()
        let report = folder.file("report.xml")
        let run = await Command("test", Shared.path("goldens/generation"), "--jobs", "2", "--junit", report)
        let lines = run.output.split(separator: "\n")
        #expect(run.code == 0, "\(run.output)")
        #expect(lines.last == "4 passed, 0 failed, 0 skipped")
        #expect(lines.dropLast().allSatisfy { $0.hasPrefix("PASS ") })
        #expect(lines.dropLast().map { $0.split(separator: " ")[1] } == lines.dropLast().map { $0.split(separator: " ")[1] }.sorted())
        let xml = try String(contentsOfFile: report, encoding: .utf8)
        #expect(xml.contains("<testsuite name=\"tessera\" tests=\"4\" failures=\"0\""))
    }

    @Test func unknownKindsAreSkippedAndBrokenCasesFail() async throws {
        let folder = try TemporaryFolder()
        for (name, text) in [("odd", #"{"kind": "oddity"}"#), ("broken", "{")] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
            try folder.write(text, name + "/case.json")
        }
        let junit = folder.file("j.xml")
        let run = await Command("test", folder.path, "--json", "--junit", junit)
        #expect(run.code == 1)
        let json = try run.json()
        #expect(json["failed"] as? Int == 1 && json["skipped"] as? Int == 1 && json["passed"] as? Int == 0)
        let cases = try #require(json["cases"] as? [[String: Any]])
        #expect(cases.compactMap { $0["verdict"] as? String } == ["FAIL", "UNSUPPORTED"])
        let xml = try String(contentsOfFile: junit, encoding: .utf8)
        #expect(xml.contains("<failure message=") && xml.contains("<skipped message="))
    }

    @Test func foldersWithoutCasesAreErrors() async throws {
        let folder = try TemporaryFolder()
        let empty = await Command("test", folder.path)
        #expect(empty.code == 1 && empty.messages.contains("has no case.json"))
        let missing = await Command("test", folder.file("gone"))
        #expect(missing.code == 1 && missing.messages.contains("does not exist"))
    }
}
