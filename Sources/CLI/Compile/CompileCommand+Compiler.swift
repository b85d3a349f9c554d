import Compilation
import Foundation
import Inspect
import Passes

extension CompileCommand {
    /// With what was asked for.
    func compiler(_ options: PassOptions) -> ModelCompiler {
        var made = ModelCompiler(compute.policy, for: target.set, program: RootCommand.configuration.version)
        (made.observer, made.movesScales, made.options) = (rounding.observer ?? .mse, rounding.smooth, options)
        (made.largest, made.flags) = (SizeBinding.table(largest), flags)
        if let budget = rounding.budget { made.raise = { try $0.raise(budget, $1, &$2) } }
        var bar: ProgressBar?
        made.onProgress = { what, share in
            guard let share else {
                bar?.finish()
                bar = nil
                return
            }
            if bar == nil { bar = ProgressBar(what) }
            bar?.update(share, title: nil)
        }
        return made
    }

    /// The flags that decide what is written; of files, their names without folders.
    private var flags: [String] {
        let adapters = model.lora.map { "--lora \(($0.path as NSString).lastPathComponent):\($0.scale)" }
        return keep.map { "--keep \($0)" } + function.map { "--function \($0)" } + bind.map { "--bind \($0.name)=\($0.size)" }
            + largest.map { "--max \($0.name)=\($0.size)" } + adapters
            + (model.loraScale.map { ["--lora-scale \($0)"] } ?? []) + (model.stateKey.map { ["--state-key \($0)"] } ?? [])
            + (model.part == .whole ? [] : ["--part \(model.part.rawValue)"]) + rules.names.map { "--disable \($0)" }
            + compute.override.map { "--override \($0.pattern)=\($0.scheme.rawValue)" }
            + (rounding.budget.map { ["--budget \($0)"] } ?? []) + (rounding.observer.map { ["--observer \($0.rawValue)"] } ?? [])
            + (rounding.smooth ? ["--smooth"] : []) + compute.groupFlags
            + (rounding.calibration.map { data in data.names.map { "--calibrate \($0)" } + ["--samples \(data.samples)"] } ?? [])
            + (rules.stopAfter.map { ["--stop-after \($0)"] } ?? [])
    }
}
