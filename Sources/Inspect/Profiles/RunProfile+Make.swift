import IR
import Runtime

extension RunProfile {
    /// How the runs were compiled and measured.
    package struct Settings {
        package let precision: String
        package let peaks: MachinePeaks
        package let counterNotice: String?

        package init(precision: String, peaks: MachinePeaks, counterNotice: String?) {
            (self.precision, self.peaks, self.counterNotice) = (precision, peaks, counterNotice)
        }
    }

    /// - Parameters:
    ///   - recorder: what ran: `unit` and nothing else.
    ///   - counted: one more run with its counters, if there are any.
    package init(_ unit: BenchUnit, _ recorder: StepRecorder, counted: StepRecorder?, _ settings: Settings) {
        let table = StepTable(unit, recorder, counted, settings.peaks)
        let timing = Timing(recorder.runs.map(\.milliseconds))
        let all = table.figures(table.rows.indices)
        model = unit.session.plan.module.name
        (functions, sizes, precision) = (unit.functions, unit.sizes, settings.precision)
        (threads, instructionSet, runs) = (Machine.threads, Machine.active.name, timing.runs)
        (medianMs, minMs, meanMs, sdMs) = (timing.median, timing.min, timing.mean, timing.sd)
        (stepsMs, flops, bytes) = (all.milliseconds, all.flops, all.bytes)
        (weightBytes, workingBytes) = (unit.session.plan.weightBytes, unit.session.peakArenaBytes)
        limitMs = table.least.map { $0 * 1e3 }
        (peaks, counterNotice) = (settings.peaks, settings.counterNotice)
        let counts = table.counters(table.rows.indices)
        counters = counts
        let time = table.countedNanoseconds
        busyThreads = counts?.taskNanoseconds.flatMap { time > 0 ? $0 / time : nil }
        nodes = table.rows.indices.map { table.node($0) }
        kernels = table.kernels()
        operators = table.groups { table.rows[$0].op }
        blocks = table.blocks()
    }
}

/// Rows for all nodes that took steps, and their times in each run.
private struct StepTable {
    struct Row {
        let call, number: Int
        let function, name, op: String
        var kernels: [String] = []
        /// Nanoseconds by run.
        var times: [Double]
        var steps = 0
        var cost: NodeCost?
        var counters: CounterValues?
    }

    private(set) var rows: [Row] = []
    /// Nanoseconds of each kernel by run, its steps in all runs, and the rows where it takes the most time.
    private var kernelTimes: [String: [Double]] = [:]
    private var kernelSteps: [String: Int] = [:]
    private var kernelCounters: [String: CounterValues] = [:]
    private var mainRows: [String: [Int]] = [:]
    private let runs: Int
    private let peaks: MachinePeaks
    private let total: Double
    private(set) var countedNanoseconds = 0.0
    /// Seconds of all nodes at the peaks; nil without costs.
    private(set) var least: Double?
    private let hasSeveralCalls: Bool

    init(_ unit: BenchUnit, _ recorder: StepRecorder, _ counted: StepRecorder?, _ peaks: MachinePeaks) {
        self.peaks = peaks
        runs = recorder.runs.count
        hasSeveralCalls = recorder.places.count > 1
        var index: [[Int]: Int] = [:]
        var byKernel: [[Int: Double]] = []
        var (rows, kernelTimes, kernelSteps): ([Row], [String: [Double]], [String: Int]) = ([], [:], [:])
        var names: [String: Int] = [:]
        for (run, steps) in recorder.runs.map(\.steps).enumerated() {
            for step in steps {
                let places = recorder.places[step.call]
                let key = [step.call, step.place]
                let row = index[key] ?? rows.count
                if row == rows.count {
                    index[key] = row
                    byKernel.append([:])
                    rows.append(
                        Row(
                            call: step.call, number: min(step.place, places.nodeCount), function: places.function,
                            name: places.names[step.place], op: places.ops[step.place],
                            times: [Double](repeating: 0, count: recorder.runs.count)))
                }
                if !rows[row].kernels.contains(step.kernel) { rows[row].kernels.append(step.kernel) }
                rows[row].times[run] += Double(step.own)
                rows[row].steps += 1
                let kernel = names[step.kernel] ?? names.count
                names[step.kernel] = kernel
                byKernel[row][kernel, default: 0] += Double(step.own)
                kernelTimes[step.kernel, default: [Double](repeating: 0, count: recorder.runs.count)][run] += Double(step.own)
                kernelSteps[step.kernel, default: 0] += 1
            }
        }
        total = StepTable.median(recorder.runs.indices.map { run in rows.reduce(0) { $0 + $1.times[run] } })
        // A node's work is that of the kernel that takes most of its time; others lay out what that one reads.
        let kernelNames = Dictionary(names.map { ($0.value, $0.key) }) { $1 }
        for (row, times) in byKernel.enumerated() {
            guard let main = times.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key, let name = kernelNames[main] else { continue }
            mainRows[name, default: []].append(row)
        }
        (self.rows, self.kernelTimes, self.kernelSteps) = (rows, kernelTimes, kernelSteps)
        addCosts(unit)
        if let counted { addCounters(counted, index) }
        // In the order of the functions; steps come in theirs.
        sort()
    }

