import IR

/// Low-rank adapters (arXiv 2106.09685; source: fourm/models/lora_utils.py): a layer `NAME` wrapped with them stores
/// `NAME.linear.weight` [out, in] (and `.bias`), `NAME.lora_down.weight` [rank, in] and `NAME.lora_up.weight`
/// [out, rank]; a file of adapters alone stores the last two.
extension Checkpoint {
    private static let down = ".lora_down.weight"
    private static let up = ".lora_up.weight"
    private static let base = ".linear.weight"
    private static let bias = ".linear.bias"

    /// Names of the layers that have adapters here, sorted.
    package var adaptedLayers: [String] {
        let names = tensors.keys.flatMap { key in
            [Self.down, Self.up].filter { key.hasSuffix($0) && key.count > $0.count }.map { String(key.dropLast($0.count)) }
        }
        return Set(names).sorted()
    }

    /// The checkpoint with plain layers in place of wrapped ones, with weights W + scale · up · down; itself if none is.
    /// - Parameter scale: instead of the configuration's `lora_scale`, or of 1 if it has none.
    /// - Throws: ``CheckpointError`` naming the layer whose tensors are missing or do not fit together.
    package func mergingOwnAdapters(scale: Double? = nil) throws(CheckpointError) -> Checkpoint {
        let layers = adaptedLayers
        if layers.isEmpty { return self }
        let factor: Double
        if let scale { factor = scale } else { factor = try config.double("lora_scale", default: 1) }
        var merged = tensors
        for layer in layers {
            guard let weight = tensors[layer + Self.base] else {
                throw adapterError(
                    layer, .missing, "it has LoRA tensors, but there is no \(layer)\(Self.base)",
                    advice: "a file of adapters alone is no model; give it with --lora FILE to the model it was trained on")
            }
            for suffix in [Self.down, Self.up, Self.base, Self.bias] { merged[layer + suffix] = nil }
            let sum = try sum(weight, adapter: layer, factor)
            merged[layer + ".weight"] = Constant(key: layer + ".weight", sum)
            if let bias = tensors[layer + Self.bias] {
                merged[layer + ".bias"] = Constant(key: layer + ".bias", type: bias.type, bytes: bias.bytes)
            }
        }
        return adapted(merged, note: "\(layers.count) of this file, scale \(factor)", from: [])
    }

    /// The checkpoint with the weights of `source`'s layers replaced by W + scale · up · down.
    /// - Throws: ``CheckpointError`` for a file without adapters, with other tensors, or for another model.
    package func merging(_ source: LoRASource) throws(CheckpointError) -> Checkpoint {
        let adapters = try Checkpoint.open(source.path)
        let layers = adapters.adaptedLayers
        guard !layers.isEmpty else {
            throw CheckpointError(
                .missing, file: source.path, "holds no LoRA adapters: no tensor is called NAME\(Self.down) or NAME\(Self.up)")
        }
        let known = Set(layers.flatMap { [$0 + Self.down, $0 + Self.up] })
        if let other = adapters.tensors.keys.filter({ !known.contains($0) }).min() {
            throw CheckpointError(
                .unsupported, file: source.path, subject: other, "it belongs to no adapter",
                advice: "a whole model with wrapped layers is merged when it is opened as the model itself")
        }
        var merged = tensors
        for layer in layers {
            guard let weight = tensors[layer + ".weight"] else {
                throw adapters.adapterError(
                    layer, .missing, "the model (\(files.first ?? name)) has no tensor \(layer).weight",
                    advice: "the adapters belong to another model")
            }
            let sum = try adapters.sum(weight, adapter: layer, source.scale)
            merged[layer + ".weight"] = Constant(key: layer + ".weight", sum)
        }
        return adapted(merged, note: "\(layers.count) of \(source.path), scale \(source.scale)", from: adapters.files)
    }

    private func adapted(_ tensors: [String: Constant], note: String, from files: [String]) -> Checkpoint {
        let kept = aliases.filter { alias in [alias.key, alias.value].allSatisfy { tensors[$0] == self.tensors[$0] } }
        var made = self
        (made.tensors, made.aliases) = (tensors, kept)
        made.files += files.filter { !self.files.contains($0) }
        made.adapters = adapters + [note]
        return made
    }

    private func adapterError(
        _ layer: String, _ kind: CheckpointError.Kind, _ problem: String, advice: String? = nil
    ) -> CheckpointError {
        CheckpointError(kind, file: files.first ?? name, subject: layer, problem, advice: advice)
    }

    /// W + scale · up · down, summed in f64 and rounded once: to f64 if W is of that type, else to f32, since adapters are
    /// often smaller than the steps of 16-bit weights.
    private func sum(_ weight: Constant, adapter layer: String, _ scale: Double) throws(CheckpointError) -> Tensor {
        guard let down = tensors[layer + Self.down], let up = tensors[layer + Self.up] else {
            let missing = layer + (tensors[layer + Self.down] == nil ? Self.down : Self.up)
            throw adapterError(layer, .missing, "half of the adapter is not there: \(missing)")
        }
        guard let w = weight.tensor, let a = down.tensor, let b = up.tensor, w.dtype.isFloat, a.dtype.isFloat, b.dtype.isFloat,
            w.shape.count == 2, a.shape.count == 2, b.shape.count == 2, w.shape[0] > 0, w.shape[1] > 0, b.shape[0] == w.shape[0],
            a.shape[1] == w.shape[1],
            a.shape[0] == b.shape[1]
        else {
            throw adapterError(
                layer, .inconsistent,
                "up \(up.type) times down \(down.type) does not give the shape of the weight, \(weight.type)")
        }
        return Self.sum(w, down: a.doubles, up: b.doubles, rank: a.shape[0], scale)
    }

    /// `down` is [rank, in], `up` is [out, rank], row-major.
    private static func sum(_ w: Tensor, down: [Double], up: [Double], rank: Int, _ scale: Double) -> Tensor {
        let (rows, columns) = (w.shape[0], w.shape[1])
        var values = w.doubles
        var row = [Double](repeating: 0, count: columns)
        for r in 0..<rows {
            for column in 0..<columns { row[column] = 0 }
            for k in 0..<rank {
                let factor = up[r * rank + k]
                for column in 0..<columns { row[column] += factor * down[k * columns + column] }
            }
            for column in 0..<columns { values[r * columns + column] += scale * row[column] }
        }
        return Tensor(values, w.shape, as: w.dtype == .f64 ? .f64 : .f32)
    }
}
