import FourMSettings
import IR
import Importers

/// Dropout in the transformer of a UViT (`mid_drop_rate` of `fourm/vq/models/uvit.py`): behind the projections of its attentions and behind its MLPs.
///
/// The denoiser gets an input for each such place, which its result is multiplied by, so that it stays a function of its inputs; who calls it draws them.
struct DenoiserDropout {
    /// Share of elements that become 0.
    let rate: Double

    private static let places = ["attn.proj", "self_attn.proj", "cross_attn.proj", "mlp.fc2"]
    private static let blocks = "decoder.mid_block.mid_block."

    /// `denoiser` with the inputs, under another name, and their names; no names for a decoder without such a transformer.
    /// - Throws: ``GraphError``.
    func applied(to denoiser: Graph, named name: String) throws -> (graph: Graph, inputs: [String]) {
        let builder = GradientBuilder(Graph(name: name))
        var match: [ValueID: ValueID] = [:]
        for input in denoiser.inputs {
            match[input] = try builder.addInput(denoiser.inputName(of: input) ?? "", denoiser.valueType(of: input))
        }
        var names: [String] = []
        func own(_ value: ValueID) throws -> ValueID {
            if let known = match[value] { return known }
            guard let key = denoiser.constantKey(of: value) else { throw GraphError("\(denoiser.origin(of: value)) is not computed") }
            let made = try builder.constant(key, denoiser.type(of: value))
            match[value] = made
            return made
        }
        for node in denoiser.nodes {
            let results = builder.copy(node, of: denoiser, try node.inputs.map { try $0.map(own) })
            for (old, new) in zip(node.outputs, results) { match[old] = new }
            guard isPlace(node), let old = node.outputs.first, let new = results.first else { continue }
            names.append("dropout.\(node.name)")
            let factors = try builder.addInput("dropout.\(node.name)", denoiser.valueType(of: old))
            builder.name = "\(node.name).dropout"
            match[old] = try (builder.traced(new) * builder.traced(factors)).value
        }
        for output in denoiser.outputs { try builder.addOutput(output.name, builder.traced(try own(output.value))) }
        return (builder.graph, names)
    }

    /// A linear layer is one node, named as it is in the checkpoint.
    private func isPlace(_ node: Node) -> Bool {
        node.op is Linear && node.name.hasPrefix(Self.blocks) && Self.places.contains { node.name.hasSuffix(".\($0)") }
    }

    /// What elements are multiplied by: 0 for ``rate`` of them, 1 / (1 - rate) for the others, so that means stay.
    func factors(_ name: String, _ type: TensorType, _ writer: LossWriter) throws -> Traced {
        let draws = try writer.random(name, type)
        let isKept = try draws.isAtLeast(draws.number(rate))
        return try isKept.choosing(draws.number(1 / (1 - rate)), else: draws.number(0))
    }
}
