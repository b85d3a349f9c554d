import Files
import IR
import Inspect
import Runtime

extension Inspection {
    /// `--memory`
    func showMemory(_ module: Module, _ session: ([String]) throws -> Session) throws {
        try FlagName.checkFile("--svg", options.svg)
        // Only what is looked at is made ready, as that packs the weights of each function.
        let wanted = function ?? largest(module)
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

    /// The function whose call keeps the most, by its operators' own cost; nil where none can be told.
    private func largest(_ module: Module) -> String? {
        let (typical, chosen) = (TypicalSizes(module), SizeBinding.table(sizes))
        let costs = module.entryPoints.compactMap { graph -> (name: String, bytes: Int)? in
            let known = chosen.filter { graph.symbols.contains($0.key) }
            let binding = typical.binding(for: graph).merging(known) { $1 }
            guard let cost = try? CallCost(graph, binding) else { return nil }
            // States are counted as they come and as they go, and lie in no arena.
            let states = graph.inputs.filter { graph.inputName(of: $0).map(graph.stateNames.contains) ?? false }.map { graph.type(of: $0) }
            let bytes = states.compactMap { type in
                (try? type.sizes(binding)).flatMap(Tensor.elementCount).map { $0 * type.dtype.byteWidth }
            }
            return (graph.name, cost.workingBytes - 2 * bytes.reduce(0, +))
        }
        return (costs.max { $0.bytes < $1.bytes })?.name ?? module.entryPoints.first?.name
    }
}
