import FourMModels
import IR
import Importers

/// What cases about the loss of masked modelling share: a model, its module, and batches of them.
struct LossCase {
    let model: FourMModel
    let module: Module
    private let parameters: Parameters
    private let tensors: [String: Tensor]
    private let names, order: [String]

    init(_ golden: GoldenCase) throws {
        model = try FourMModel(golden.plan())
        (tensors, parameters) = (try golden.inputs(), golden.parameters)
        (names, order) = (try parameters.texts("mod_order"), try parameters.texts("decoder_order"))
        guard case .imported(let module) = try ModelLoader.read(golden.file("model.safetensors").path) else {
            throw ConformanceError("\(golden.folder.path): model.safetensors is no checkpoint")
        }
        self.module = module
    }

    /// Modalities of a batch whose tensors' names begin with `prefix`.
    func set(_ prefix: String = "") throws -> ModalitySet {
        guard !prefix.isEmpty else { return try ModalitySet(names, model, tensors) }
        return try ModalitySet(names, model, tensors, prefix: "shared.", override: prefix)
    }

    /// Training of `module`, which is the case's own unless another is given.
    func modelling(_ set: ModalitySet, _ module: Module? = nil) throws -> MaskedModelling {
        try MaskedModelling(module ?? self.module, inputs: model.lossOrder(set), targets: order)
    }

    /// Inputs of the loss.
    func inputs(_ set: ModalitySet, _ type: String) throws -> [String: Tensor] {
        guard let loss = LossType(rawValue: type) else { throw ConformanceError("the loss type '\(type)' is not known") }
        return try model.lossInputs(
            set, decoderOrder: order, encoderTokens: parameters.integer("num_encoder_tokens"),
            decoderTokens: parameters.integer("num_decoder_tokens"), loss: loss)
    }

    /// Compares modalities of positions and ids of targets.
    func compareSelection(_ set: ModalitySet, _ outputs: [String: Tensor], _ report: inout CaseReport) throws {
        let targets = try model.lossTargets(set, decoderOrder: order, decoderTokens: parameters.integer("num_decoder_tokens"))
        report.compare("decoder.target_ids", Tensor(rows: targets.ids), outputs["decoder.target_ids"])
        report.compare("decoder.mod_mask", Tensor(rows: targets.modalities), outputs["decoder.mod_mask"])
        let seen = try model.lossModalities(set, encoderTokens: parameters.integer("num_encoder_tokens"))
        report.compare("encoder.mod_mask", Tensor(rows: seen), outputs["encoder.mod_mask"])
    }
}
