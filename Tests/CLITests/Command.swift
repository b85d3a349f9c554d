import Foundation
import TestSupport
import Testing

@testable import CLI

/// What a command printed, and how it ended.
struct Command {
    let code: Int32
    let output: String
    let messages: String

    /// Runs the command in this process; its streams are captured.
    init(_ arguments: String...) async { await self.init(arguments) }

    init(_ arguments: [String]) async {
        let capture = Output.Capture()
        code = await Output.$capture.withValue(capture) { await Program.run(arguments) }
        output = capture.output
        messages = capture.messages
    }

    /// Standard output as JSON.
    func json<T>(_ type: T.Type = [String: Any].self) throws -> T {
        try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? T)
    }
}

/// The reference data beside the checkout.
enum Shared {
    static func path(_ part: String) -> String { SharedData.path(part) }
}

let needsShared: ConditionTrait = .enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence))

/// A folder that is removed when the object goes.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-cli-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: file(name))) }
}
