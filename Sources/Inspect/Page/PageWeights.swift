import Dispatch
import Foundation
import IR
import Synchronization

/// The constants that functions read, in the order of their first reader, with what their numbers are like.
struct PageWeights {
    let list: [PageData.Weight]
    private let indices: [String: Int]

    /// - Parameters: as of the other initializer.
    init(_ module: Module, mostNumbers: Int, progress: (Double) -> Void) {
        var (keys, seen): ([String], Set<String>) = ([], [])
        func add(_ key: String?) { if let key, seen.insert(key).inserted { keys.append(key) } }
        for graph in module.functions {
            for node in graph.nodes { for case let input? in node.inputs { add(graph.constantKey(of: input)) } }
            for output in graph.outputs { add(graph.constantKey(of: output.value)) }
        }
        self.init(keys.compactMap { module.constants[$0] }, mostNumbers: mostNumbers, progress: progress)
    }

    /// - Parameters:
    ///   - constants: each of a key of its own.
    ///   - mostNumbers: of a model that is looked at whole. Of a larger one a quarter of so many are: small weights whole, what is left is
    ///     shared evenly among the others.
    ///   - progress: told the share that is done.
    init(_ constants: [Constant], mostNumbers: Int, progress: (Double) -> Void) {
        indices = Dictionary(constants.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        // Rows that lie apart take longer to read than rows one after the other.
        let all = constants.reduce(0) { saturatingAdd($0, $1.type.elementCount.value ?? 0) }
        let most = all <= mostNumbers ? Int.max : PageWeights.share(constants, mostNumbers / 4)
        list = PageWeights.look(at: constants, sampling: most, ReductionAxes(module), progress)
    }

    func index(of key: String) -> Int? { indices[key] }

    /// Numbers that may be looked at in each constant, so that all together are at most `most`, or 1024 each.
    static func share(_ constants: [Constant], _ most: Int) -> Int {
        var rest = max(most, 0)
        let counts = constants.map { $0.type.elementCount.value ?? 0 }.sorted()
        for (index, count) in counts.enumerated() {
            let share = rest / (counts.count - index)
            if count > share { return max(share, 1024) }
            rest -= max(count, 0)
        }
        return .max
    }

    private static func look(
        at constants: [Constant], sampling most: Int, _ axes: ReductionAxes, _ progress: (Double) -> Void
    ) -> [PageData.Weight] {
        let size = 64
        var list: [PageData.Weight] = []
        for start in stride(from: 0, to: constants.count, by: size) {
            let part = Array(constants[start..<min(start + size, constants.count)])
            let made = Mutex<[Int: WeightStatistics]>([:])
            DispatchQueue.concurrentPerform(iterations: part.count) { index in
                let statistics = WeightStatistics(part[index], sampling: most, axis: axes[part[index].key])
                // Large files need not stay in memory.
                part[index].bytes?.evict()
                made.withLock { $0[index] = statistics }
            }
            let table = made.withLock { $0 }
            for (index, constant) in part.enumerated() {
                if let statistics = table[index] { list.append(PageData.Weight(statistics: statistics, type: "\(constant.type)")) }
            }
            progress(Double(start + part.count) / Double(max(constants.count, 1)))
        }
        return list
    }

    /// What is unusual about them.
    var notes: [String] {
        var notes: [String] = []
        func say(_ what: String, _ isSo: (WeightStatistics) -> Bool) {
            let keys = list.map(\.statistics).filter(isSo).map(\.key)
            guard let first = keys.first else { return }
            notes.append(keys.count == 1 ? "weight '\(first)' \(what)" : "\(keys.count) weights, '\(first)' the first: each \(what)")
        }
        say("holds numbers that are not a number") { $0.nans > 0 }
        say("holds infinite numbers") { $0.infinities > 0 }
        say("is zero throughout") { $0.sampledCount > 16 && $0.zeros == $0.sampledCount && $0.key.hasSuffix("weight") }
        say("is 2:4 sparse: of four numbers along the axis that products sum over, two are 0") { $0.sparsity?.isComplete == true }
        let sampled = list.count { $0.statistics.isSampled }
        if sampled > 0 { notes.append("the numbers of \(sampled) of \(list.count) weights are those of a sample of whole rows") }
        return notes
    }
}
