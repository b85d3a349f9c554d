import Foundation
import IR
import Passes
import Testing

@testable import CLI

@Suite struct TableCommandTests {
    @Test func kernels() async throws {
        let text = await Command("kernels")
        #expect(text.code == 0)
        #expect(text.output.contains("instruction set  "))
        #expect(text.output.contains("gemm_panel"))
        // In a pipe a row is one line.
        let rows = text.output.split(separator: "\n").drop { !$0.hasPrefix("kernel ") }.dropFirst()
        let listed = try await Command("kernels", "--json").json()["kernels"] as? [[String: Any]]
        #expect(rows.count { !$0.hasPrefix("-") && !$0.hasPrefix("─") } == listed?.count)
        let json = try await Command("kernels", "--json").json()
        let kernels = try #require(json["kernels"] as? [[String: Any]])
        #expect(kernels.count > 50)
        for kernel in kernels {
            let promise = try #require(kernel["promise"] as? String)
            #expect(["exact", "close"].contains(promise))
            #expect((kernel["bound"] as? String)?.isEmpty == (promise == "exact"))
            #expect((kernel["operators"] as? [String])?.isEmpty == false)
        }
    }

    /// All that `--help` shows is in the pages.
    @Test func manualPages() async throws {
        let folder = try TemporaryFolder()
        let run = await Command("manual", "-o", folder.file("man1"))
        #expect(run.code == 0, "\(run.messages)")
        let types = RootCommand.configuration.groupedSubcommands.flatMap { $0.subcommands }
        let commands = types.flatMap { type -> [String] in
            let below = type.configuration.subcommands.map { CommandTree.words(of: $0).joined(separator: "-") }
            return CommandTree.words(of: type) + below
        }
        #expect(commands.contains("train-wordpiece"))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("man1"))
        #expect(Set(names) == Set(commands.map { "tessera-\($0).1" } + ["tessera.1"]))
        let page = try String(contentsOfFile: folder.file("man1/tessera-generate.1"), encoding: .utf8)
        for part in [".SH NAME\ntessera\\-generate \\- Generate", "\\fB\\-\\-input\\fR \\fImodality=value\\fR", "SEE ALSO"] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(!page.split(separator: "\n").contains { $0.hasPrefix("'") }, "no text is a request")
    }

    @Test func operators() async throws {
        let all = try await Command("ops", "--json").json([[String: Any]].self)
        #expect(Set(all.compactMap { $0["name"] as? String }) == Set(OperatorRegistry.all.map { $0.opName }))
        let page = await Command("ops", "softmax")
        for part in ["off_by_one", "ONNX", "kernels", "softmax_row"] { #expect(page.output.contains(part)) }
    }

    @Test func pipelineIsReadAloud() async throws {
        let text = await Command("passes").output
        for (index, step) in Pipeline.clean.steps.enumerated() { #expect(text.contains("\(index + 1). \(step.name)\n")) }
        let json = try await Command("passes", "--json").json()
        #expect((json["steps"] as? [[String: Any]])?.count == Pipeline.clean.steps.count)
        #expect((json["rules"] as? [[String: Any]])?.count == Pipeline.clean.transformations.count)
    }
}
