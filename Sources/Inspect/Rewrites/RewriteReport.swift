import FourMModels
import IR
import Passes
import Runtime

/// What the pipelines did to a model, and what they nearly did.
package struct RewriteReport: Encodable {
    package struct Rule: Encodable {
        /// Place of its step, from 1.
        package let number: Int
        package let step, rule, promise: String
        package let rewrites: Int
        package let nodesBefore, nodesAfter: Int
        package let milliseconds: Double
        /// Function, operator and name of each node where it applied; of a pass over a whole function, the function.
        package let places: [String]
    }

    package let nodesBefore, nodes: Int
    package let rewrites: Int
    /// In the order of the pipelines; those that found nothing too.
    package let rules: [Rule]
    package let nearMisses: [NearMiss]

    /// - Parameter stage: how far: clean or lowered.
    /// - Throws: what the rules throw.
    package init(_ module: Module, to stage: Module.Stage, _ options: PassOptions, precision: PrecisionPolicy) throws {
        let result = try ModelLoader.rewritten(module, to: stage, options, precision: precision)
        nodesBefore = module.functions.reduce(0) { $0 + $1.nodeCount }
        nodes = result.module.functions.reduce(0) { $0 + $1.nodeCount }
        rewrites = result.patchCount
        let pipelines = ModelLoader.pipelines(precision) + (stage == .lowered ? [Plan.pipeline] : [])
        let promises = Dictionary(pipelines.flatMap(\.transformations).map { ($0.name, $0.promise.rawValue) }) { first, _ in first }
        let places = Dictionary(grouping: result.records) { "\($0.step) \($0.name)" }
        rules = result.statistics.map { row in
            Rule(
                number: row.stepIndex + 1, step: row.step, rule: row.name, promise: promises[row.name] ?? "", rewrites: row.matches,
                nodesBefore: row.nodesBefore, nodesAfter: row.nodesAfter, milliseconds: Double(row.duration.nanoseconds) / 1e6,
                places: (places["\(row.step) \(row.name)"] ?? []).map {
                    "\($0.function): \($0.node.isEmpty ? "\($0.changes) changes" : $0.node)"
                })
        }
        nearMisses = NearMiss.all(in: result.module, ModelLoader.pipelines(precision))
    }

    /// The rules that did something, then the patterns that were nearly there.
    /// - Parameters:
    ///   - all: every place, and every near miss, instead of an example of each kind.
    package func text(all: Bool, width: Int?) -> String {
        let done = rules.filter { $0.rewrites > 0 }
        let idle = rules.filter { $0.rewrites == 0 }.map(\.rule)
        let rows = done.map { rule in
            [
                "\(rule.number)", rule.step, rule.rule, rule.promise, "\(rule.rewrites)", "\(rule.nodesBefore) → \(rule.nodesAfter)",
                String(format: "%.1f", rule.milliseconds),
            ]
        }
        var text = "\(rewrites) rewrites; \(nodesBefore) nodes became \(nodes)\n\n"
        text += Table(["step", "", "rule", "promise", "rewrites", "nodes", "ms"], rows, right: [0, 4, 6], width: width).text
        if all { text += "\n" + done.map { rule in "\(rule.rule)\n" + rule.places.map { "  \($0)\n" }.joined() }.joined() }
        var seen: Set<String> = []
        text +=
            "\n"
            + TextBlock.labelled(
                "found nothing: ", idle.filter { seen.insert($0).inserted && !done.map(\.rule).contains($0) }.joined(separator: ", "),
                width: width ?? 150)
        return text + missText(all: all, width: width)
    }

    private func missText(all: Bool, width: Int?) -> String {
        if nearMisses.isEmpty { return "\nno pattern was nearly there\n" }
        // Of the same rule and depth one stands for all: layers repeat.
        let groups = Dictionary(grouping: nearMisses) { all ? "\($0)" : "\($0.rule) \($0.matched) \(RewriteReport.kind($0.reason))" }
        let sorted = groups.values.sorted { ($1[0].matched, $0[0].rule, $0[0].node) < ($0[0].matched, $1[0].rule, $1[0].node) }
        let rows = sorted.map { group in
            [group[0].rule, "\(group.count)", "\(group[0].matched)", "\(group[0].function): \(group[0].node)", group[0].reason]
        }
        return "\nnearly matched:\n"
            + Table(["rule", "times", "depth", "at (the first)", "why not"], rows, right: [1, 2], width: width).text
    }

    /// A reason without the names in it.
    private static func kind(_ reason: String) -> String {
        reason.split(separator: "'", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 0 }.map { String($0.element) }
            .joined()
    }
}
