import Foundation
import Testing

@testable import CLI

/// `Docs/reference` against what the commands print. `TESSERA_UPDATE_REFERENCE=1` renews the pages.
@Suite struct ReferenceTests {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Docs/reference")
    private static let pages = [
        ("operators.md", "ops"), ("rules.md", "passes"), ("kernels.md", "kernels"), ("commands.md", "manual"),
    ]

    @Test(arguments: pages) func pagesAreWhatCommandsPrint(name: String, command: String) async throws {
        let run = await Command(command, "--markdown")
        #expect(run.code == 0, "\(run.messages)")
        let file = Self.folder.appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["TESSERA_UPDATE_REFERENCE"] == "1" { try Data(run.output.utf8).write(to: file) }
        let (old, new) = (try String(contentsOf: file, encoding: .utf8), run.output)
        let changed = zip(old.split(separator: "\n"), new.split(separator: "\n")).first { $0 != $1 }
        #expect(
            old == new,
            """
            Docs/reference/\(name) is not what 'tessera \(command) --markdown' prints; first difference: \(changed.map { "\($0.0) | \($0.1)" } ?? "length"). \
            TESSERA_UPDATE_REFERENCE=1 swift test --filter ReferenceTests renews it
            """)
    }

    @Test func everyPageIsHeld() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(files) == Set(Self.pages.map(\.0)))
    }

    /// Links within and between the pages lead to headings.
    @Test func linksLeadSomewhere() throws {
        let texts = try Dictionary(
            uniqueKeysWithValues: Self.pages.map {
                ($0.0, try String(contentsOf: Self.folder.appendingPathComponent($0.0), encoding: .utf8))
            })
        let anchors = texts.mapValues { text in Set(text.matches(of: /(?m)^#+ (.+)$/).map { MarkdownText.anchor(String($0.1)) }) }
        for (name, text) in texts {
            let links = text.matches(of: /\]\(([a-z]*(?:\.md)?)#([^)]+)\)/)
            #expect(!links.isEmpty)
            for link in links {
                let page = link.1.isEmpty ? name : String(link.1)
                #expect(anchors[page]?.contains(String(link.2)) == true, "\(name): \(link.0)")
            }
        }
    }

    @Test func textIsEscaped() {
        #expect(MarkdownText.plain("a_b * `c_d` <e> [f]") == "a\\_b \\* `c_d` &lt;e&gt; \\[f\\]")
        #expect(MarkdownText.plain("one ` alone") == "one \\` alone")
        #expect(MarkdownText.cell("a|b\nc") == "a\\|b c")
        #expect(MarkdownText.code("a `b` |") == "`` a `b` \\| ``" && MarkdownText.code("").isEmpty)
        #expect(MarkdownText.anchor("precision int8-static") == "precision-int8-static")
    }

    @Test(arguments: [
        (["ops", "--markdown", "--json"], "--markdown"), (["kernels", "--markdown", "--bench", "1,2,3"], "--bench"),
        (["passes", "--markdown", "--precision", "int8"], "--precision"), (["passes", "--markdown", "--stage", "lowered"], "--stage"),
        (["manual"], "--markdown"), (["manual", "--markdown", "-o", "x"], "--markdown"),
    ])
    func pagesGoWithNothingElse(arguments: [String], word: String) async {
        let run = await Command(arguments)
        #expect(run.code == 2 && run.messages.contains(word), "\(run.messages)")
    }
}
