import FourMSettings
import FourMTraining
import Testing

/// Model files of ml-4m as they are, and what is wrong with others.
struct RunSettingsTests {
    /// The keys of `cfgs/default/4m/models/main/4m-b_mod7_500b.yaml`.
    static let base = """
        # Config for DDP
        run_name: auto
        num_input_tokens: 128
        num_target_tokens: 128
        loss_type: mod
        model: fm_base_12e_12d_swiglu_nobias
        patch_size: 16
        input_size: 224
        dtype: bfloat16
        tokenizer_path: "fourm/utils/tokenizer/trained/text_tokenizer_4m_wordpiece_30k.json"
        epochs: -1
        total_tokens: 500 # in billions
        opt: adamw
        blr: 0.0001
        min_blr: 0.
        warmup_epochs: -1
        warmup_tokens: 10 # in billions
        batch_size: 64
        data_config: "cfgs/default/4m/data/cc12m/main/mix.yaml"
        s3_data_endpoint: "/path/to/endpoint"
        eval_freq: 1
        fixed_eval: True
        epoch_size: 10_000_000
        save_ckpt_freq: 1
        output_dir: 'output/auto'
        log_wandb: False
        wandb_project: '4m-train'
        wandb_entity: null
        wandb_run_name: auto
        """

    private func read(_ text: String, _ assignments: [String] = []) throws -> FMRunSettings {
        try FMRunSettings(yaml: text, file: "run.yaml", setting: assignments)
    }

    /// What is said of a file that cannot be.
    private func problem(_ line: String, in text: String = "data_config: d.yaml\nepoch_size: 100\n") -> String? {
        do {
            _ = try read(text + line + "\n")
            return nil
        } catch { return "\(error)" }
    }

