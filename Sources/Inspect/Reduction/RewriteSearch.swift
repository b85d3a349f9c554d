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
    /// Every rewrite in order.
    package let records: [PatchRecord]
    /// All rewrites, and those of them that the clean pipeline and that of the precision do, before lowering.
    package let total, clean: Int
    /// Questions that will be asked at most.
    package var questions: Int { Int.bitWidth - max(total, 1).leadingZeroBitCount + 3 }

    /// - Throws: what the rules throw.
    package init(_ module: Module, _ options: PassOptions, precision: PrecisionPolicy) throws {
        (self.module, self.options, self.precision) = (module, options, precision)
        let lowered = try ModelLoader.rewritten(module, to: .lowered, options, precision: precision)
        (records, total) = (lowered.records, lowered.patchCount)
        let steps = ModelLoader.pipelines(precision).dropFirst(module.stage == .imported ? 0 : 1).reduce(0) { $0 + $1.steps.count }
        clean = lowered.statistics.filter { $0.stepIndex < steps }.reduce(0) { $0 + $1.matches }
    }

    /// The module after `count` rewrites, at `stage`.
    package func module(after count: Int, at stage: Module.Stage) throws -> Module {
        var limited = options
        limited.stopAfter = count
        if stage != .lowered {
            limited.disabled.formIntersection(ModelLoader.pipelines(precision).flatMap { $0.transformations.map(\.name) })
        }
        return try ModelLoader.rewritten(module, to: stage, limited, precision: precision).module
    }

    /// - Parameter isGood: asked of the module after so many rewrites; good at 0.
    /// - Returns: nil if the module is good with all of them.
    /// - Throws: ``WorkError`` if it is not good without any.
    package func first(isGood: (Int) throws -> Bool) throws -> Culprit? {
        if try isGood(total) { return nil }
        return try culprit(upTo: total, isGood: isGood)
    }

    /// What a search finds that looks at modules instead of results.
    package struct Found: Sendable {
        package let culprit: Culprit?
        /// Whether rewrites of lowering were searched: not where the check fails for a lowered module as such.
        package let seesLowering: Bool
    }

    /// - Parameter isGood: asked of modules after so many rewrites, which are at the clean stage up to ``clean``, and lowered beyond.
    /// - Throws: ``WorkError`` if the module is not good without any.
    package func first(isGood: (Int, Module) throws -> Bool) throws -> Found {
        func asked(_ count: Int, _ stage: Module.Stage) throws -> Bool { try isGood(count, module(after: count, at: stage)) }
        guard try asked(clean, .clean) else {
            return Found(culprit: try culprit(upTo: clean) { try asked($0, .clean) }, seesLowering: true)
        }
        if try total == clean || asked(total, .lowered) { return Found(culprit: nil, seesLowering: true) }
        guard try asked(clean, .lowered) else { return Found(culprit: nil, seesLowering: false) }
        return Found(culprit: try culprit(after: clean, upTo: total) { try asked($0, .lowered) }, seesLowering: true)
    }

    /// The first rewrite that is not good, of which the last is none.
    /// - Parameter after: rewrites that are good, if they are known to be; without, that is asked.
    private func culprit(after good: Int? = nil, upTo last: Int, isGood: (Int) throws -> Bool) throws -> Culprit? {
        guard try good != nil || isGood(0) else {
            throw WorkError(
                "the check fails before the first rewrite too: no rule is to blame; compare the model with a reference (tessera compare --reference)",
                .content)
        }
        let start = good ?? 0
        let bad = try Bisection.first(last - start) { start + $0 < last ? try isGood(start + $0) : false }.map { start + $0 }
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
