import IR
import Importers
import Passes

/// Sizes of a typical call: one sample, image-sized token sequences.
package struct TypicalSizes {
    private let module: Module
    private let metadata: MetadataReader
    private let tokens: Int
    /// What the model takes at most.
    private let largest: Binding

    package init(_ module: Module) {
        self.module = module
        metadata = MetadataReader(module.metadata)
        largest = module.largestSizes
        tokens = TypicalSizes.tokens(metadata)
    }

    private static func tokens(_ metadata: MetadataReader) -> Int {
        let modalities = metadata.section("modalities")
        let sizes = modalities?.fields.keys.compactMap { modalities?.section($0)?.pair("grid").map { $0[0] &* $0[1] } } ?? []
        return sizes.max() ?? 256
    }

    /// A size for each symbol of `graph` that has a usual one.
    package func binding(for graph: Graph) -> Binding {
        fitting(graph, usual(graph).merging(largest) { min($0, $1) }.filter { graph.symbols.contains($0.key) })
    }

    /// For a call on inputs that are made up: also of the other symbols of its inputs, as they stand there.
    package func binding(forCalling graph: Graph) -> Binding {
        fitting(graph, TypicalSizes.byPlace(graph).merging(binding(for: graph)) { $1 })
    }

    /// No larger than tables from which positions are picked that are counted up to these sizes.
    private func fitting(_ graph: Graph, _ usual: Binding) -> Binding {
        guard graph.nodes.contains(where: { $0.op is Iota }) else { return usual }
        var sizes = usual
        for use in IndexUse.all(in: graph, of: module) {
            guard let iota = graph.producer(of: use.source)?.op as? Iota else { continue }
            for symbol in iota.size.symbols.sorted() {
                guard let size = sizes[symbol] else { continue }
                let tooMuch = Bisection.first(size) { count in
                    let tried = sizes.merging([symbol: count]) { $1 }
                    guard let range = try? use.range(tried), let length = try? iota.size.evaluate(tried) else { return true }
                    return length <= range.upperBound - iota.start
                }
                if let tooMuch { sizes[symbol] = max(tooMuch - 1, 1) }
            }
        }
        return sizes
    }

    private func usual(_ graph: Graph) -> Binding {
        if metadata.string("family") == ONNXImporter.family { return TypicalSizes.byPlace(graph) }
        let isPointwise = metadata.pair("patch_size") == [1, 1]
        let grid = metadata.pair("grid") ?? (isPointwise ? [1, 1] : [14, 14])
        let diffusion = metadata.section("diffusion")
        let picture = diffusion?.pair("image_size") ?? [224, 224]
        let multiple = max(diffusion?.int("size_multiple") ?? 1, 1)
        let isStep = graph.name == "decode_step"
        let usual = [
            "batch": 1, "tokens": tokens, "targets": tokens, "n": isStep ? 1 : tokens, "capacity": 256, "length": 128,
            "gh": grid[0], "gw": grid[1], "uh": picture[0] / multiple, "uw": picture[1] / multiple,
        ]
        return usual
    }

    /// Of a size that can be called anything: 1 for what is called a batch, and in front, as batches stand there; the sides of pictures 224,
    /// others 128.
    package static func usual(_ name: String = "", axis: Int, rank: Int) -> Int {
        axis == 0 || name.lowercased().contains("batch") ? 1 : rank == 4 && axis > 1 ? 224 : 128
    }

    /// Of functions whose symbols can be called anything.
    private static func byPlace(_ graph: Graph) -> Binding {
        var sizes: Binding = [:]
        for input in graph.signature.inputs {
            let shape = input.type.element.shape
            for (axis, dim) in shape.enumerated() {
                for symbol in dim.symbols where symbol != "?" && sizes[symbol] == nil {
                    sizes[symbol] = usual(symbol, axis: axis, rank: shape.count)
                }
            }
        }
        return sizes
    }
}
