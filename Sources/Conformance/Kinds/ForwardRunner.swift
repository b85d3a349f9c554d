import FourMModels
import IR

/// Forward passes of a 4M transformer: encoder, the three ways of decoding, guidance, and training.
enum ForwardRunner: CaseRunner {
    static let kinds = ["fm_forward"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let passes = try ForwardCase(golden)
        try passes.encoder(&report)
        try passes.dense(&report)
        try passes.sequence(&report)
        try passes.guidance(&report)
        try passes.severalConditions(&report)
        try passes.training(&report)
        report.requireAll(passes.outputs)
    }
}

private struct ForwardCase {
    let model: FourMModel
    let parameters: Parameters
    let inputs: [String: Tensor]
    let outputs: [String: Tensor]
    let set: ModalitySet
    let target: String
    let state: EncoderState
    /// Open positions of the target and those of a ROAR step.
    let open: [[Int]]
    let random: [[Int]]

    /// `[S_1]` of the 4M text tokenizer.
    static let firstSentinel = 5

    init(_ golden: GoldenCase) throws {
        model = try FourMModel(golden.plan())
        parameters = golden.parameters
        inputs = try golden.inputs()
        outputs = try golden.outputs()
        set = try ModalitySet(parameters.texts("mod_order"), model, inputs)
        target = try parameters.text("target")
        state = try model.encode(set)
        open = set.open(target)
        random = try inputs.needed("roar.order").rows
    }

    func encoder(_ report: inout CaseReport) throws {
        report.compare("enc.tokens", state.tokens, outputs["enc.tokens"])
        report.compare("enc.emb", state.embeddings, outputs["enc.emb"])
        report.compare("enc.mask", state.mask, outputs["enc.mask"])
        report.compare("enc.mod_mask", Tensor(rows: state.modalityIDs), outputs["enc.mod_mask"])
        report.compare("enc.out", state.output, outputs["enc.out"])
        report.compare("enc.context", state.context, outputs["enc.context"])
    }

    func dense(_ report: inout CaseReport) throws {
        report.compare("maskgit.mod_pos", Tensor(rows: open), outputs["maskgit.mod_pos"])
        for (name, positions) in [("maskgit", open), ("roar", random)] {
            let queries = try model.queries(target, positions: positions)
            let y = try model.decode(queries, state)
            report.compare("\(name).dec_in", queries, outputs["\(name).dec_in"])
            report.compare("\(name).y", y, outputs["\(name).y"])
            report.compare("\(name).logits", try model.logits(target, y), outputs["\(name).logits"])
        }
    }

    /// Teacher forcing, in one pass under a causal mask and token by token with the key/value cache.
    func sequence(_ report: inout CaseReport) throws {
        guard let ids = inputs["ar.ids"]?.rows, let name = parameters["target_seq"] as? String, let batch = set[name] else { return }
        let targets = zip(batch.tokens, batch.targetMask).map { ids, mask in ids.indices.filter { !mask[$0] }.map { ids[$0] } }
        report.compare("ar.target_ids", Tensor(rows: targets), outputs["ar.target_ids"])
        let count = ids.first?.count ?? 0
        let (inputs, emb) = try model.embedded(name, ids: ids, positions: ids.map { Array($0.indices) })
        report.compare("ar.emb", emb, outputs["ar.emb"])
        let causal = ids.map { _ in (0..<count).flatMap { i in (0..<count).map { $0 > i } } }
        let y = try model.decode(inputs, state, selfMask: Tensor(bools: causal.flatMap { $0 }, [ids.count, count, count]))
        report.compare("ar.y", y, outputs["ar.y"])
        report.compare("ar.logits", try model.logits(name, y), outputs["ar.logits"])
        let decoder = try CachedDecoder(model, state, capacity: count)
        let steps = try (0..<count).map { index in
            let token = try model.embedded(name, ids: ids.map { [$0[index]] }, positions: ids.map { _ in [index] }).y
            return try model.logits(name, decoder.advance(token))
        }
        report.compare("ar.logits by cache", joined(steps), outputs["ar.logits"])
    }

    /// [batch, 1, width] tensors joined along the second dimension.
    private func joined(_ steps: [Tensor]) -> Tensor {
        let width = steps.first?.shape.last ?? 0
        let batch = steps.first?.shape.first ?? 0
        let values = steps.map(\.floats)
        let rows = (0..<batch).flatMap { row in values.flatMap { $0[row * width..<(row + 1) * width] } }
        return Tensor(rows, [batch, steps.count, width])
    }

    func guidance(_ report: inout CaseReport) throws {
        let guidance = try parameters.section("guidance")
        let names = try guidance.texts("conditioning")
        let emptied = set.emptied(names, firstSentinel: Self.firstSentinel, model)
        for name in names {
            report.compare("uncond.\(name).", emptied[name], outputs)
            // Which embeddings are valid is part of the input and not touched.
            if let valid = outputs["uncond.\(name).mask_valid"] {
                report.compare("uncond.\(name).mask_valid", inputs["\(name).mask_valid"], valid)
            }
        }
        let unconditional = try model.encode(emptied)
        report.compare("uncond.enc.context", unconditional.context, outputs["uncond.enc.context"])
        report.compare("uncond.enc.mask", unconditional.mask, outputs["uncond.enc.mask"])
        let branches = Branches(base: emptied, conditions: [(set, try guidance.number("scale"))])
        for (name, positions) in [("maskgit", open), ("roar", random)] {
            let logits = try model.branchLogits(target, positions: positions, branches.sets)
            if let expected = outputs["guided.\(name).logits_uncond"] {
                report.compare("guided.\(name).logits_uncond", logits.last, expected)
            }
            report.compare("guided.\(name).logits", branches.combine(logits), outputs["guided.\(name).logits"])
        }
    }

    func severalConditions(_ report: inout CaseReport) throws {
        let multi = try parameters.section("multi")
        let names = try multi.texts("cond_mods")
        let conditions = zip(names, try multi.numbers("weights")).map { (set: set.only([$0, target]), weight: $1) }
        let branches = Branches(base: set.only([target]), conditions: conditions)
        let logits = try model.branchLogits(target, positions: open, branches.sets)
        for index in names.indices { report.compare("multi.logits_cond\(index)", logits[index], outputs["multi.logits_cond\(index)"]) }
        report.compare("multi.logits_uncond", logits.last, outputs["multi.logits_uncond"])
        report.compare("multi.logits", branches.combine(logits), outputs["multi.logits"])
    }

    func training(_ report: inout CaseReport) throws {
        guard let train = parameters["train"] as? Parameters else { return }
        let set = try ModalitySet(parameters.texts("mod_order"), model, inputs, override: "train.")
        let forward = try model.train(
            set, decoderOrder: try train.texts("decoder_order"), encoderTokens: try train.integer("num_encoder_tokens"),
            decoderTokens: try train.integer("num_decoder_tokens"))
        for name in forward.order {
            guard let expected = outputs["train.logits.\(name)"] else { continue }
            report.compare("train.logits.\(name)", try model.logits(name, forward.output), expected)
        }
        let losses = try model.losses(forward)
        for (name, loss) in losses.byModality.sorted(by: { $0.key < $1.key }) {
            for type in ["mod", "token"] { report.compare("train.\(type).\(name)", scalar(loss), outputs["train.\(type).\(name)"]) }
        }
        report.compare("train.loss_mod", scalar(losses.modalityMean), outputs["train.loss_mod"])
        report.compare("train.loss_token", scalar(losses.tokenMean), outputs["train.loss_token"])
    }

    private func scalar(_ value: Double) -> Tensor { Tensor([value], [1], as: .f64) }
}
