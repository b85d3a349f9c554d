import IR
import Runtime

/// Where the time of runs went, by node, kernel, operator and block; the shape of its JSON.
package struct RunProfile: Encodable {
    /// Time, work and data of nodes.
    package struct Figures: Encodable, Sendable {
        /// Median over the runs.
        package let milliseconds: Double
        /// Of the time in all steps, 0 to 1.
        package let share: Double
        package let flops, bytes: Double
        /// A second.
        package let gflops, gigabytes: Double
        /// The least time that the machine's peaks allow, as a share of the time; nil where the cost is not known. What lies in the caches
        /// may take less than bytes from memory: above 1.
        package let ofLimit: Double?
    }

    package struct Node: Encodable, Sendable {
        /// Place in the lowered function, from 0; as many as it has for what is no node.
        package let number: Int
        package let function, name, op: String
        /// In the order of their steps.
        package let kernels: [String]
        /// Steps of a run.
        package let steps: Int
        package let figures: Figures
        /// Of the fastest run, in milliseconds.
        package let leastMs: Double
        package let bound: NodeCost.Bound?
        /// What the counted run gave.
        package let counters: CounterValues?
    }

    /// Nodes that have something in common.
    package struct Group: Encodable, Sendable {
        package let name: String
        /// Nodes; of kernels steps.
        package let count: Int
        package let figures: Figures
        package let counters: CounterValues?
    }

    package struct Block: Encodable, Sendable {
        /// What the names of its nodes begin with.
        package let path, title: String
        /// Index of the block that it lies in; -1 for the root.
        package let parent: Int
        package let depth: Int
        /// Nodes with times in it and in the blocks within.
        package let count: Int
        package let figures: Figures
    }

    package let model: String
    package let functions: [String]
    package let sizes: Binding
    package let precision: String
    package let threads: Int
    package let instructionSet: String
    package let runs: Int
    /// Of whole runs.
    package let medianMs, minMs, meanMs, sdMs: Double
    /// Median of the time in steps; the rest binds inputs and makes room for outputs.
    package let stepsMs: Double
    package let weightBytes, workingBytes: Int
    package let flops, bytes: Double
    /// The least time that the machine's peaks allow, in milliseconds; nil where costs are not known.
    package let limitMs: Double?
    package let peaks: MachinePeaks
    package let counters: CounterValues?
    /// Processors that were busy in the counted run, on average.
    package let busyThreads: Double?
    /// What could not be counted, and why.
    package let counterNotice: String?
    /// In the order of the function.
    package let nodes: [Node]
    /// Slowest first.
    package let kernels, operators: [Group]
    /// Parents before children; the whole first.
    package let blocks: [Block]
}

/// Seconds of nodes, for pages.
package struct NodeTimes: Sendable, Encodable {
    /// By function and index of the node in the lowered function: median over the runs. Of a function that ran twice, the sum.
    package let seconds: [String: [Int: Double]]
    /// The same by the name of the node, of those that share one the sum.
    package let secondsByName: [String: [String: Double]]

    package init(_ profile: RunProfile) {
        var (seconds, byName): ([String: [Int: Double]], [String: [String: Double]]) = ([:], [:])
        for node in profile.nodes {
            seconds[node.function, default: [:]][node.number, default: 0] += node.figures.milliseconds / 1e3
            byName[node.function, default: [:]][node.name, default: 0] += node.figures.milliseconds / 1e3
        }
        (self.seconds, secondsByName) = (seconds, byName)
    }
}
