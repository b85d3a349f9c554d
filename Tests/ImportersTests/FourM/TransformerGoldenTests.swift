import IR
import Testing

/// The 4M transformer's functions, run by the reference interpreter, against the original's numbers.
@Suite(needsShared)
struct TransformerGoldenTests {
    @Test(arguments: ["fm/fm7_registers", "fm/fm7_causal_sepmask", "fm/fm7_empty_context"])
    func encoderMatches(_ name: String) throws {
        let golden = try FourMGolden(name)
        let input = try EncoderInput(golden)
        try golden.check(input.tokens, "enc.tokens")
        try golden.check(input.emb, "enc.emb")
        try golden.check(input.mask, "enc.mask")
        let results = try golden.run("encode", ["tokens": input.tokens, "emb": input.emb, "mask": input.mask])
        try golden.check(try #require(results["out"]), "enc.out")
        try golden.check(try #require(results["context"]), "enc.context")
    }

    @Test(arguments: ["fm/fm21", "fm/fm7_gelu_bias"])
    func embeddingsMatch(_ name: String) throws {
        let golden = try FourMGolden(name)
        let input = try EncoderInput(golden)
        try golden.check(input.tokens, "enc.tokens")
        try golden.check(input.emb, "enc.emb")
    }

    @Test(arguments: [
        ("fm/fm7_registers", "maskgit"), ("fm/fm7_share_modemb", "roar"), ("fm/fm7_qknorm", "roar"),
        ("fm/fm7_empty_context", "roar"),
    ])
    func imageTargetsMatch(_ name: String, _ pass: String) throws {
        let golden = try FourMGolden(name)
        let target = try golden.parameters.string("target")
        let positions = try pass == "roar" ? golden.input("roar.order") : golden.output("maskgit.mod_pos")
        let y = try golden.run("embed_decoder.\(target)", ["positions": positions], "y")
        try golden.check(y, "\(pass).dec_in")
        let (context, mask) = (try golden.output("enc.context"), try golden.output("enc.mask"))
        let out = try golden.run("decode_unmasked", ["y": y, "context": context, "context_mask": mask], "out")
        try golden.check(out, "\(pass).y")
        try golden.check(try golden.run("logits.\(target)", ["y": out], "logits"), "\(pass).logits")
        let cross = try golden.run("decode_context", ["context": context])
        let cached = try golden.run(
            "decode_cached", cross.merging(["y": y, "context_mask": mask]) { $1 }, "out")
        try golden.check(cached, "\(pass).y")
    }

    /// A context without tokens, as guidance makes: cross-attention over nothing gives zeros.
    @Test func emptyContextMatches() throws {
        let golden = try FourMGolden("fm/fm7_empty_context")
        let positions = try golden.output("maskgit.mod_pos")
        let mask = Tensor(bools: [], [2, 1, 0])
        let empty = Tensor(zeros: .f32, [2, 0, 32])
        let context = try golden.run("encode", ["tokens": empty, "emb": empty, "mask": mask], "context")
        try golden.check(context, "uncond.enc.context")
        let y = try golden.run("embed_decoder.tok_depth@224", ["positions": positions], "y")
        let out = try golden.run("decode_unmasked", ["y": y, "context": context, "context_mask": mask], "out")
        let logits = try golden.run("logits.tok_depth@224", ["y": out], "logits")
        try golden.check(logits, "guided.maskgit.logits_uncond")
    }

    @Test(arguments: ["fm/fm7_qknorm", "fm/fm7_causal_sepmask"])
    func sequenceTargetsMatch(_ name: String) throws {
        let golden = try FourMGolden(name)
        let (target, embedded) = try sequence(golden)
        let y = try #require(embedded["y"])
        try golden.check(try #require(embedded["emb"]), "ar.emb")
        let (batch, count) = (y.shape[0], y.shape[1])
        let causal = (0..<batch * count * count).map { $0 % count > $0 / count % count }
        let inputs = [
            "y": y, "context": try golden.output("enc.context"), "context_mask": try golden.output("enc.mask"),
            "self_mask": Tensor(bools: causal, [batch, count, count]),
        ]
        let out = try golden.run("decode", inputs, "out")
        try golden.check(out, "ar.y")
        try golden.check(try golden.run("logits.\(target)", ["y": out], "logits"), "ar.logits")
    }

    /// Three calls of decode_step (5 tokens, 1 token, the rest) give what one causal pass gives.
    @Test(arguments: ["fm/fm7_registers", "fm/fm7_qknorm"])
    func cachedStepsMatch(_ name: String) throws {
        let golden = try FourMGolden(name)
        let (target, embedded) = try sequence(golden)
        let y = try #require(embedded["y"])
        var state = try golden.run("decode_context", ["context": try golden.output("enc.context")])
        let shape = try #require(state["cross_k"]).shape
        let (batch, count, capacity) = (y.shape[0], y.shape[1], 20)
        for key in ["self_k", "self_v"] {
            state[key] = Tensor(zeros: .f32, [shape[0], batch, shape[2], capacity, shape[4]])
        }
        var logits = [[Float]](repeating: [], count: batch)
        for range in [0..<5, 5..<6, 6..<count] {
            let mask = range.flatMap { row in (0..<range.upperBound).map { $0 > row } }
            let masks = (0..<batch).flatMap { _ in mask }
            let step = state.merging([
                "y": rows(y, range), "position": Tensor(integers: [range.lowerBound], [1]),
                "self_mask": Tensor(bools: masks, [batch, range.count, range.upperBound]),
                "context_mask": try golden.output("enc.mask"),
            ]) { $1 }
            let results = try golden.run("decode_step", step)
            for key in ["self_k", "self_v"] { state[key] = results[key] }
            let scores = try golden.run("logits.\(target)", ["y": try #require(results["out"])], "logits")
            for row in 0..<batch {
                logits[row] += scores.floats[row * scores.count / batch..<(row + 1) * scores.count / batch]
            }
        }
        try golden.check(Tensor(logits.flatMap { $0 }, [batch, count, logits[0].count / count]), "ar.logits")
    }

    private func sequence(_ golden: FourMGolden) throws -> (target: String, embedded: [String: Tensor]) {
        let target = try golden.parameters.string("target_seq")
        let ids = try golden.input("ar.ids")
        let positions = Tensor(integers: (0..<ids.count).map { $0 % ids.shape[1] }, ids.shape)
        return (target, try golden.run("embed_decoder_ids.\(target)", ["ids": ids, "positions": positions]))
    }

    /// Rows `range` of the second dimension of `[b, n, d]`.
    private func rows(_ x: Tensor, _ range: Range<Int>) -> Tensor {
        let (batch, count, depth) = (x.shape[0], x.shape[1], x.shape[2])
        let values = x.floats
        let picked = (0..<batch).flatMap { b in
            values[(b * count + range.lowerBound) * depth..<(b * count + range.upperBound) * depth]
        }
        return Tensor(picked, [batch, range.count, depth])
    }
}

/// The encoder's input as the original selects it: embeds every modality, puts visible tokens first in their order,
/// cuts to the largest visible count and prepends the register tokens.
struct EncoderInput {
    let tokens: Tensor
    let emb: Tensor
    let mask: Tensor

    private typealias Row = (x: ArraySlice<Float>, emb: ArraySlice<Float>)

    init(_ golden: FourMGolden) throws {
        var visible: [[Row]] = []
        var dim = 1
        for modality in try golden.parameters.strings("mod_order") {
            guard golden.module.function("embed_encoder.\(modality)") != nil else { continue }
            let mask = try golden.input("\(modality).input_mask")
            let (batch, count) = (mask.shape[0], mask.shape[1])
            if visible.isEmpty { visible = Array(repeating: [], count: batch) }
            let embedded = try Self.embed(golden, modality, mask)
            let (x, emb) = (try #require(embedded["x"]), try #require(embedded["emb"]))
            dim = x.shape[2]
            let (xs, embs, hidden) = (x.floats, emb.floats, mask.bools)
            for index in 0..<batch * count where !hidden[index] {
                let range = index * dim..<(index + 1) * dim
                visible[index / count].append((xs[range], embs[range]))
            }
        }
        let registers = try golden.module.function("register_tokens").map { _ in
            try golden.run("register_tokens", [:], "tokens")
        }
        let (batch, prefix) = (visible.count, registers?.shape[1] ?? 0)
        let length = visible.map(\.count).max() ?? 0
        var (tokens, emb, mask): ([Float], [Float], [Bool]) = ([], [], [])
        for row in visible {
            let padding = [Float](repeating: 0, count: (length - row.count) * dim)
            tokens += (registers?.floats ?? []) + row.flatMap(\.x) + padding
            emb += [Float](repeating: 0, count: prefix * dim) + row.flatMap(\.emb) + padding
            mask += (0..<prefix + length).map { $0 >= prefix + row.count }
        }
        self.tokens = Tensor(tokens, [batch, prefix + length, dim])
        self.emb = Tensor(emb, [batch, prefix + length, dim])
        self.mask = Tensor(bools: mask, [batch, 1, prefix + length])
    }

    private static func embed(_ golden: FourMGolden, _ modality: String, _ mask: Tensor) throws -> [String: Tensor] {
        let given = try golden.input("\(modality).tensor")
        let function = try #require(golden.module.function("embed_encoder.\(modality)"))
        let name = try #require(function.inputs.first.flatMap { function.inputName(of: $0) })
        if name == "pixels" { return try golden.run(function.name, ["pixels": given]) }
        let isSequence = modality.hasPrefix("tok_") == false
        var positions: [Int] = []
        for row in 0..<mask.shape[0] {
            var seen = -1
            for column in 0..<mask.shape[1] {
                let isHidden = mask.bools[row * mask.shape[1] + column]
                if !isHidden { seen += 1 }
                positions.append(isSequence ? (isHidden ? 0 : seen) : column)
            }
        }
        return try golden.run(function.name, [name: given, "positions": Tensor(integers: positions, mask.shape)])
    }
}
