import Files
import IR
import Inspect
import Runtime

extension Inspection {
    /// `--memory`
    func showMemory(_ module: Module, _ session: ([String]) throws -> Session) throws {
        try FlagName.checkFile("--svg", options.svg)
        // Only what is looked at is made ready, as that packs the weights of each function.
        let wanted = function ?? MemoryReport.largestFunction(module, sizes)
        let session = try session(wanted.map { [$0] } ?? [])
        let report = try FlagName.named("--bind") { try MemoryReport(session, function: wanted, sizes: sizes) }
        if let svg = options.svg {
            guard let part = report.parts.max(by: { $0.arena.bytes < $1.arena.bytes }) else {
                throw Refusal.unsupported(
                    "--svg: data decide all sizes of function '\(report.function)', so nothing is planned before it runs")
            }
            try FlagName.named("--svg") { try OutputFile.write(MemoryPicture(report, part: part).svg, to: svg) }
            // The picture is what was asked for where it goes to standard output.
            if Output.isStandard(svg) { return }
        }
        if json { return try Output.writeJSON(report) }
        Output.write(report.text(top: options.top ?? 12, width: width, bold: bold))
    }
}
