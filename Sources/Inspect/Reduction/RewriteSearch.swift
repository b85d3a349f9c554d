import FourMModels
import IR
import Passes
import Runtime

/// Finds the rewrite that does harm.
package struct RewriteSearch {
    /// The first rewrite after which a module is no longer good.
    package struct Culprit: Sendable, Encodable {
        /// Its number, from 1, as `--stop-after` counts; with one less the module is good.
        package let number: Int
        /// Of all rewrites.
        package let total: Int
        package let step, rule: String
        package let documentation, promise: String
        package let function, node: String
        /// Of the results before it and with it; nil where a command was asked.
        package var errorBefore, errorAfter: Double?
    }

    let module: Module
    let precision: PrecisionPolicy
    let options: PassOptions
    let stage: Module.Stage
    /// Every rewrite in order.
    package let records: [PatchRecord]
    /// Questions that will be asked at most.
    package var questions: Int { Int.bitWidth - max(total, 1).leadingZeroBitCount + 2 }

    /// - Parameter stage: how far rewrites are looked at: clean, or lowered.
    /// - Throws: what the rules throw.
    package init(_ module: Module, _ options: PassOptions, precision: PrecisionPolicy, to stage: Module.Stage = .lowered) throws {
        (self.module, self.options, self.precision, self.stage) = (module, options, precision, stage)
        records = try ModelLoader.rewritten(module, to: stage, options, precision: precision).records
    }

    package var total: Int { records.reduce(0) { $0 + $1.changes } }

    /// The module after `count` rewrites.
    package func module(after count: Int) throws -> Module {
        var limited = options
        limited.stopAfter = count
        return try ModelLoader.rewritten(module, to: stage, limited, precision: precision).module
    }

    /// - Parameter isGood: asked of the module after so many rewrites; good at 0.
    /// - Returns: nil if the module is good with all of them.
    /// - Throws: ``WorkError`` if it is not good without any.
    package func first(isGood: (Int) throws -> Bool) throws -> Culprit? {
        if try isGood(total) { return nil }
        guard try isGood(0) else {
            throw WorkError(
                "the check fails before the first rewrite too: no rule is to blame; compare the model with a reference (tessera compare --reference)",
                .content)
        }
        let bad = try Bisection.first(total) { $0 < total ? try isGood($0) : false }
        guard let bad, let record = record(bad) else { return nil }
        let rule = rule(record.name)
        return Culprit(
            number: bad, total: total, step: record.step, rule: record.name, documentation: rule?.documentation ?? "",
            promise: rule?.promise.rawValue ?? "", function: record.function, node: record.node, errorBefore: nil, errorAfter: nil)
    }

    private func record(_ number: Int) -> PatchRecord? {
        var count = 0
        for record in records {
            count += record.changes
            if count >= number { return record }
        }
        return nil
    }

    private func rule(_ name: String) -> (any Transformation)? {
        (ModelLoader.pipelines(precision).flatMap(\.transformations) + Plan.pipeline.transformations).first { $0.name == name }
    }
}
