import Files
import Formats
import Foundation
import IR

/// A command that says whether a module is good: by exit code 0.
package final class ShellCheck {
    /// As a shell takes it; `{}` is the file with the module's text, which stands at the end if the command does not name it.
    package let command: String
    private let sources: [WeightSource]
    private let folder: String
    /// What the command printed last.
    package private(set) var output = ""

    /// - Parameters:
    ///   - command: as a shell takes it.
    ///   - sources: files that hold weights, which the text names.
    /// - Throws: ``WorkError`` if there is no folder for the files.
    package init(_ command: String, _ sources: [WeightSource]) throws {
        (self.command, self.sources) = (command, sources)
        folder = NSTemporaryDirectory() + "/tessera-check-\(UUID().uuidString)"
        try Folders.make(folder)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Whether `module` is good.
    /// - Throws: ``WorkError`` if the command cannot be run (exit code 126 and above); `CheckpointError`, `OutputError` for a file that cannot
    ///   be written.
    package func isGood(_ module: Module) throws -> Bool {
        let path = folder + "/module.ir"
        try IRTextWriter.write(module, to: path, from: sources)
        let code = try run(path)
        guard code < 126 else {
            throw WorkError(
                "--check: '\(command)' ended with exit code \(code): a shell's word for a command that it cannot run, or that was killed\n\(output.suffix(2000))",
                .content)
        }
        return code == 0
    }

    private func run(_ path: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let script = command.contains("{}") ? command.replacingOccurrences(of: "{}", with: "\"$1\"") : command + " \"$1\""
        process.arguments = ["-c", script, "sh", path]
        let log = folder + "/output"
        guard FileManager.default.createFile(atPath: log, contents: nil), let handle = FileHandle(forWritingAtPath: log) else {
            throw WorkError("\(folder) cannot be written to", .content)
        }
        (process.standardOutput, process.standardError, process.standardInput) = (handle, handle, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        try? handle.close()
        // The end alone is of interest, however much it prints.
        output = (try? String(contentsOfFile: log, encoding: .utf8)).map { String($0.suffix(20_000)) } ?? ""
        return process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    }
}
