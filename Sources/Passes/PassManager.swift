import IR

/// The one place where modules are rewritten: applies what rules propose, verifies, counts, records.
package enum PassManager {
    /// Runs `pipeline` over every function of `module`.
    ///
    /// The result has the pipeline's stage, is verified, and keeps only the constants it reads.
    /// - Parameter origins: of the module's nodes, where other pipelines ran before.
    /// - Throws: ``PassError`` for an unknown name in `options.disabled`, a failing rule, a rule that never comes to
    ///   rest, or a module that does not verify; whatever `options.dumpAfter` throws.
    package static func run(
        _ module: Module, _ pipeline: Pipeline, _ options: PassOptions = PassOptions(), origins: NodeOrigins? = nil
    ) throws -> PassResult {
        if let fault = module.callFault { throw PassError("module '\(module.name)': \(fault)") }
        let known = pipeline.transformations.map(\.name)
        if let unknown = options.disabled.subtracting(known).min() {
            let list = known.joined(separator: ", ")
            throw PassError("pipeline '\(pipeline.name)' has no rule or pass '\(unknown)' to disable; it has \(list)")
        }
        // Verifying takes longer than most steps, so which of them is at fault is asked only once the end does not verify.
        let isLookedInto = options.dumpAfter != nil || options.verifyEachPatch
        if !isLookedInto, let result = try? perform(module, pipeline, options, origins, verifiesSteps: false) { return result }
        return try perform(module, pipeline, options, origins, verifiesSteps: true)
    }

    private static func perform(
        _ module: Module, _ pipeline: Pipeline, _ options: PassOptions, _ origins: NodeOrigins?, verifiesSteps: Bool
    ) throws -> PassResult {
        var run = PassRun(module, pipeline, options, verifiesSteps: verifiesSteps, origins: origins)
        for (index, step) in pipeline.steps.enumerated() {
            try run.perform(step, index)
            try options.dumpAfter?(index, step.name, run.result.module)
        }
        try run.finish()
        return run.result
    }

    /// Runs `pipelines` after each other as one: `options` name rules of any of them, and count steps and patches through all.
    /// - Throws: as ``run(_:_:_:)``.
    package static func run(_ module: Module, _ pipelines: [Pipeline], _ options: PassOptions = PassOptions()) throws -> PassResult {
        let names = pipelines.map { Set($0.transformations.map(\.name)) }
        if let unknown = options.disabled.subtracting(names.reduce(into: []) { $0.formUnion($1) }).min() {
            let list = pipelines.map { "'\($0.name)'" }.joined(separator: " and ")
            throw PassError("there is no rule or pass '\(unknown)' to disable in the pipeline \(list)")
        }
        var whole = PassResult(module: module)
        var steps = 0
        for (pipeline, own) in zip(pipelines, names) {
            var part = options.following(steps: steps, patches: whole.patchCount)
            part.disabled = options.disabled.intersection(own)
            let result = try run(whole.module, pipeline, part, origins: whole.origins)
            (whole.module, whole.origins) = (result.module, result.origins)
            whole.statistics += result.statistics.map { $0.shifted(by: steps) }
            whole.records += result.records
            steps += pipeline.steps.count
        }
        return whole
    }
}
