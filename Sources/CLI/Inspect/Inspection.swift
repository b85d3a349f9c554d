import ArgumentParser
import IR
import Inspect
import Runtime

/// A report of `inspect` on one module.
struct Inspection {
    let options: ReportOptions
    /// One to look at; nil for all, or the one that a report picks.
    let function: String?
    let sizes: [SizeBinding]
    let json: Bool
    let isVerbose: Bool

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
        }
    }

    var width: Int? { Terminal.outputWidth }

    func bold(_ text: String) -> String { Terminal.styled(text, .bold) }
}
