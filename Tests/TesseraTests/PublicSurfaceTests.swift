import Foundation
import Testing

/// The names that others may rely on. A change of them is a decision: `TESSERA_UPDATE_SURFACE=1` rewrites the list.
@Suite struct PublicSurfaceTests {
    private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let list = root.appendingPathComponent("Tests/TesseraTests/PublicSurface.txt")

    private static func files() throws -> [(name: String, text: String)] {
        let sources = root.appendingPathComponent("Sources")
        let names = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map {
            ($0, try String(contentsOf: sources.appendingPathComponent($0), encoding: .utf8))
        }
    }

    @Test func onlyTheDoorIsPublic() throws {
        let inner = try Self.files().filter { !$0.name.hasPrefix("Tessera/") && !Surface.declarations($0.text).isEmpty }
        #expect(inner.map(\.name).isEmpty, "public names belong into Sources/Tessera")
    }

    @Test func theSurfaceIsTheListed() throws {
        let door = try Self.files().filter { $0.name.hasPrefix("Tessera/") }
        #expect(door.count > 10)
        let found = door.flatMap { file in Surface.declarations(file.text).map { "\(file.name): \($0)" } }.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["TESSERA_UPDATE_SURFACE"] == "1" { try Data(found.utf8).write(to: Self.list) }
        let listed = try String(contentsOf: Self.list, encoding: .utf8)
        let (old, new) = (Set(listed.split(separator: "\n")), Set(found.split(separator: "\n")))
        #expect(found == listed, "new: \(new.subtracting(old).sorted()), gone: \(old.subtracting(new).sorted())")
    }

    /// `make docs` looks at what the compiler sees; this at the sources.
    @Test func everyPublicNameHasAComment() throws {
        for file in try Self.files() where file.name.hasPrefix("Tessera/") {
            let bare = Surface.bare(file.text)
            #expect(bare == [], "\(file.name)")
        }
        #expect(
            Surface.bare("/// A.\npublic struct A {\n    public let a: Int\n    /// B.\n    @discardableResult\n    public func b()\n}")
                == ["public let a: Int"])
    }

    @Test func declarationsAreFoundWhole() {
        let text = """
            /// public in a comment
            public struct A: Sendable {
                public var x: Int { 1 }
                let hidden = 2
                public init(
                    _ a: Int = 1,
                    b: Int
                ) throws {
                    body()
                }
            }
            public enum E { case a, b }
            public enum F: String {
                case c(Int)
                public var d: Int {
                    switch self {
                    case .c: 1
                    }
                }
            }
            extension Float: P { public static var q: Int { 1 } }
            """
        #expect(
            Surface.declarations(text) == [
                "public struct A: Sendable", "public var x: Int", "public init(_ a: Int = 1, b: Int) throws", "public enum E { case a, b }",
                "public enum F: String", "case c(Int)", "public var d: Int", "extension Float: P: public static var q: Int",
            ])
    }
}

/// Reads declarations of formatted source text.
private enum Surface {
    static func declarations(_ text: String) -> [String] { found(text).map(\.text) }

    /// Those without a comment before them. What extends another type on one line has that of the requirement that it meets.
    static func bare(_ text: String) -> [String] {
        found(text).filter { !$0.hasComment && ["public ", "case "].contains(where: $0.text.hasPrefix) }.map(\.text)
    }

    private static func found(_ text: String) -> [(text: String, hasComment: Bool)] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var found: [(text: String, hasComment: Bool)] = []
        // Indentation of the public enum or protocol that we are in: its members are public without saying so.
        var open: Int?
        for (index, line) in lines.enumerated() {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            let indent = line.prefix { $0 == " " }.count
            if trimmed.isEmpty || trimmed.hasPrefix("//") { continue }
            if let outer = open, indent <= outer, trimmed.hasPrefix("}") { open = nil }
            let isMember = open.map { indent == $0 + 4 } == true && members.contains(where: trimmed.hasPrefix)
            guard isMember || trimmed.hasPrefix("public ") || trimmed.contains(" public ") else { continue }
            let whole = joined(lines[index...].map { $0.trimmingCharacters(in: .whitespaces) })
            let before = lines[..<index].last { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("@") } ?? ""
            found.append((signature(whole), before.trimmingCharacters(in: .whitespaces).hasPrefix("///")))
            let opens = ["public enum ", "public indirect enum ", "public protocol "].contains(where: whole.hasPrefix)
            if opens, whole.hasSuffix("{") { open = indent }
        }
        return found
    }

    private static let members = ["case ", "func ", "var ", "static ", "init(", "associatedtype ", "mutating "]

    /// The first of `lines` with as many more as close its parentheses, and the result where that begins the next line.
    private static func joined(_ lines: [String]) -> String {
        var whole = ""
        for (index, line) in lines.enumerated() {
            let glued = whole.isEmpty || whole.hasSuffix("(") || line.hasPrefix(")")
            whole += glued ? line : " " + line
            let depth = whole.reduce(0) { $0 + ($1 == "(" ? 1 : $1 == ")" ? -1 : 0) }
            let isNextResult = lines.count > index + 1 && lines[index + 1].hasPrefix("-> ")
            if depth <= 0, !isNextResult { return whole }
        }
        return whole
    }

    /// What stands before the body or the value; of an extension on one line, the type and its member.
    private static func signature(_ whole: String) -> String {
        if whole.contains("enum "), whole.hasSuffix("}") { return whole }
        var (depth, text, isExtension) = (0, "", whole.hasPrefix("extension "))
        let characters = Array(whole)
        for (index, character) in characters.enumerated() {
            if character == "(" || character == "[" { depth += 1 }
            if character == ")" || character == "]" { depth -= 1 }
            if depth == 0, index > 0, characters[index - 1] == " " {
                if character == "{" {
                    guard isExtension else { break }
                    isExtension = false
                    text = text.trimmingCharacters(in: .whitespaces) + ":"
                    continue
                }
                if character == "=", characters.count > index + 1, characters[index + 1] == " " { break }
            }
            text.append(character)
        }
        return text.split(separator: " ").joined(separator: " ")
    }
}
