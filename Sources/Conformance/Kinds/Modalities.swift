import FourMModels
import IR

extension ModalitySet {
    /// The modalities `names`, in this order, from tensors called `<prefix><name>.tensor`, `.input_mask`, …
    ///
    /// A tensor under `override` replaces the one under `prefix`; `pixels` is used where an image has none of its own.
    init(
        _ names: [String], _ model: FourMModel, _ tensors: [String: Tensor], prefix: String = "", override: String? = nil,
        pixels: Tensor? = nil
    ) throws {
        self.init()
        for name in names {
            func find(_ key: String) -> Tensor? {
                override.flatMap { tensors["\($0)\(name).\(key)"] } ?? tensors["\(prefix)\(name).\(key)"]
            }
            guard let input = find("input_mask"), let target = find("target_mask"), let tensor = find("tensor") ?? pixels else {
                throw ConformanceError("the case lacks tensor or masks of '\(prefix)\(name)'")
            }
            let content: ModalityBatch.Content =
                switch try model.modality(name).kind {
                case .pixels: .pixels(tensor)
                case .sequenceEmbedding: .embeddings(tensor)
                case .imageTokens, .sequence: .tokens(tensor.rows)
                }
            self[name] = ModalityBatch(
                content, inputMask: input.flags, targetMask: target.flags, decoderAttention: find("decoder_attention_mask")?.rows)
        }
    }

    /// A set with only the modalities `names`.
    func only(_ names: [String]) -> ModalitySet {
        var set = ModalitySet()
        for name in names { set[name] = self[name] }
        return set
    }

    /// Open positions of a target, by row.
    func open(_ target: String) -> [[Int]] {
        (self[target]?.targetMask ?? []).map { mask in mask.indices.filter { !mask[$0] } }
    }
}

extension CaseReport {
    /// Compares what `outputs` hold of a modality under `<prefix>tensor`, `<prefix>input_mask`, ….
    mutating func compare(_ prefix: String, _ batch: ModalityBatch?, _ outputs: [String: Tensor]) {
        guard let batch else { return fail("\(prefix)tensor: the modality is missing") }
        let tensor: Tensor =
            switch batch.content {
            case .pixels(let tensor), .embeddings(let tensor): tensor
            case .tokens(let ids): Tensor(rows: ids)
            }
        let values = [
            "tensor": tensor, "input_mask": Tensor(flags: batch.inputMask), "target_mask": Tensor(flags: batch.targetMask),
            "decoder_attention_mask": batch.decoderAttention.map { Tensor(rows: $0) },
        ]
        for (key, value) in values.sorted(by: { $0.key < $1.key }) where outputs[prefix + key] != nil {
            compare(prefix + key, value, outputs[prefix + key])
        }
    }
}
