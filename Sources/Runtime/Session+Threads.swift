extension Session {
    /// A session that uses at most `threads` threads; nil for the cores granted to the process.
    package convenience init(_ plan: Plan, threads: Int?) {
        if let threads { Machine.setThreads(threads) }
        self.init(plan)
    }
}