    private mutating func sort() {
        let order = rows.indices.sorted { (rows[$0].call, rows[$0].number, $0) < (rows[$1].call, rows[$1].number, $1) }
        var place = [Int](repeating: 0, count: rows.count)
        for (new, old) in order.enumerated() { place[old] = new }
        rows = order.map { rows[$0] }
        mainRows = mainRows.mapValues { $0.map { place[$0] } }
    }

    private mutating func addCosts(_ unit: BenchUnit) {
        let costs = unit.costs
        for row in rows.indices {
            guard let all = costs[rows[row].call]?.nodes, rows[row].number < all.count else { continue }
            rows[row].cost = all[rows[row].number]
        }
        let known = costs.compactMap { $0 }
        least = known.count == costs.count && !known.isEmpty ? known.reduce(0) { $0 + $1.leastSeconds(on: peaks) } : nil
    }

    private mutating func addCounters(_ counted: StepRecorder, _ index: [[Int]: Int]) {
        guard let run = counted.runs.last else { return }
        for (step, values) in zip(run.steps, run.counts) {
            countedNanoseconds += Double(step.own)
            kernelCounters[step.kernel] = (kernelCounters[step.kernel] ?? .zero).adding(values)
            guard let row = index[[step.call, step.place]] else { continue }
            rows[row].counters = (rows[row].counters ?? .zero).adding(values)
        }
    }

    private static func median(_ times: [Double]) -> Double { Timing(times).median }

    func counters(_ own: some Sequence<Int>) -> CounterValues? {
        own.compactMap { rows[$0].counters }.reduce(nil) { sum, values in sum?.adding(values) ?? values }
    }

    /// Of several rows together.
    func figures(_ own: some Collection<Int>, times given: [Double]? = nil) -> RunProfile.Figures {
        let times = given ?? (0..<runs).map { run in own.reduce(0) { $0 + rows[$1].times[run] } }
        let time = StepTable.median(times)
        let costs = own.compactMap { rows[$0].cost }
        let flops = costs.reduce(0) { $0 + $1.flops }
        let bytes = costs.reduce(0) { $0 + $1.bytes }
        let least = costs.reduce(0) { $0 + $1.leastSeconds(on: peaks) } * 1e9
        return RunProfile.Figures(
            milliseconds: time / 1e6, share: total > 0 ? time / total : 0, flops: flops, bytes: bytes,
            gflops: time > 0 ? flops / time : 0, gigabytes: time > 0 ? bytes / time : 0,
            ofLimit: time > 0 && least > 0 ? least / time : nil)
    }

    func node(_ index: Int) -> RunProfile.Node {
        let row = rows[index]
        return RunProfile.Node(
            number: row.number, function: row.function, name: row.name, op: row.op, kernels: row.kernels,
            steps: row.steps / max(runs, 1), figures: figures([index]), leastMs: (row.times.min() ?? 0) / 1e6,
            bound: row.cost.flatMap { $0.bytes > 0 || $0.flops > 0 ? $0.bound(on: peaks) : nil }, counters: row.counters)
    }

    /// Slowest first.
    private static func sorted(_ groups: [RunProfile.Group]) -> [RunProfile.Group] {
        groups.sorted { ($1.figures.milliseconds, $0.name) < ($0.figures.milliseconds, $1.name) }
    }

    func kernels() -> [RunProfile.Group] {
        StepTable.sorted(
            kernelTimes.map { name, times in
                RunProfile.Group(
                    name: name, count: (kernelSteps[name] ?? 0) / max(runs, 1), figures: figures(mainRows[name] ?? [], times: times),
                    counters: kernelCounters[name])
            })
    }

    func groups(_ name: (Int) -> String) -> [RunProfile.Group] {
        let all = Dictionary(grouping: rows.indices, by: name)
        return StepTable.sorted(
            all.map { RunProfile.Group(name: $0.key, count: $0.value.count, figures: figures($0.value), counters: counters($0.value)) })
    }

    func blocks() -> [RunProfile.Block] {
        let tree = BlockTree(rows.map { hasSeveralCalls ? "\($0.function)/\($0.name)" : $0.name })
        var depths: [Int] = []
        for block in tree.blocks { depths.append(block.parent < 0 ? 0 : depths[block.parent] + 1) }
        return tree.blocks.indices.map { index in
            let (block, own) = (tree.blocks[index], tree.allNodes(of: index))
            return RunProfile.Block(
                path: block.path, title: block.title, parent: block.parent, depth: depths[index], count: own.count, figures: figures(own))
        }
    }
}
