import Foundation
import Testing

@testable import Runtime

/// What surrounds the process is looked at once, so each test runs in a process of its own, which changes its own settings first.
@Suite struct EnvironmentTests {
    static func set(_ variables: [String: String]) {
        for (name, value) in variables { setenv(name, value, 1) }
    }

    /// Two threads really run, and what could not be followed is told.
    static func expectTwoThreads(_ variables: [String: String], telling words: [String]) {
        set(variables)
        #expect(Machine.threads >= 1)
        #expect(Machine.withThreads(2) { Machine.measuredThreads() } == 2, "\(variables)")
        let notice = Machine.environmentNotice ?? ""
        for word in words { #expect(notice.contains(word), "\(notice)") }
        if words.isEmpty { #expect(notice.isEmpty, "\(notice)") }
        let kept = variables.keys.filter { getenv($0).map { String(cString: $0) } == variables[$0] }
        #expect(kept.count == variables.count, "the process keeps its variables")
    }

    @Test func anEmptyCount() async {
        await #expect(processExitsWith: .success) {
            EnvironmentTests.expectTwoThreads(["OMP_NUM_THREADS": ""], telling: ["OMP_NUM_THREADS=''"])
        }
    }

    @Test func aNegativeCount() async {
        await #expect(processExitsWith: .success) { EnvironmentTests.expectTwoThreads(["OMP_NUM_THREADS": "-1"], telling: ["'-1'"]) }
    }

    @Test func aCountOfLetters() async {
        await #expect(processExitsWith: .success) {
            EnvironmentTests.expectTwoThreads(
                ["OMP_NUM_THREADS": "abc", "OMP_THREAD_LIMIT": "1.5"], telling: ["'abc'", "OMP_THREAD_LIMIT"])
        }
    }

    @Test func aListAndALargeCount() async {
        await #expect(processExitsWith: .success) {
            EnvironmentTests.set(["OMP_NUM_THREADS": " 3,4"])
            #expect(Machine.threads == 3 && Machine.environmentNotice == nil)
        }
        await #expect(processExitsWith: .success) {
            EnvironmentTests.set(["OMP_NUM_THREADS": "100000"])
            #expect(Machine.threads <= 1024)
        }
        await #expect(processExitsWith: .success) {
            EnvironmentTests.set(["OMP_NUM_THREADS": "7", "OMP_THREAD_LIMIT": "1"])
            #expect(Machine.threads == 1)
        }
    }

    @Test func variablesOfRuntimes() async {
        await #expect(processExitsWith: .success) {
            EnvironmentTests.expectTwoThreads(
                [
                    "KMP_AFFINITY": "garbage", "OMP_PLACES": "{99}", "OMP_STACKSIZE": "1K", "OMP_WAIT_POLICY": "lazy",
                    "KMP_BLOCKTIME": "soon",
                    "OMP_MAX_ACTIVE_LEVELS": "0", "KMP_HW_SUBSET": "9x", "OMP_SCHEDULE": "bad", "OMP_NESTED": "true",
                ], telling: ["KMP_AFFINITY=garbage", "OMP_PLACES={99}", "OMP_WAIT_POLICY=lazy", "KMP_BLOCKTIME=soon"])
        }
        await #expect(processExitsWith: .success) {
            EnvironmentTests.expectTwoThreads(
                [
                    "KMP_BLOCKTIME": "0", "OMP_WAIT_POLICY": "PASSIVE", "OMP_PROC_BIND": "false",
                    "KMP_AFFINITY": "granularity=fine,compact,1,0",
                ],
                telling: [])
        }
    }

    @Test func fewFiles() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let before = limit.rlim_cur
            limit.rlim_cur = 3
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let threads = Machine.withThreads(2) { Machine.measuredThreads() }
            limit.rlim_cur = before
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            #expect(threads == 1)
            #expect(Machine.environmentNotice?.contains("file descriptors") == true)
        }
    }

    /// libomp would die of a signal here; libgomp, or one thread, does not.
    @Test func noSharedMemory() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let before = limit.rlim_cur
            limit.rlim_cur = 0
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let threads = Machine.withThreads(2) { Machine.measuredThreads() }
            limit.rlim_cur = before
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #expect((1...2).contains(threads))
            #expect(Machine.environmentNotice?.contains("/dev/shm") == true)
        }
    }
}
