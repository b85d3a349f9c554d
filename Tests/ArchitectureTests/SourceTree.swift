import Foundation

/// The sources and the manifest of this package as they lie on disk.
struct SourceTree {
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder
    }()

    /// A Swift file of Sources.
    struct File {
        let target: String
        /// Folder below Sources, e.g. `Formats/Zip`.
        let folder: String
        let name: String
        let text: String

        /// Modules that it imports.
        var imports: Set<String> {
            Set(text.matches(of: /(?m)^ *(?:@\w+ |package |public )*import (?:\w+ )?(\w+)/).map { String($0.1) })
        }

        /// The text without comments, and without what stands in quotes on one line.
        var code: String { text.replacing(/\/\/.*/, with: "").replacing(/"(?:\\.|[^"\\\n])*"/, with: "\"\"") }
    }

    /// Folders of Sources, one a target.
    let targets: [String]
    let files: [File]
    let manifest: String

    init() throws {
        let sources = SourceTree.root.appendingPathComponent("Sources")
        targets = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { !$0.hasPrefix(".") }.sorted()
        let paths = try FileManager.default.subpathsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }.sorted()
        files = try paths.map { path in
            let parts = path.split(separator: "/").map(String.init)
            return File(
                target: parts[0], folder: parts.dropLast().joined(separator: "/"), name: parts[parts.count - 1],
                text: try String(contentsOf: sources.appendingPathComponent(path), encoding: .utf8))
        }
        manifest = try String(contentsOf: SourceTree.root.appendingPathComponent("Package.swift"), encoding: .utf8)
    }

    /// Modules that the files of `target` import.
    func imports(of target: String) -> Set<String> {
        files.filter { $0.target == target }.reduce(into: []) { $0.formUnion($1.imports) }
    }

    /// What the manifest says that `target` depends on, products of other packages included; nil if it has no such target.
    func dependencies(of target: String) -> Set<String>? {
        guard let start = manifest.firstRange(of: "name: \"\(target)\"", after: "Target(", or: ".target(") else { return nil }
        let rest = manifest[start.upperBound...]
        let end = rest.firstMatch(of: /\n    \]|\.(?:\w+Target|target)\(/)?.range.lowerBound ?? rest.endIndex
        guard let list = rest[..<end].firstMatch(of: /dependencies: \[([^\[\]]*)\]/) else { return [] }
        let text = list.1.replacing(/, package: "[^"]*"/, with: "")
        return Set(text.matches(of: /"([^"]+)"/).map { String($0.1) })
    }
}

extension String {
    /// The first `text` before which, spaces and line ends apart, one of the two openings stands.
    fileprivate func firstRange(of text: String, after opening: String, or other: String) -> Range<String.Index>? {
        ranges(of: text).first { range in
            let before = self[..<range.lowerBound].reversed().drop { $0.isWhitespace }
            return before.starts(with: opening.reversed()) || before.starts(with: other.reversed())
        }
    }
}
