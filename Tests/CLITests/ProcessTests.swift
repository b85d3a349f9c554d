import Foundation
import Testing

@testable import CLI

/// What a process does with signals, limits and closed streams; each test runs in a process of its own.
@Suite struct ProcessTests {
    /// A command that stops when it is asked to.
    private static func endWhenAsked(_ number: Int32) {
        guard Interruption.begin({ exit(Interruption.exitCode ?? 0) }) else { return }
        kill(getpid(), number)
        sleep(20)
    }

    @Test func signalsGiveTheirNumber() async {
        await #expect(processExitsWith: .exitCode(130)) { ProcessTests.endWhenAsked(SIGINT) }
        await #expect(processExitsWith: .exitCode(143)) { ProcessTests.endWhenAsked(SIGTERM) }
        await #expect(processExitsWith: .exitCode(129)) { ProcessTests.endWhenAsked(SIGHUP) }
    }

    /// Also a command that does not stop.
    @Test func quitAndASecondSignalEndAtOnce() async {
        await #expect(processExitsWith: .exitCode(131)) {
            guard Interruption.begin({}) else { return }
            kill(getpid(), SIGQUIT)
            sleep(20)
        }
        await #expect(processExitsWith: .exitCode(143)) {
            guard Interruption.begin({}) else { return }
            kill(getpid(), SIGTERM)
            // Of two signals that wait for a process, the one with the lower number is handled first.
            while Interruption.exitCode == nil { usleep(100) }
            kill(getpid(), SIGINT)
            sleep(20)
        }
    }

    @Test func ignoredHangUpsStayIgnored() async {
        await #expect(processExitsWith: .success) {
            signal(SIGHUP, SIG_IGN)
            guard Interruption.begin({}) else { exit(1) }
            kill(getpid(), SIGHUP)
            exit(Interruption.exitCode ?? 0)
        }
    }

    @Test func fewFilesAreSaid() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 4, rlim_max: 4)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let problem = StartCheck.problem()
            exit(problem?.contains("ulimit -n") == true ? 0 : 1)
        }
    }

    @Test func writesBeyondTheLimitFail() async {
        await #expect(processExitsWith: .exitCode(EFBIG)) {
            var name = Array("/tmp/tessera-limit-XXXXXX\0".utf8CString)
            let file = mkstemp(&name)
            unlink(name)
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            guard file >= 0, StartCheck.problem() == nil else { return }
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            exit(write(file, "x", 1) < 0 ? errno : 0)
        }
    }

    /// The next file that is opened does not become standard output, and what is written there is lost with a reason.
    @Test func closedStreamsAreFilled() async {
        await #expect(processExitsWith: .exitCode(EBADF)) {
            for number in STDIN_FILENO...STDERR_FILENO { close(number) }
            guard StartCheck.problem() == nil, open("/dev/null", O_RDWR) > STDERR_FILENO else { exit(0) }
            exit(write(STDOUT_FILENO, "x", 1) < 0 ? errno : 0)
        }
    }

    /// What fails elsewhere is told, whoever reads standard output.
    @Test func readersThatAreGoneSilenceNothingElse() async {
        await #expect(processExitsWith: .exitCode(1)) {
            var ends: [Int32] = [0, 0]
            guard StartCheck.problem() == nil, pipe(&ends) == 0 else { return }
            dup2(ends[1], STDOUT_FILENO)
            close(ends[0])
            exit(await Program.run(["tokenize", Shapes.folder, Shapes.image("000_rgb.png"), "--modality", "rgb", "-o", "/dev/full"]))
        }
    }

    @Test func readersThatAreGoneEndQuietly() async {
        await #expect(processExitsWith: .exitCode(141)) {
            var ends: [Int32] = [0, 0]
            guard StartCheck.problem() == nil, pipe(&ends) == 0 else { return }
            dup2(ends[1], STDOUT_FILENO)
            close(ends[0])
            Output.write("x")
        }
    }
}