    @Test func aModelFileIsReadAsItIs() throws {
        let run = try read(Self.base)
        #expect(run.architecture.dim == 768 && run.architecture.encoderDepth == 12 && run.architecture.heads == 12)
        #expect(
            run.architecture.isGated && !run.architecture.hasBias && run.architecture.sharesHeads && run.architecture.decoderSeparationMask)
        #expect(run.epochSize == 10_000_000 && run.inputTokens == 128...128 && run.betas == [0.9, 0.95] && run.weightDecay == 0.05)
        #expect(run.textTokenizer?.hasSuffix("wordpiece_30k.json") == true && run.startsFrom == nil && run.clipNorm == nil)
        #expect(run.passedOver.map(\.key) == ["log_wandb", "s3_data_endpoint", "wandb_entity", "wandb_project", "wandb_run_name"])
    }

    /// 500 G tokens of 256 a sample are 196 epochs of 10 M samples; 10 G for the warm-up are 610,352 batches of 64 on one process, 9,537 on 64.
    @Test func tokensBecomeEpochsAndSteps() throws {
        let run = try read(Self.base)
        let (one, many) = (try RunLengths(run, processes: 1), try RunLengths(run, processes: 64))
        #expect(one.epochs == 196 && many.epochs == 196)
        #expect(one.stepsPerEpoch == 156_250 && many.stepsPerEpoch == 2441)
        #expect(one.warmup.steps == 610_352 && many.warmup.steps == 9537)
        let schedules = try RunSchedules(RunSchedules.Options(run, many, processes: 64))
        #expect(schedules.totalBatch == 4096 && schedules.learningRate == 1e-4 * 16)
        #expect(schedules.learningRates.values.count == 196 * 2441)
        #expect(schedules.learningRates.values[9536] == 1e-4 * 16 && schedules.learningRates.values[0] == 0)
    }

    @Test func everyModelOfTheReferenceHasItsName() {
        let names = ModelArchitecture.named
        #expect(names.count == 13)
        #expect(names["fm_tiny_6e_6d_gelu"]?.hasBias == true && names["fm_tiny_6e_6d_gelu"]?.isGated == false)
        #expect(names["fm_small_8e_8d_swiglu_nobias"]?.dim == 512 && names["fm_xlarge_24e_24d_swiglu_nobias"]?.heads == 32)
        #expect(names["fm_large_24e_24d_swiglu_qknorm_nobias"]?.hasQKNorm == true && names["fm_tiny_6e_6d_swiglu_qknorm_nobias"] == nil)
    }

    @Test func assignmentsTakeThePlaceOfTheFile() throws {
        let run = try read(
            Self.base, ["batch_size=8", "architecture.dim=128", "architecture.num_heads=4", "opt_betas=[0.8, 0.9]", "min_input_tokens=16"])
        #expect(run.batch == 8 && run.architecture.dim == 128 && run.architecture.heads == 4 && run.betas == [0.8, 0.9])
        #expect(run.inputTokens == 16...128)
        #expect(throws: SettingsError.self) { try read(Self.base, ["batch_size"]) }
    }

    @Test func whatIsWrongIsNamedWithItsLine() {
        let cases = [
            ("batchsize: 3", "run.yaml, line 3", "did you mean batch_size?"),
            ("batch_size: three", "run.yaml, line 3", "a whole number from 1"),
            ("batch_size: [1]", "run.yaml, line 3", "a single value"),
            ("opt: lion", "run.yaml, line 3", "one of adamw"),
            ("model: fm_bse_12e_12d_swiglu_nobias", "line 3", "did you mean fm_base_12e_12d_swiglu_nobias?"),
            ("loss_type: tokens", "line 3", "one of mod, token"),
            ("clip_grad: -1", "line 3", "a number from 0"),
            ("fixed_eval: maybe", "line 3", "True or False"),
            ("total_tokens: 5", "line 3", "epochs: -1"),
            ("epochs: -1", "line 3", "total_tokens"),
            ("resume: run/checkpoint-3.pth", "line 3", "--resume"),
            ("model: checkpoint", "line 3", "finetune"),
            ("architecture: {dim: 130}", "line 3", "num_heads"),
            ("architecture: {dmi: 128}", "line 3", "did you mean dim?"),
            ("modality_overrides: {caption: {vocab_size: 0}}", "line 3", "vocab_size"),
            ("scheduler: linear", "line 3", "cosine or inverse_sqrt"),
            ("batch_size: 1\nbatch_size: 2", "line 4", "there twice"),
            ("a: [1", "run.yaml", "not valid YAML"),
            ("<<: {batch_size: 3}", "run.yaml", "'<<' is not followed"),
        ]
        for (line, place, advice) in cases {
            let said = problem(line)
            #expect(said?.contains(place) == true && said?.contains(advice) == true, "\(line): \(said ?? "nothing")")
        }
        #expect(problem("batch_size: 3", in: "epoch_size: 3\n")?.contains("'data_config' is missing") == true)
        #expect(problem("resume: ''") == nil && problem("auto_resume: True") == nil && problem("scheduler: inverse_sqrt-500") == nil)
    }

    /// Text that a small file swells to is refused before it fills the memory.
    @Test func aliasesAreBounded() {
        let levels = (1...9).map { level in
            let item = level > 1 ? "*l\(level - 1)" : "x"
            return "l\(level): &l\(level) [\([String](repeating: item, count: 9).joined(separator: ", "))]"
        }
        #expect(problem(levels.joined(separator: "\n"))?.contains("values") == true)
    }

    @Test func bracesExpandAsPythons() throws {
        #expect(try BraceExpansion.paths("a/{00..02}.tar") == ["a/00.tar", "a/01.tar", "a/02.tar"])
        #expect(try BraceExpansion.paths("{x,y{1..2}}-{a,b}") == ["x-a", "x-b", "y1-a", "y1-b", "y2-a", "y2-b"])
        #expect(try BraceExpansion.paths("{8..12..2}") == ["8", "10", "12"] && BraceExpansion.paths("{3..1}") == ["3", "2", "1"])
        #expect(try BraceExpansion.paths("{one}") == ["{one}"])
        for wrong in ["a{1..2", "{0..99999999}", "{0..9..0}", "{0..999}{0..999}{0..999}"] {
            #expect(throws: SettingsError.self, "\(wrong)") { try BraceExpansion.paths(wrong) }
        }
        let parts = try #require(BraceExpansion.modalities("data/[rgb,tok_rgb]/s-{0..1}.tar"))
        #expect(parts.names == ["rgb", "tok_rgb"] && parts.path("rgb") == "data/rgb/s-{0..1}.tar")
    }
}
