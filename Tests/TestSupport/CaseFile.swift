import Foundation

/// A fixture `Tests/Cases/<rule>/<name>.ir`: a module before and after, separated by a line `# ---`.
package struct CaseFile: Sendable, CustomStringConvertible {
    package let rule: String
    package let url: URL

    package static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Cases")

    package static let all: [CaseFile] = {
        let rules = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return rules.sorted().flatMap { rule -> [CaseFile] in
            let path = folder.appendingPathComponent(rule).path
            let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return files.filter { $0.hasSuffix(".ir") }.sorted().map {
                CaseFile(rule: rule, url: folder.appendingPathComponent(rule).appendingPathComponent($0))
            }
        }
    }()

    package static let separator = "\n# ---\n"

    package var description: String { "\(rule)/\(url.lastPathComponent)" }

    package func read() throws -> (before: String, after: String?) {
        let text = try String(contentsOf: url, encoding: .utf8)
        guard let range = text.range(of: CaseFile.separator) else { return (text, nil) }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }
}
