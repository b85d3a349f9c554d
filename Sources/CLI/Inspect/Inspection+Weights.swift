import IR
import Inspect

extension Inspection {
    /// `--weights`
    func showWeights(_ module: Module, _ isStored: (String) -> Bool) throws {
        let bar = ProgressBar("reading weights")
        defer { bar.finish() }
        // Models that are read in an instant need no bar.
        let isLong = module.constantBytes > Inspection.longWork
        let report = try FlagName.named("--node") {
            try WeightReport(
                module, pattern: options.pattern, where: module.stage == .imported ? isStored : { _ in true }, order: options.sort ?? .key,
                top: options.top
            ) { done, key in
                try Task.checkCancellation()
                if isLong { bar.update(done, title: nil, detail: key) }
            }
        }
        bar.finish()
        if json { return try Output.writeJSON(report) }
        Output.write(report.text(width: width, bold: bold))
    }

    private static let longWork = 500_000_000
}
