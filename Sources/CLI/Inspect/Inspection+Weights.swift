import IR
import Inspect

extension Inspection {
    /// `--weights`
    func showWeights(_ module: Module, _ isStored: (String) -> Bool) throws {
        if options.values || options.save != nil { return try showValues(module, isStored) }
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
        Output.write(report.text(isDetailed: options.pattern != nil, width: width, bold: bold))
    }

    /// `--weights --node KEY --values`, `--save FOLDER`
    private func showValues(_ module: Module, _ isStored: (String) -> Bool) throws {
        try FlagName.checkFolder("--save", options.save)
        guard let pattern = options.pattern else { return }
        let isWanted = module.stage == .imported ? isStored : { _ in true }
        var values = try FlagName.named("--node") { try TensorValues(module, pattern: pattern, where: isWanted) }
        if let folder = options.save { try FlagName.named("--save") { try values.save(to: folder) } }
        if json { return try Output.writeJSON(values) }
        if options.values { return Output.write(values.text(bold: bold)) }
        for one in values.tensors { Output.line("\(one.file ?? ""): \(one.key), \(one.type)") }
    }

    private static let longWork = 500_000_000
}
