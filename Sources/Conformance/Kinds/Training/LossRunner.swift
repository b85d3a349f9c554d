import FourMModels
import IR
import Importers

/// Losses of masked modelling and their gradients.
enum LossRunner: CaseRunner {
    static let kinds = ["fm-loss"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let model = try FourMModel(golden.plan())
        let (inputs, outputs, parameters) = (try golden.inputs(), try golden.outputs(), golden.parameters)
        let set = try ModalitySet(parameters.texts("mod_order"), model, inputs)
        let order = try parameters.texts("decoder_order")
        guard case .imported(let module) = try ModelLoader.read(golden.file("model.safetensors").path) else {
            throw ConformanceError("\(golden.folder.path): model.safetensors is no checkpoint")
        }
        let parts = Set(module.constants.keys.filter { !$0.hasSuffix(".pos_emb") })
        let gradients = try LossGradients(module, inputs: model.lossOrder(set), targets: order, parameters: parts)
        let tolerances = golden.json["tolerance_per_key"] as? Parameters ?? [:]
        let isShared = module.metadata.section(.architecture).flag(.shareModalityEmbeddings) == true
        for name in try parameters.texts("loss_types") {
            guard let type = LossType(rawValue: name) else { throw ConformanceError("the loss type '\(name)' is not known") }
            let batch = try model.lossInputs(
                set, decoderOrder: order, encoderTokens: parameters.integer("num_encoder_tokens"),
                decoderTokens: parameters.integer("num_decoder_tokens"), loss: type)
            report.compare("decoder.attention_mask", batch["decoder.mask"], outputs["decoder.attention_mask"])
            let results = try gradients.run(batch)
            for (key, expected) in outputs where key.hasPrefix(name + ".") {
                let found = value(String(key.dropFirst(name.count + 1)), results, isShared: isShared)
                report.compare(key, found?.reshaped(expected.shape), expected, absolute: try? tolerances.number(key))
            }
            for parameter in try parameters.section("parameters_without_gradient").texts(name) {
                // One function serves all batches: the head of a modality without targets in this one has a gradient of zeros.
                let isNone = results["grad." + parameter]?.floats.allSatisfy { $0 == 0 } ?? true
                report.check(isNone, "\(name).grad.\(parameter): has a gradient, and should have none")
            }
        }
    }

    /// Result `key`; a modality embedding that encoder and decoder share is one parameter, whose gradients add up.
    private static func value(_ key: String, _ results: [String: Tensor], isShared: Bool) -> Tensor? {
        let other = key.replacing("grad.encoder_embeddings.", with: "grad.decoder_embeddings.")
        guard isShared, key.hasSuffix(".mod_emb"), other != key, let second = results[other] else { return results[key] }
        guard let first = results[key] else { return second }
        return Tensor(zip(first.floats, second.floats).map { $0 + $1 }, first.shape)
    }
}
