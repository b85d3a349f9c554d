import Foundation

/// `shared` beside the package: golden data of the reference, and models.
package enum SharedData {
    /// The folder beside the nearest folder above this file that has one; where it should be, if there is none.
    package static let root: URL = {
        let package = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var (ancestor, found) = (package, [URL]())
        while found.isEmpty, ancestor.path != "/" {
            ancestor.deleteLastPathComponent()
            let candidate = ancestor.appendingPathComponent("shared")
            if FileManager.default.fileExists(atPath: candidate.appendingPathComponent("goldens/index.json").path) { found = [candidate] }
        }
        return found.first ?? package.deletingLastPathComponent().appendingPathComponent("shared")
    }()

    package static let isPresent = FileManager.default.fileExists(atPath: path("goldens/index.json"))

    /// Whether tests that read it run: where it is, and where `TESSERA_REQUIRE_SHARED=1` makes them fail without it.
    package static let isWanted = isPresent || ProcessInfo.processInfo.environment["TESSERA_REQUIRE_SHARED"] == "1"

    /// Why tests that read it were skipped.
    package static let absence = "needs ../shared beside the package: golden data and models"

    package static func path(_ part: String) -> String { root.appendingPathComponent(part).path }
}
