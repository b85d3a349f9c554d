import Files
import Runtime

/// Memory that this process may have.
enum AvailableMemory {
    /// Bytes that are free or can be had without swapping, within the limits of control groups.
    static var bytes: Int {
        let system = field("MemAvailable", in: "/proc/meminfo") ?? Machine.memoryBytes
        return groups.compactMap(left).reduce(system, min)
    }

    /// `MemAvailable:   12345 kB`
    private static func field(_ name: String, in path: String) -> Int? {
        guard let text = try? InputFile.text(path) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }

    /// Folders of the control groups (version 2) of this process, from the innermost out.
    private static var groups: [String] {
        guard let text = try? InputFile.text("/proc/self/cgroup"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::") })
        else { return [] }
        var parts = line.dropFirst(3).split(separator: "/")
        var folders: [String] = []
        while true {
            folders.append((["/sys/fs/cgroup"] + parts.map(String.init)).joined(separator: "/"))
            if parts.popLast() == nil { return folders }
        }
    }

    private static func left(_ group: String) -> Int? {
        func number(_ name: String) -> Int? {
            (try? InputFile.text(FilePath.join(group, name))).flatMap { Int($0.filter { !$0.isWhitespace }) }
        }
        guard let most = number("memory.max"), let used = number("memory.current") else { return nil }
        return max(0, most - used)
    }
}
