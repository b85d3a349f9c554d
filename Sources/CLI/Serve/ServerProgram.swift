import Foundation

/// The server, which is a program of its own as it stands on packages that the command does without.
enum ServerProgram {
    /// Name of its file.
    static let name = "tessera-serve"

    /// Turns this process into the server, with the arguments behind the command's name byte by byte as they were given. To be called
    /// before signals are set up: what a program ignores, the one that it becomes ignores as well.
    /// - Parameter folder: where it is looked for first; that of this program.
    /// - Returns: if there is a server that cannot be run, why; nil if there is none.
    static func become(beside folder: String? = ownFolder) -> String? {
        guard let path = find(beside: folder, ProcessInfo.processInfo.environment["PATH"]) else { return nil }
        var arguments = [strdup(path)]
        for place in 2..<max(Int(CommandLine.argc), 2) { arguments.append(CommandLine.unsafeArgv[place]) }
        arguments.append(nil)
        execv(path, arguments)
        return "\(path) cannot be run: \(String(cString: strerror(errno)))"
    }

    /// Path of the server: in `folder`, in `../libexec/tessera` from there, or in one of the folders of `searched`, which colons part.
    static func find(beside folder: String?, _ searched: String?) -> String? {
        let own = folder.map { [$0, "\($0)/../libexec/tessera"] } ?? []
        // An empty part would be the folder at hand, which nobody meant.
        let others = (searched ?? "").split(separator: ":").map(String.init)
        return (own + others).map { "\($0)/\(name)" }.first { isProgram($0) }
    }

    /// Folder of this program, whatever links led to it; nil where `/proc` does not tell.
    static var ownFolder: String? {
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
        return (path as NSString).deletingLastPathComponent
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
