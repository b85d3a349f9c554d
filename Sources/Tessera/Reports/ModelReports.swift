import FourM
import FourMModels
import IR
import Inspect
import Passes
import Runtime

/// What a model is and costs, as `tessera inspect --json` tells it; `Docs/schemas` has the shapes.
public enum ModelReports {
    /// What to tell.
    public enum Kind: String, Sendable, CaseIterable {
        /// Parameters, modalities, functions, memory; of a bundle its parts.
        case summary
        /// How often there is each operator, and what it computes.
        case ops
        /// Work of each function's steps on this machine, lowered.
        case cost
        /// Working memory of a function, buffer by buffer.
        case memory
        /// Ranges and rounding errors of all weights.
        case weights
        /// What the clean pipeline rewrites.
        case passes
    }

    /// - Parameters:
    ///   - kind: what to tell.
    ///   - source: path of a model, compiled model or bundle, or name of a Hub repository in the cache.
    ///   - function: to look at alone; nil for all, or the one that the report picks.
    ///   - sizes: of symbols in place of the typical ones.
    /// - Throws: ``TesseraError`` naming the file, the function or the size.
    public static func json(
        _ kind: Kind, of source: String, function: String? = nil, sizes: [String: Int] = [:]
    ) throws(TesseraError) -> String {
        try translatingErrors {
            let place = try ModelSource(source)
            if place.isBundle { return try bundle(place, kind, isWhole: function == nil && sizes.isEmpty) }
            let bindings = sizes.sorted { $0.key < $1.key }.map { SizeBinding($0.key, $0.value) }
            return try Subject(place, function).report(kind, bindings)
        }
    }

    private static func bundle(_ source: ModelSource, _ kind: Kind, isWhole: Bool) throws -> String {
        guard kind == .summary, isWhole else {
            throw TesseraError(.usage, "\(source.given) is a bundle of several models, of which there is a summary; name one of them")
        }
        return try IndentedJSON.text(BundleReport(try FourM.Bundle(path: source.path)) { TesseraError($0).message })
    }
}

/// A model that is told about.
private struct Subject {
    /// With all functions.
    let whole: Module
    let function: String?
    let files: [String]
    let isStored: (String) -> Bool
    /// What runs it, where it is compiled.
    let plan: (() throws -> Plan)?
    let packedBytes: Int
    /// What the memory planner tells of a call.
    let working: (String, Binding) -> Int?

    init(_ source: ModelSource, _ function: String?) throws {
        self.function = function
        if let artifact = try ModelLoader.artifact(source.path) {
            (whole, files, isStored) = (artifact.packed.module, [artifact.path], { _ in true })
            (plan, working) = ({ try artifact.plan() }, try ModelReport.planner(artifact))
            packedBytes = artifact.packed.weights.reduce(0) { $0 + $1.bytes.count }
        } else {
            let made = try ModelImporters.importer(for: source).load(source, Model.Options())
            (whole, files, isStored, plan, packedBytes) = (made.module, made.files, made.isStored, nil, 0)
            working = { _, _ in nil }
        }
    }

    private func module() throws -> Module { try function.map { try whole.keepingOnly([$0]) } ?? whole }

    func report(_ kind: ModelReports.Kind, _ sizes: [SizeBinding]) throws -> String {
        switch kind {
        case .summary:
            let module = try module()
            let peaks: MachinePeaks = module.stage == .imported ? .measured([.f32]) : .measured()
            return try IndentedJSON.text(
                try ModelReport(
                    module, of: whole, files: files, isStored: isStored, sizes: sizes, packedBytes: packedBytes, working: working,
                    peaks: peaks))
        case .ops: return try IndentedJSON.text(try OperatorReport(try module(), sizes: sizes))
        case .cost:
            let lowered = plan == nil ? try ModelLoader.rewritten(module(), to: .lowered).module : try module()
            return try IndentedJSON.text(try CostReport(lowered, sizes: sizes, peaks: .measured()))
        case .memory: return try IndentedJSON.text(try memory(sizes))
        case .weights:
            let module = try module()
            let isWanted = module.stage == .imported ? isStored : { _ in true }
            return try IndentedJSON.text(try WeightReport(module, where: isWanted))
        case .passes:
            let module = try module()
            guard module.stage != .lowered else { throw TesseraError(.usage, "passes: the model is lowered: its pipelines have run") }
            return try IndentedJSON.text(try RewriteReport(module, to: .clean, PassOptions(), precision: .f32))
        }
    }

    private func memory(_ sizes: [SizeBinding]) throws -> MemoryReport {
        let wanted = try function ?? MemoryReport.largestFunction(module(), sizes)
        let made = try plan?() ?? ModelLoader.plan(try wanted.map { try whole.keepingOnly([$0]) } ?? whole, PassOptions(), precision: .f32)
        return try MemoryReport(Runtime.Session(made), function: wanted, sizes: sizes)
    }
}
