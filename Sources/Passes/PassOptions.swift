import IR

/// How a pipeline is run.
package struct PassOptions: Sendable {
    /// Names of rules and passes to leave out.
    package var disabled: Set<String>
    /// Stop after that many applied patches in total, to find by halves which one does harm; nil means no limit.
    package var stopAfter: Int?
    /// Verify the module after each single patch: slow, for finding the rule that breaks a graph.
    package var verifyEachPatch: Bool
    /// Called after each step with the step's index, its name and the module as it then is.
    package var dumpAfter: (@Sendable (Int, String, Module) throws -> Void)?
    /// A rewrite to be made wrong on purpose.
    package var fault: InjectedFault?
    /// Whether ``PassResult/origins`` are wanted.
    package var recordsOrigins = false

    package init(
        disabled: Set<String> = [], stopAfter: Int? = nil, verifyEachPatch: Bool = false,
        dumpAfter: (@Sendable (Int, String, Module) throws -> Void)? = nil
    ) {
        self.disabled = disabled
        self.stopAfter = stopAfter
        self.verifyEachPatch = verifyEachPatch
        self.dumpAfter = dumpAfter
    }

    /// The options for a pipeline that runs after others with so many steps and applied patches.
    package func following(steps: Int, patches: Int) -> PassOptions {
        var made = self
        made.stopAfter = stopAfter.map { max($0 - patches, 0) }
        if let dump = dumpAfter { made.dumpAfter = { try dump($0 + steps, $1, $2) } }
        return made
    }
}

/// A rewrite that is made wrong on purpose, to try what finds such: the result of one patch is negated.
package struct InjectedFault: Sendable, Hashable {
    package let rule: String
    /// Which of the rule's patches, from 1.
    package let number: Int

    package init(rule: String, number: Int) { (self.rule, self.number) = (rule, number) }
}

/// What one rule or pass did within one step of a pipeline.
package struct PassStatistics: Sendable {
    /// Index of the step in the pipeline, from 0.
    package internal(set) var stepIndex: Int
    package let step: String
    package let name: String
    /// Patches applied, or changes that a whole-function pass made.
    package internal(set) var matches = 0
    /// Time spent in matching and applying.
    package internal(set) var duration: Duration = .zero
    /// Nodes in all functions when the step began.
    package let nodesBefore: Int
    /// ``nodesBefore`` plus what this rule's own patches added or removed.
    package internal(set) var nodesAfter: Int

    func shifted(by steps: Int) -> PassStatistics {
        var made = self
        made.stepIndex += steps
        return made
    }
}

/// One applied patch, or one run of a whole-function pass that changed something.
package struct PatchRecord: Sendable, Equatable {
    package let step: String
    /// Name of the rule or pass.
    package let name: String
    package let function: String
    /// Operator and name of the node that matched; empty for a whole-function pass.
    package let node: String
    /// Changes it stands for: 1 for a patch.
    package let changes: Int
}

/// The rewritten module and what was done to it.
package struct PassResult: Sendable {
    package internal(set) var module: Module
    /// One entry for each enabled rule or pass of each step, in pipeline order.
    package internal(set) var statistics: [PassStatistics] = []
    /// Every applied patch in order.
    package internal(set) var records: [PatchRecord] = []
    /// What became of which nodes, if that was asked for.
    package internal(set) var origins: NodeOrigins?

    /// Applied patches in total, as ``PassOptions/stopAfter`` counts them.
    package var patchCount: Int { records.reduce(0) { $0 + $1.changes } }
}
