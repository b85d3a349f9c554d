import Files
import FourM
import FourMModels
import Inspect
import Passes

extension CompileCommand {
    /// Compiles a bundle.
    func compile(_ bundle: FourM.Bundle, _ options: PassOptions) throws -> CompileReport {
        if let flag = model.given { throw Refusal.usage("\(flag) is for one model; \(model.model) is a bundle of several") }
        let compiled = try bundle.compiledParts
        let isCompiled = compiled.count == bundle.models.count
        if isCompiled { try refuseWhatIsDecided() }
        try compute.policy.requireFits(bundle, calibrated: isCompiled || !rounding.calibrate.isEmpty)
        if !largest.isEmpty {
            try LargestSizes.check(largest, bundle.models.map { try bundle.read($0.source).module }, of: "bundle '\(bundle.name)'")
        }
        let made = try singleFile ? compileToFile(bundle, options) : compileToFolder(bundle, options)
        let precisions = try compiled.map { try bundle.read($0.source).artifact?.provenance.precision ?? "" }
        let all = (isCompiled ? [] : [compute.policy.description]) + precisions
        let leftOut = try compiler(bundle, options, output).leftOut
        return CompileReport(made, precision: Set(all).sorted().joined(separator: ", "), target.set, leftOut: leftOut)
    }

    /// Compiles the bundle into a folder, or into the parts of ``output`` in one.
    private func compiler(_ bundle: FourM.Bundle, _ options: PassOptions, _ folder: String, _ scratch: OutputGroup? = nil) -> BundleCompiler
    {
        BundleCompiler(
            compiler: compiler(options), bundle: bundle, folder: folder, keep: keep, calibration: rounding.calibration, scratch: scratch)
    }

    private func compileToFolder(_ bundle: FourM.Bundle, _ options: PassOptions) throws -> [CompileReport.File] {
        try FlagName.checkFolder("--output", output)
        return try compiler(bundle, options, output).compile()
    }

    private func compileToFile(_ bundle: FourM.Bundle, _ options: PassOptions) throws -> [CompileReport.File] {
        try FlagName.checkFile("--output", output)
        return try SingleFile(path: output).write { try compiler(bundle, options, $0, $1).compile() }
    }
}
