import FourMModels
import IR
import Inspect
import Passes

extension Inspection {
    /// `--node`, `--around`
    func showNodes(_ view: NodeView) throws {
        if json { return try Output.writeJSON(view) }
        Output.write(view.text(isVerbose: isVerbose) { Terminal.styled($0, .bold) })
    }

    /// `--passes`
    func showPasses() throws {
        if source.module.stage == .lowered { throw Refusal.usage("--passes: \(source.model) is lowered: its pipelines have run") }
        let stage = Module.Stage(rawValue: source.stage) ?? .clean
        let report = try RewriteReport(source.module, to: stage, source.options, precision: source.precision)
        if json { return try Output.writeJSON(report) }
        Output.write(report.text(all: isVerbose, width: width))
    }

    /// `--diff`: the other is the first, as what came before.
    func showDifference(_ module: Module) throws {
        guard let other = options.diff else { return }
        let first = try FlagName.named("--diff") { try otherModule(other) }
        let difference = ModuleDifference(first, module)
        if json { return try Output.writeJSON(difference) }
        let most = options.top ?? 40
        let titles = Module.Stage(rawValue: other) == nil ? (other, source.model) : (source.model, source.model)
        Output.write(difference.text(titles, most: most == 0 ? nil : most, width: width))
    }

    private func otherModule(_ other: String) throws -> Module {
        if let stage = Module.Stage(rawValue: other) { return try staged(source.module, stage) }
        let opened = try OpenModel.read(other, bind: sizes)
        let module = try function.map { try opened.module.selecting([$0]) } ?? opened.module
        return opened.artifact == nil ? try staged(module, Module.Stage(rawValue: source.stage) ?? .imported) : module
    }

    private func staged(_ module: Module, _ stage: Module.Stage) throws -> Module {
        stage == .imported ? module : try ModelLoader.rewritten(module, to: stage, source.options, precision: source.precision).module
    }
}
