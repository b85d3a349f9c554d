import IR
import Inspect

extension Inspection {
    /// `--cost`
    func showCost(_ module: Module) throws {
        let report = try FlagName.named("--bind") {
            try CostReport(module, sizes: sizes, peaks: .measured(), top: json ? options.top : nil)
        }
        if json { return try Output.writeJSON(report) }
        Output.write(report.text(top: options.top ?? 20, groupingFunctions: !isVerbose, width: width, bold: bold))
    }

    /// `--ops`
    func showOperators(_ module: Module) throws {
        let report = try FlagName.named("--bind") { try OperatorReport(module, sizes: sizes) }
        if json { return try Output.writeJSON(report) }
        Output.write(report.text(isEach: isVerbose || module.functions.count <= Inspection.fewFunctions, width: width, bold: bold))
    }

    /// Functions that are shown one by one without `--verbose`.
    private static let fewFunctions = 4
}
