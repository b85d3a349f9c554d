import ArgumentParser
import Files
import Formats
import IR
import Inspect
import Passes

/// What to tell of the nodes of a run as it goes on.
struct StepOptions: ParsableArguments {
    @Flag(help: "Stop at the first node whose result holds NaN or infinity, and name it: exit code 1.")
    var checkFinite = false

    @Option(
        help: ArgumentHelp(
            "Tell of the results of nodes whose name fits, in which * stands for anything: range, mean, zeros; may be repeated.",
            valueName: "pattern"))
    var watch: [String] = []

    @Option(
        help: ArgumentHelp("Save the result of every node as .npy, and a list of them, steps.json, in this folder.", valueName: "folder"))
    var saveSteps: String?

    /// nil if nothing was asked for.
    /// - Throws: `TesseraError` for a folder that cannot be written.
    func watcher() throws -> StepWatch? {
        if let saveSteps {
            try FlagName.checkFolder("--save-steps", saveSteps)
            try Folders.make(saveSteps)
        }
        guard checkFinite || !watch.isEmpty || saveSteps != nil else { return nil }
        let made = StepWatch(watching: watch.map { NamePattern($0) }, stopsAtNonFinite: checkFinite, savingTo: saveSteps)
        made.onRow = { Terminal.note(StepOptions.line($0)) }
        return made
    }

    /// Says what came of it.
    /// - Throws: `TesseraError` for a pattern that no node fits; `CheckpointError` if the list cannot be written.
    func finish(_ watcher: StepWatch) throws {
        if let saveSteps { try OutputFile.write(IndentedJSON.text(watcher.rows), to: "\(saveSteps)/steps.json") }
        for pattern in watch where !watcher.rows.contains(where: { NamePattern(pattern).fits($0.node) }) {
            throw Refusal.content("--watch '\(pattern)': no node that was computed has such a name; --save-steps lists them")
        }
    }

    /// Says which inputs hold what is not finite: nodes are not to blame for that.
    static func warn(of inputs: [String: Tensor]) {
        for (name, tensor) in inputs.sorted(by: { $0.key < $1.key }) {
            if let trouble = TensorStatistics(tensor).trouble {
                Terminal.warn("the input '\(name)' holds \(trouble) of \(tensor.count) numbers")
            }
        }
    }

    private static func line(_ row: StepWatch.Row) -> String {
        func number(_ value: Double?) -> String { value.map { String(format: "%.5g", $0) } ?? "-" }
        let s = row.statistics
        let zeros = s.count == 0 ? 0 : 100 * Double(s.zeros) / Double(s.count)
        let trouble = s.trouble.map { ", \($0)" } ?? ""
        return "\(row.node)  \(row.op) \(row.type): \(number(s.low)) … \(number(s.high)), mean \(number(s.mean)), "
            + "rms \(number(s.rootMeanSquare)), \(String(format: "%.1f", zeros)) % zeros\(trouble)"
    }
}
