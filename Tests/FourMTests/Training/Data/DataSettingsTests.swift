import FourMSettings
import Testing

/// Data files and alphas of ml-4m.
struct DataSettingsTests {
    static let mixture = """
        train:
          datasets:
            cc12m:
              type: multimodal
              in_domains: rgb@224-tok_rgb@224-caption
              out_domains: tok_rgb@224-caption
              input_alphas: null
              target_alphas: null
              alphas_config: "alphas.yaml"
              data_path: 'data/[rgb,tok_rgb,caption,crop_settings]/shard-{00000..00003}.tar'
              use_wds: True # Use webdataset
              wds_n_repeats: 4
              wds_shuffle_buffer_tar: 1_000
              wds_shuffle_buffer_repeat: 1_000
              main_augment_domain: rgb@224
              aligned_captions: True
              tok_train_aug: True
            second:
              type: multimodal
              in_domains: caption-tok_rgb@224
              out_domains: caption
              input_alphas: "0.5-2.0"
              target_alphas: "1.0"
              data_path: 'other'
              num_input_tokens: 64
          weights: [0.75, 0.25]
        val:
          datasets:
            cc12m:
              data_path: 'val'
        """

    private func read(_ text: String) throws -> DataSettings { try DataSettings(yaml: text, file: "data.yaml") }

    @Test func aDataFileIsReadAsItIs() throws {
        let data = try read(Self.mixture)
        #expect(data.domains == ["caption", "rgb@224", "tok_rgb@224"] && data.inputs == data.domains)
        #expect(data.outputs == ["caption", "tok_rgb@224"] && data.weights == [0.75, 0.25])
        let (first, second) = (data.training[0], data.training[1])
        #expect(first.usesShards && first.alphasFile == "alphas.yaml" && first.inputAlphas.isEmpty && first.augmentsTokens)
        // Alphas go with the sorted names.
        #expect(
            second.inputAlphas == ["caption": 0.5, "tok_rgb@224": 2] && second.targetAlphas == ["caption": 1] && second.inputTokens == 64)
        let evaluated = try #require(data.evaluation.first)
        #expect(evaluated.path == "val" && !evaluated.usesShards && !evaluated.augmentsTokens && evaluated.mainDomain == "rgb@224")
        #expect(data.passedOver.count == 3)
    }

    @Test func whatIsWrongIsNamedWithItsLine() {
        let cases = [
            ("type: multimodal\n      in_domains: rgb", "type: huggingface\n      in_domains: rgb", "line 4", "folder of captions"),
            ("tok_train_aug: True", "tok_trian_aug: True", "line 17", "did you mean tok_train_aug?"),
            ("use_wds: True", "use_wds: 3", "line 11", "True or False"),
            ("weights: [0.75, 0.25]", "weights: [1.0]", "line 26", "a list of 2 numbers"),
            ("weights: [0.75, 0.25]", "weights: [0, 0]", "line 26", "one above 0"),
            ("\"0.5-2.0\"", "\"1-2-3\"", "line 22", "2 joined by '-'"),
            ("data_path: 'other'", "data_path: 's3://bucket/x'", "line 24", "copy the data here"),
            ("data_path: 'other'", "data_path: 'other/0.tar'", "line 24", "use_wds: True"),
            ("    cc12m:\n      data_path: 'val'", "    cc12n:\n      data_path: 'val'", "line 29", "did you mean cc12m?"),
            ("      type: multimodal\n      in_domains: rgb", "      in_domains: rgb", "line 3", "'train.datasets.cc12m.type' is missing"),
        ]
        for (old, new, place, advice) in cases {
            let text = Self.mixture.replacing(old, with: new, maxReplacements: 1)
            #expect(text != Self.mixture)
            do {
                _ = try read(text)
                Issue.record("\(new) was taken")
            } catch { #expect("\(error)".contains("data.yaml, \(place)") && "\(error)".contains(advice), "\(new): \(error)") }
        }
    }

    @Test func mixturesOfAlphasHaveOneNumberForEachComponent() throws {
        let weighted = """
            sampling_weights: [1.0, 0.5]
            alphas_mixture:
              rgb@224: {input_alphas: [1000.0, 0.5], target_alphas: [0., 0.]}
              caption: {input_alphas: [0., 0.5], target_alphas: [0.5, 0.5], keep: ['random', 'all']}
            """
        let alphas = try AlphasSettings(yaml: weighted, file: "a.yaml")
        #expect(alphas.weights == [1, 0.5] && alphas.modalities["caption"]?.keep == ["random", "all"])
        #expect(alphas.modalities["rgb@224"]?.inputAlphas == [1000, 0.5])
        for (old, new) in [("[0., 0.]", "[0.]"), ("'all'", "'most'"), ("[1.0, 0.5]", "[1.0]"), ("keep", "kept"), ("0.5, 0.5", "-1, 0.5")] {
            #expect(throws: SettingsError.self, "\(new)") {
                try AlphasSettings(yaml: weighted.replacing(old, with: new, maxReplacements: 1), file: "a.yaml")
            }
        }
    }
}
