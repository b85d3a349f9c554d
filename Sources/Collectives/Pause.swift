import Glibc

/// How long a thread that asks for messages sleeps between two questions: not at first, then longer each time, so that it leaves the cores to
/// those that compute.
struct Pause {
    private var count = 0
    private static let questions = 20
    private static let longest: UInt32 = 200

    mutating func next(afterProgress hasProgressed: Bool) {
        count = hasProgressed ? 0 : count + 1
        if count <= Pause.questions {
            sched_yield()
        } else {
            usleep(min(UInt32(count - Pause.questions) * 5, Pause.longest))
        }
    }
}
