import IR
import Media
import Passes
import Runtime

/// A loaded image tokenizer: pixels, class ids or feature maps to tokens and back.
///
/// Reference: `fourm/vq/vqvae.py`, classes VQVAE and DiVAE.
public final class TokenizerModel {
    public let session: Session
    public let metadata: Attributes
    let scheduler: SchedulerKind
    let configuration: SchedulerConfiguration

    /// How a diffusion decoder samples.
    public struct DiffusionOptions: Sendable {
        /// Denoising steps; 25 as the reference's demo.
        public var steps = 25
        /// nil takes the tokenizer's own scheduler.
        public var scheduler: SchedulerKind?
        public var mode = TimestepMode.trailing
        public var seed: UInt64 = 0
        /// Number of the first row among all samples, so that a sample's noise does not depend on how samples are batched.
        public var rowOffset = 0
        /// Which sample each row is; rows beyond this list are samples from `rowOffset` on.
        public var rows: [SampleKey] = []

        public init() {}
    }

    public init(_ plan: Plan) throws {
        session = Session(plan)
        metadata = plan.module.metadata
        let diffusion = metadata.section("diffusion")
        scheduler = SchedulerKind(rawValue: diffusion.string("scheduler") ?? "ddpm") ?? .ddpm
        configuration = try TokenizerModel.configuration(diffusion, scheduler)
    }

    private static func configuration(_ fields: Attributes, _ kind: SchedulerKind) throws -> SchedulerConfiguration {
        var made = SchedulerConfiguration()
        made.trainingSteps = fields.integer("num_train_timesteps") ?? made.trainingSteps
        if let name = fields.string("beta_schedule") { made.betaSchedule = try BetaSchedule(name: name, kind: kind) }
        if let name = fields.string("prediction_type") {
            guard let prediction = PredictionType(rawValue: name) else { throw FourMError("prediction type '\(name)' is not known") }
            made.prediction = prediction
        }
        made.thresholding = fields.flag("thresholding") ?? made.thresholding
        made.clipSample = fields.flag("clip_sample") ?? made.clipSample
        made.zeroTerminalSNR = fields.flag("zero_terminal_snr") ?? made.zeroTerminalSNR
        return made
    }

    public func has(_ function: String) -> Bool { session.plan.module.function(function) != nil }

    public var isDiffusion: Bool { has("denoise") }

    /// Pixels of one token, height and width.
    public var patch: (height: Int, width: Int) { metadata.pair("patch_size").map { ($0.0, $0.1) } ?? (16, 16) }

    /// How colours are scaled before the encoder; -1…1 where the module does not say.
    public var normalization: PixelNormalization { PixelNormalization(metadata: metadata.section("normalization")) ?? .minus1To1 }

    /// Native size in pixels, height and width.
    public var imageSize: (height: Int, width: Int)? { metadata.pair("image_size").map { ($0.0, $0.1) } }

    /// Tokens i64 [batch, rows, columns] of `input`: f32 [batch, channels, height, width], or i64 class ids [batch, height, width].
    public func tokenize(_ input: Tensor) throws -> Tensor {
        guard has("tokenize") else { throw FourMError("'\(session.plan.module.name)' has no encoder") }
        let name = input.dtype.isFloat ? "image" : "labels"
        guard let tokens = try session.run("tokenize", [name: input])["tokens"] else {
            throw FourMError("'tokenize' has no result 'tokens'")
        }
        return tokens
    }

    /// What `tokens` i64 [batch, rows, columns] stand for: f32 [batch, channels, height, width].
    public func detokenize(_ tokens: Tensor, _ options: DiffusionOptions = DiffusionOptions()) throws -> Tensor {
        try checkRange(tokens)
        if isDiffusion { return try diffuse(tokens, options) }
        guard has("detokenize") else { throw FourMError("'\(session.plan.module.name)' has no decoder") }
        guard let decoded = try session.run("detokenize", ["tokens": tokens])["decoded"] else {
            throw FourMError("'detokenize' has no result 'decoded'")
        }
        return decoded
    }

    private func checkRange(_ tokens: Tensor) throws {
        guard let size = metadata.integer("codebook_size") else { return }
        if let wrong = tokens.integers.first(where: { $0 < 0 || $0 >= size }) {
            throw FourMError("token \(wrong) is not in the codebook of \(size) codes of '\(session.plan.module.name)'")
        }
    }

    private func diffuse(_ tokens: Tensor, _ options: DiffusionOptions) throws -> Tensor {
        guard let cond = try session.run("embed_codes", ["tokens": tokens])["cond"] else {
            throw FourMError("'embed_codes' has no result 'cond'")
        }
        let (batch, rows, columns) = (tokens.shape[0], tokens.shape[tokens.rank - 2], tokens.shape[tokens.rank - 1])
        let channels = metadata.integer("channels") ?? 3
        let shape = [batch, channels, rows * patch.height, columns * patch.width]
        let count = shape.dropFirst().reduce(1, *)
        let random = CounterRandom(seed: options.seed).substream("diffusion")
        func stream(_ row: Int) -> CounterRandom {
            (options.rows.indices.contains(row) ? options.rows[row] : SampleKey(sample: row + options.rowOffset)).stream(in: random)
        }
        let noise = (0..<batch).flatMap { stream($0).normals(count) }
        return try sample(Tensor(noise, shape), cond: cond, options: options) { step in
            (0..<batch).flatMap { stream($0).substream(UInt64(step + 1)).normals(count) }
        }
    }

    /// The complete sampling loop from given noise: `x = step(model(x, t, cond), t, x)` for each timestep.
    /// `stepNoise` gives standard normal numbers for the steps that add noise.
    public func sample(
        _ noise: Tensor, cond: Tensor, mask: Tensor? = nil, options: DiffusionOptions, configuration given: SchedulerConfiguration? = nil,
        stepNoise: (Int) throws -> [Float]
    ) throws -> Tensor {
        var scheduler = try (given ?? configuration).makeScheduler(options.scheduler ?? scheduler)
        var x = noise.floats
        for (index, timestep) in try scheduler.timesteps(count: options.steps, mode: options.mode).enumerated() {
            let prediction = try denoise(Tensor(x, noise.shape), timestep: timestep, cond: cond, mask: mask)
            let extra = scheduler.needsNoise(at: timestep) ? try stepNoise(index) : nil
            try scheduler.step(modelOutput: prediction.floats, timestep: timestep, sample: &x, batch: noise.shape[0], noise: extra)
        }
        return Tensor(x, noise.shape)
    }

    /// One evaluation of the denoiser. `mask` bool [batch, rows, columns]: true where the condition is hidden.
    public func denoise(_ x: Tensor, timestep: Int, cond: Tensor, mask: Tensor? = nil) throws -> Tensor {
        let function = mask == nil ? "denoise" : "denoise_masked"
        let graph = try session.plan.function(function)
        let times = [Int](repeating: timestep, count: x.shape[0])
        let isFloat = graph.inputs.contains { graph.inputName(of: $0) == "timestep" && graph.type(of: $0).dtype == .f32 }
        let t = isFloat ? Tensor(times.map { Float($0) }, [x.shape[0]]) : Tensor(integers: times, [x.shape[0]])
        var inputs = ["x": x, "timestep": t, "cond": cond]
        inputs["cond_mask"] = mask
        guard let result = try session.run(function, inputs).values.first else { throw FourMError("'\(function)' has no result") }
        return result
    }
}
