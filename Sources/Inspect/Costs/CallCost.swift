import IR
import Importers

/// Work and working memory of one call of a function, from its operators' own cost.
package struct CallCost: Encodable, Equatable {
    /// Floating point operations; a multiply-add counts two.
    package let flops: Int
    /// Most bytes of results that are alive at the same time, inputs included, weights not.
    package let workingBytes: Int

    /// Nodes that depend on constants alone are computed once, when a model is compiled, and do not count.
    /// - Throws: `BindingError` for a symbol without a size, or sizes that do not fit.
    package init(_ graph: Graph, _ binding: Binding) throws {
        try self.init(graph, FunctionCosts(graph, binding))
    }

    /// - Parameter costs: those of `graph`.
    /// - Throws: `BindingError` for sizes that do not fit.
    package init(_ graph: Graph, _ costs: FunctionCosts) throws {
        flops = Int(min(costs.flops, 9e18))
        workingBytes = try LiveBytes(graph, costs).most
    }
}

/// Sizes of a typical call: one sample, image-sized token sequences.
package struct TypicalSizes {
    private let metadata: MetadataReader
    private let tokens: Int
    /// What the model takes at most.
    private let largest: Binding

    package init(_ module: Module) {
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
        usual(graph).merging(largest) { min($0, $1) }.filter { graph.symbols.contains($0.key) }
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
