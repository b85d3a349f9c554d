import CKernels
import Foundation
import Testing

/// Quotas of control groups, read from folders that look like those of the system.
@Suite struct QuotaTests {
    private func quota(_ groups: String, _ files: [String: String]) throws -> Int {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("quota-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (name, text) in files {
            let file = root.appendingPathComponent("fs/\(name)")
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try Data(groups.utf8).write(to: root.appendingPathComponent("cgroup"))
        return Int(tk_quota(root.appendingPathComponent("cgroup").path, root.appendingPathComponent("fs").path))
    }

    @Test func versionTwo() throws {
        #expect(try quota("0::/\n", ["cpu.max": "150000 100000\n"]) == 2)
        #expect(try quota("0::/\n", ["cpu.max": "max 100000\n"]) == 0)
        #expect(try quota("0::/a/b\n", ["a/cpu.max": "300000 100000\n", "a/b/cpu.max": "max 100000\n"]) == 3)
        #expect(try quota("0::/a/b\n", ["a/cpu.max": "300000 100000\n", "a/b/cpu.max": "50000 100000\n"]) == 1)
        #expect(try quota("0::/a\n", ["unified/a/cpu.max": "400000 100000\n"]) == 4)
    }

    @Test func versionOne() throws {
        let group = "4:memory:/x\n3:cpu,cpuacct:/a/b\n1:cpuset:/y\n"
        func files(_ folder: String, _ time: Int) -> [String: String] {
            ["\(folder)/cpu.cfs_quota_us": "\(time)\n", "\(folder)/cpu.cfs_period_us": "50000\n"]
        }
        #expect(try quota(group, files("cpu,cpuacct/a/b", 125_000)) == 3)
        #expect(try quota(group, files("cpu,cpuacct/a", 100_000)) == 2)
        #expect(try quota(group, files("cpu", 50_000)) == 1, "a container's own group is the root")
        #expect(try quota(group, files("cpu/a/b", -1)) == 0)
        #expect(try quota(group, files("memory/x", 50_000)) == 0)
    }

    @Test func nonsenseIsNoQuota() throws {
        #expect(try quota("", [:]) == 0)
        #expect(try quota("no colons\n::\n0::\n", ["cpu.max": "lots\n"]) == 0)
        #expect(try quota("0::/\n", ["cpu.max": "100000 0\n"]) == 0)
        #expect(try quota("0::/\n", ["cpu.max": "-5 100000\n"]) == 0)
        #expect(try quota("0::/\n", ["cpu.max": "9223372036854775807 1\n"]) == 1024)
    }
}
