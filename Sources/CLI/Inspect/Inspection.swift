import ArgumentParser
import IR
import Inspect
import Passes
import Runtime

/// A report of `inspect` on one module.
struct Inspection {
    let options: ReportOptions
    let source: Source
    /// One to look at; nil for all, or the one that a report picks.
    let function: String?
    let sizes: [SizeBinding]
    let json: Bool
    let isVerbose: Bool
    /// What an ONNX file says of the nodes; nil for a model from elsewhere.
    var onnx: ONNXOrigins?

    /// Where the module comes from.
    struct Source {
        /// As imported, or as a file has it.
        let module: Module
        let model, stage: String
        let options: PassOptions
        let precision: PrecisionPolicy
    }

    /// - Parameters:
    ///   - module: in the stage that was asked for.
    ///   - session: one that runs what the module becomes; made for `--memory` alone, for the functions named, all where none is.
    ///   - isStored: whether a constant is in the files.
    /// - Throws: `TesseraError` or `WorkError` for what cannot be told.
    func show(_ kind: ReportOptions.Kind, _ module: Module, session: ([String]) throws -> Session, isStored: (String) -> Bool) throws {
        switch kind {
        case .cost: try showCost(module)
        case .ops: try showOperators(module)
        case .memory: try showMemory(module, session)
        case .weights: try showWeights(module, isStored)
        case .node: try showNodes(NodeView(of: module, matching: options.node ?? "*", onnx: onnx))
        case .around: try showNodes(NodeView(of: module, around: options.around.first ?? "*", steps: options.steps, onnx: onnx))
        case .passes: try showPasses()
        case .diff: try showDifference(module)
        case .lint: try showLint(module)
        }
    }

    var width: Int? { Terminal.outputWidth }

    func bold(_ text: String) -> String { Terminal.styled(text, .bold) }
}
