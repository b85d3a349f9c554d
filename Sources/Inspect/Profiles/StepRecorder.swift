import IR
import Runtime

/// The steps of runs with their times, as a session's observer tells of them.
package final class StepRecorder {
    /// One kernel call, or one node that was evaluated.
    package struct Step: Sendable {
        /// Number of the call in its run.
        package let call: Int
        /// Row of ``Places`` of that call.
        package let place: Int
        package let kernel: String
        /// Nanoseconds since the recorder was made.
        package let start: UInt64
        /// Nanoseconds that no step within this one took.
        package let own: UInt64
        /// Nanoseconds in all.
        package let length: UInt64
    }

    /// One function of a run.
    package struct Call: Sendable {
        package let function: String
        package let start: UInt64
        package fileprivate(set) var end: UInt64
    }

    package struct Run: Sendable {
        package let start: UInt64
        package fileprivate(set) var end: UInt64
        package fileprivate(set) var calls: [Call] = []
        package fileprivate(set) var steps: [Step] = []
        /// What was counted in each step, if counters were given.
        package fileprivate(set) var counts: [CounterValues] = []

        package var milliseconds: Double { Double(end - start) / 1e6 }
    }

    package private(set) var runs: [Run] = []
    /// Of each call of a run, in order.
    package private(set) var places: [Places] = []
    private let clockStart = ContinuousClock.now
    /// Steps of the run at hand that lie in no other one yet: start and length.
    private var outermost: [(start: UInt64, length: UInt64)] = []
    private var counters: ThreadCounters?
    private var counted = CounterValues()

    package init() {}

    private var now: UInt64 { (ContinuousClock.now - clockStart).nanoseconds }

    /// Hears of all that `unit` does from now on within ``run(counting:_:)``.
    package func listen(to unit: BenchUnit) {
        unit.onCall = { [self] in beginCall($0) }
        unit.session.observer = { [self] kernel, place, isFirst, nanoseconds in add(kernel, place, isFirst, nanoseconds) }
    }

    /// `body` as one run.
    /// - Parameter counters: read after each step, which takes time of its own.
    package func run(counting counters: ThreadCounters? = nil, _ body: () throws -> Void) rethrows {
        self.counters = counters
        counted = counters?.read() ?? CounterValues()
        runs.append(Run(start: now, end: 0))
        defer {
            endCall()
            runs[runs.count - 1].end = now
            self.counters = nil
        }
        try body()
    }

    /// The run goes on with function `graph`.
    package func beginCall(_ graph: Graph) {
        guard let run = runs.indices.last else { return }
        endCall()
        outermost = []
        let number = runs[run].calls.count
        if places.count == number { places.append(Places(graph)) }
        places[number].restart()
        runs[run].calls.append(Call(function: graph.name, start: now, end: 0))
    }

    private func endCall() {
        guard let run = runs.indices.last, let call = runs[run].calls.indices.last, runs[run].calls[call].end == 0 else { return }
        runs[run].calls[call].end = now
    }

    private func add(_ kernel: String, _ place: String, _ isFirst: Bool, _ nanoseconds: UInt64) {
        guard let run = runs.indices.last, let call = runs[run].calls.indices.last else { return }
        let end = now
        let start = end > nanoseconds ? end - nanoseconds : 0
        // Nodes that run functions end after the steps of these.
        var within: UInt64 = 0
        while let last = outermost.last, last.start >= start { within += last.length; outermost.removeLast() }
        outermost.append((start, nanoseconds))
        runs[run].steps.append(
            Step(
                call: call, place: places[call].row(of: place, isFirst: isFirst), kernel: kernel, start: start,
                own: nanoseconds > within ? nanoseconds - within : 0, length: nanoseconds))
        guard let counters else { return }
        let values = counters.read()
        runs[run].counts.append(values.since(counted))
        // What reading costs is not the next step's.
        counted = counters.read()
    }
}

/// What the steps of one call belong to: the nodes of its function in order, then what is none of them.
package struct Places: Sendable {
    package let function: String
    /// Name of the node, or of what else takes steps: `outputs` are copies of results.
    package private(set) var names: [String]
    package private(set) var ops: [String]
    /// Rows that are nodes of the function.
    package let nodeCount: Int
    private var rows: [String: [Int]]
    /// The last row that a step belonged to.
    private var last = -1

    init(_ graph: Graph) {
        function = graph.name
        nodeCount = graph.nodes.count
        names = graph.nodes.map(\.name)
        ops = graph.nodes.map(\.opName)
        rows = [:]
        for (index, node) in graph.nodes.enumerated() { rows["\(node.opName) '\(node.name)'", default: []].append(index) }
    }

    mutating func restart() { last = -1 }

    /// The row of what a session calls `place`. Nodes may share a name: they take their steps in order.
    mutating func row(of place: String, isFirst: Bool) -> Int {
        if !isFirst, last >= 0, place == text(last) { return last }
        let known = rows[place] ?? []
        if let row = known.first(where: { $0 > last }) ?? known.first {
            last = row
            return row
        }
        // A node of a function that a node runs, or copies of results.
        let parts = place.split(separator: "'", maxSplits: 1)
        let isNode = parts.count == 2 && place.hasSuffix("'")
        names.append(isNode ? String(parts[1].dropLast()) : place)
        ops.append(isNode ? String(parts[0].dropLast()) : "copy")
        rows[place] = [names.count - 1]
        return names.count - 1
    }

    private func text(_ row: Int) -> String { "\(ops[row]) '\(names[row])'" }
}
