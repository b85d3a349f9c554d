import Foundation

/// A folder that is removed when the object goes.
final class Scratch: Sendable {
    let path: String

    init() {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-files-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        path = URL(fileURLWithPath: place).resolvingSymlinksInPath().path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}
