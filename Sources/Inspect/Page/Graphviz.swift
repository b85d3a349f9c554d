import Foundation

/// The `dot` program of Graphviz, which lays out pictures (Debian package `graphviz`).
package struct Graphviz: Sendable {
    /// Where it is; nil if the machine has none.
    let executable: String?
    /// Seconds that one run may take.
    let deadline: Double

    /// - Parameter path: folders to look in, as in `PATH`.
    package init(path: String? = ProcessInfo.processInfo.environment["PATH"], deadline: Double = 20) {
        let folders = (path ?? "").split(separator: ":").map(String.init)
        executable = folders.filter { $0.hasPrefix("/") }.map { $0 + "/dot" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        self.deadline = deadline
    }

    package var isThere: Bool { executable != nil }

    /// Most bytes that are read of what it prints.
    private static let mostOutput = 64 << 20

    /// What `dot -Tplain` prints for the graphs in `input`; as much of it as came before the deadline. Empty where it cannot be run.
    func plain(_ input: String) -> String {
        guard let executable, let file = try? TemporaryInput(input) else { return "" }
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = ["-Tplain"]
        process.standardInput = file.handle
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "" }
        try? pipe.fileHandleForWriting.close()
        let number = process.processIdentifier
        let alarm = DispatchWorkItem { kill(number, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + deadline, execute: alarm)
        var output = Data()
        while let chunk = try? pipe.fileHandleForReading.read(upToCount: 1 << 16), !chunk.isEmpty {
            output.append(chunk)
            if output.count > Graphviz.mostOutput {
                kill(number, SIGKILL)
                break
            }
        }
        // What is read has ended with the process; the alarm must not meet another one of its number.
        alarm.cancel()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    /// Text in a file without a name, to be read from: a process that reads slowly holds up nobody.
    private struct TemporaryInput {
        let handle: FileHandle

        init(_ text: String) throws {
            let url = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-\(UUID().uuidString).dot")
            defer { unlink(url.path) }
            try Data(text.utf8).write(to: url)
            handle = try FileHandle(forReadingFrom: url)
        }
    }
}
