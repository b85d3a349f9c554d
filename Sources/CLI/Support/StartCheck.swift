import Glibc

/// What the process must have before anything else: three open streams, some descriptors and threads.
enum StartCheck {
    /// Those of tasks, and the one that hears signals; with one less some commands never ended.
    private static let threads = 5
    /// Those that queues need; without them the process would end by a signal.
    private static let files = 4

    /// What is lacking and how to have it; nil if nothing is. Settles streams and signals first.
    static func problem() -> String? {
        fillStandardStreams()
        // Writes beyond the limit, and to where nobody reads, then fail with a reason.
        for number in [SIGXFSZ, SIGPIPE] { signal(number, SIG_IGN) }
        if !canOpen(files: files) { return "too few files can be opened; raise the limit of open files (ulimit -n)" }
        if !canStart(threads: threads) {
            return "too few threads can be started; raise the limit of processes (ulimit -u, or pids of the control group)"
        }
        return nil
    }

    /// Puts something into the places of closed streams, where otherwise the next file would be opened, and be written to by messages.
    /// Writing to them fails still.
    private static func fillStandardStreams() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
            let file = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
            guard file >= 0, file != number else { continue }
            dup2(file, number)
            close(file)
        }
    }

    private static func canOpen(files count: Int) -> Bool {
        let opened = (0..<count).map { _ in open("/", O_RDONLY | O_CLOEXEC) }
        for file in opened where file >= 0 { close(file) }
        return opened.allSatisfy { $0 >= 0 }
    }

    /// Tasks wait for ever where the limits do not allow as many threads beside this one.
    private static func canStart(threads count: Int) -> Bool {
        let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        defer { gate.deallocate() }
        pthread_mutex_init(gate, nil)
        // All of them wait for it, so that they exist at the same time.
        pthread_mutex_lock(gate)
        var started: [pthread_t] = []
        while started.count < count {
            var thread = pthread_t()
            let wait: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { gate in
                guard let gate = gate?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
                pthread_mutex_lock(gate)
                pthread_mutex_unlock(gate)
                return nil
            }
            guard pthread_create(&thread, nil, wait, gate) == 0 else { break }
            started.append(thread)
        }
        pthread_mutex_unlock(gate)
        for thread in started { pthread_join(thread, nil) }
        return started.count == count
    }
}
