import Foundation
import Testing

@testable import HTTPServer
@testable import ServerPage

@Suite struct GeneratePageTests {
    private func text(_ path: String) throws -> String {
        String(decoding: try #require(ServerPage.files.first { $0.path == path }).bytes, as: UTF8.self)
    }

    /// What the policy forbids is not there: scripts and styles in the document, and anything of another server.
    @Test func thePageKeepsToItsPolicy() throws {
        let page = try text("/")
        for pattern in ["<style", " style=", " onclick", "javascript:", "http://", "https://"] {
            #expect(!page.contains(pattern), "\(pattern)")
        }
        #expect(page.matches(of: /<script[^>]*>/).count == 1)
        for file in ServerPage.files where file.path.hasSuffix(".js") {
            let script = try text(file.path)
            for pattern in ["innerHTML", "eval(", "new Function", "setAttribute('style'", "http://", "https://"] {
                #expect(!script.contains(pattern), "\(file.path): \(pattern)")
            }
        }
        #expect(!ServerPage.policy.contains("unsafe"))
    }

    /// Every file that the page asks for is served.
    @Test func nothingIsMissing() throws {
        let paths = Set(ServerPage.files.map(\.path))
        let page = try text("/")
        for match in page.matches(of: /(?:src|href)="(\/[^"]*)"/) { #expect(paths.contains(String(match.1))) }
        #expect(Set(try text("/page.js").matches(of: /from '\.(\/[^']*)'/).map { String($0.1) }).isSubset(of: paths))
        for file in paths where file.hasPrefix("/page/") {
            for match in try text(file).matches(of: /from '\.(\/[^']*)'/) { #expect(paths.contains("/page\(match.1)")) }
        }
        // Every element that a script takes by its id is in the document.
        for file in paths where file.hasSuffix(".js") {
            for match in try text(file).matches(of: /\$\('([^']*)'\)/) {
                #expect(page.contains("id=\"\(match.1)\""), "\(file): \(match.1)")
            }
        }
    }

    /// The description knows every key that a request may have, and no other; and every file of the page.
    @Test func theDescriptionNamesTheKeys() throws {
        let document = try #require(try JSONSerialization.jsonObject(with: Data(ServerPage.openAPI.bytes)) as? [String: Any])
        #expect((document["openapi"] as? String)?.hasPrefix("3.1") == true)
        let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]])
        let keys = try #require(schemas["GenerateRequest"]?["properties"] as? [String: Any]).keys
        #expect(Set(keys) == Set(GenerateMessage.keys))
        let text = String(decoding: ServerPage.openAPI.bytes, as: UTF8.self)
        for file in ServerPage.files where file.path.hasPrefix("/page/") {
            #expect(text.contains("\"\(file.path.dropFirst("/page/".count))\""), "\(file.path)")
        }
    }
}
