import IR

/// Names and shapes of the tensors in checkpoints of the reference's tokenizers, written from its constructors (fourm/vq/models,
/// fourm/vq/quantizers, and the blocks it takes from diffusers), independently of the importer. No values: full-size models cost nothing.
struct ReferenceTensors {
    private(set) var shapes: [String: [Int]] = [:]

    var checkpoint: [String: Constant] {
        Dictionary(
            uniqueKeysWithValues: shapes.map { name, shape in
                (name, Constant(key: name, type: TensorType(.f32, shape.map { Dim($0) }), bytes: nil))
            })
    }

    mutating func add(_ name: String, _ shape: [Int]) { shapes[name] = shape }

    /// A layer with a bias of as many numbers as its weight has rows.
    mutating func layer(_ name: String, _ weight: [Int]) {
        add("\(name).weight", weight)
        add("\(name).bias", [weight[0]])
    }

    mutating func quantProjection(_ dim: Int, _ latent: Int) { layer("quant_proj", [latent, dim, 1, 1]) }

    mutating func postQuantProjection(_ latent: Int, _ dim: Int) { layer("post_quant_proj", [dim, latent, 1, 1]) }

    mutating func lucid(codes: Int, latent: Int) {
        add("quantize._codebook.initted", [1])
        add("quantize._codebook.cluster_size", [codes])
        add("quantize._codebook.embed", [codes, latent])
        add("quantize._codebook.embed_avg", [codes, latent])
    }

    mutating func memcodes(heads: Int, codes: Int, latent: Int) {
        let width = latent / heads
        add("quantize.codes", [heads, codes, width])
        add("quantize.to_k.weight", [heads, width, width])
        add("quantize.to_v.weight", [heads, width, width])
    }

    mutating func bottleneckMLP(_ side: String, inputs: Int, outputs: Int, blocks: Int = 6, width: Int = 1024) {
        layer("\(side).linear_in", [width, inputs])
        layer("\(side).linear_out", [outputs, width])
        for block in 0..<blocks {
            layer("\(side).blocks.\(block).block.0", [4 * width, width])
            layer("\(side).blocks.\(block).block.2", [width, 4 * width])
            layer("\(side).layernorms.\(block)", [width])
        }
    }

    /// ViT-B.
    mutating func vision(_ side: String, channels: Int, patch: Int, grid: Int, postMLP: Bool = true, outConv: Bool = false) {
        let dim = 768
        add("\(side).pos_emb", [1, dim, grid, grid])
        for block in (0..<12).map({ "\(side).blocks.\($0)" }) {
            layer("\(block).norm1", [dim])
            layer("\(block).attn.qkv", [3 * dim, dim])
            layer("\(block).attn.proj", [dim, dim])
            layer("\(block).norm2", [dim])
            layer("\(block).mlp.fc1", [4 * dim, dim])
            layer("\(block).mlp.fc2", [dim, 4 * dim])
        }
        if postMLP {
            layer("\(side).norm_mlp", [dim])
            layer("\(side).post_mlp.fc1", [4 * dim, dim])
            layer("\(side).post_mlp.fc2", [dim, 4 * dim])
        }
        if side == "encoder" {
            layer("encoder.proj", [dim, channels, patch, patch])
        } else {
            layer("decoder.out_proj", [channels * patch * patch, dim])
        }
        guard outConv else { return }
        for block in (0..<2).map({ "\(side).out_conv.\($0)" }) {
            add("\(block).gamma", [channels])
            layer("\(block).dwconv", [channels, 1, 7, 7])
            layer("\(block).norm", [channels])
            layer("\(block).pwconv1", [4 * channels, channels])
            layer("\(block).pwconv2", [channels, 4 * channels])
        }
    }

    /// `unet_patched` as the zoo has it: 4 × 4 patches, 256 channels, 3 blocks a level, attention at a fourth and an eighth.
    mutating func patchedUNet(channels: Int, latent: Int) {
        let (base, levels, attends) = (256, [256, 512, 512, 512], [false, false, true, true])
        layer("decoder.time_embed.0", [4 * base, base])
        layer("decoder.time_embed.2", [4 * base, 4 * base])
        layer("decoder.input_blocks.0.0", [base, 16 * channels + latent, 3, 3])
        var (skips, width, index) = ([base], base, 1)
        for (level, next) in levels.enumerated() {
            for _ in 0..<3 {
                unetBlock("decoder.input_blocks.\(index).0", width, next, time: 4 * base)
                if attends[level] { unetAttention("decoder.input_blocks.\(index).1", next) }
                (width, index) = (next, index + 1)
                skips.append(width)
            }
            guard level < 3 else { break }
            layer("decoder.input_blocks.\(index).0.op", [width, width, 3, 3])
            skips.append(width)
            index += 1
        }
        unetBlock("decoder.middle_block.0", width, width, time: 4 * base)
        unetAttention("decoder.middle_block.1", width)
        unetBlock("decoder.middle_block.2", width, width, time: 4 * base)
        index = 0
        for (level, next) in levels.enumerated().reversed() {
            for block in 0..<4 {
                let name = "decoder.output_blocks.\(index)"
                unetBlock("\(name).0", width + skips.removeLast(), next, time: 4 * base)
                if attends[level] { unetAttention("\(name).1", next) }
                if block == 3, level > 0 { layer("\(name).\(attends[level] ? 2 : 1).conv", [next, next, 3, 3]) }
                (width, index) = (next, index + 1)
            }
        }
        layer("decoder.out.0", [base])
        layer("decoder.out.2", [16 * channels, base, 3, 3])
    }

    private mutating func unetBlock(_ name: String, _ inputs: Int, _ outputs: Int, time: Int) {
        layer("\(name).in_layers.0", [inputs])
        layer("\(name).in_layers.2", [outputs, inputs, 3, 3])
        layer("\(name).emb_layers.1", [outputs, time])
        layer("\(name).out_layers.0", [outputs])
        layer("\(name).out_layers.3", [outputs, outputs, 3, 3])
        if inputs != outputs { layer("\(name).skip_connection", [outputs, inputs, 1, 1]) }
    }

    private mutating func unetAttention(_ name: String, _ channels: Int) {
        layer("\(name).norm", [channels])
        layer("\(name).qkv", [3 * channels, channels, 1])
        layer("\(name).proj_out", [channels, channels, 1])
    }

    /// What a UViT is made of; the defaults are those that all its presets share.
    struct UViTShape {
        var levels = [128, 256]
        var dim: Int
        var depth: Int
        var halves = true
        var longSkips = false
        var crossAttention = false
    }

    mutating func uvit(_ shape: UViTShape, channels: Int, latent: Int) {
        let (first, last, time) = (shape.levels[0], shape.levels[shape.levels.count - 1], 4 * shape.levels[0])
        layer("decoder.conv_in", [first, channels, 4, 4])
        layer("decoder.time_embedding.linear_1", [time, first])
        layer("decoder.time_embedding.linear_2", [time, time])
        var (skips, width) = ([first], first)
        for (level, next) in shape.levels.enumerated() {
            for block in 0..<2 {
                resnet("decoder.down_blocks.\(level).resnets.\(block)", width, next, time)
                width = next
                skips.append(width)
            }
            guard level < shape.levels.count - 1 else { break }
            layer("decoder.down_blocks.\(level).downsamplers.0.conv", [width, width, 3, 3])
            skips.append(width)
        }
        if shape.halves {
            // diffusers registers the same convolution under two names.
            for name in ["downsample_mid.conv", "downsample_mid.Conv2d_0", "upsample_mid.conv"] {
                layer("decoder.\(name)", [last, last, 3, 3])
            }
        }
        transformer(shape, last, time, latent)
        for (index, next) in shape.levels.reversed().enumerated() {
            for block in 0..<3 {
                resnet("decoder.up_blocks.\(index).resnets.\(block)", width + skips.removeLast(), next, time)
                width = next
            }
            if index < shape.levels.count - 1 { layer("decoder.up_blocks.\(index).upsamplers.0.conv", [width, width, 3, 3]) }
        }
        layer("decoder.conv_norm_out", [first])
        add("decoder.conv_out.weight", [first, channels, 4, 4])
        add("decoder.conv_out.bias", [channels])
    }

    private mutating func resnet(_ name: String, _ inputs: Int, _ outputs: Int, _ time: Int) {
        layer("\(name).norm1", [inputs])
        layer("\(name).conv1", [outputs, inputs, 3, 3])
        layer("\(name).time_emb_proj", [outputs, time])
        layer("\(name).norm2", [outputs])
        layer("\(name).conv2", [outputs, outputs, 3, 3])
        if inputs != outputs { layer("\(name).conv_shortcut", [outputs, inputs, 1, 1]) }
    }

    private mutating func transformer(_ shape: UViTShape, _ outer: Int, _ time: Int, _ latent: Int) {
        let (name, dim) = ("decoder.mid_block", shape.dim)
        add("\(name).mid_pos_emb", [1, dim, 32, 32])
        layer("\(name).mid_proj_in", [dim, outer])
        layer("\(name).mid_proj_out", [outer, dim])
        if !shape.crossAttention {
            layer("\(name).mid_cond_proj", [dim, latent])
            add("\(name).mask_token", [dim])
        }
        for layer in 0..<shape.depth {
            let block = "\(name).mid_block.\(layer)"
            let attention = shape.crossAttention ? "self_attn" : "attn"
            self.layer("\(block).norm1", [dim])
            self.layer("\(block).\(attention).qkv", [3 * dim, dim])
            self.layer("\(block).\(attention).proj", [dim, dim])
            if shape.crossAttention {
                self.layer("\(block).query_norm", [dim])
                self.layer("\(block).context_norm", [latent])
                self.layer("\(block).cross_attn.q", [dim, dim])
                self.layer("\(block).cross_attn.kv", [2 * dim, latent])
                self.layer("\(block).cross_attn.proj", [dim, dim])
            }
            self.layer("\(block).norm2", [dim])
            self.layer("\(block).mlp.fc1", [4 * dim, dim])
            self.layer("\(block).mlp.fc2", [dim, 4 * dim])
            self.layer("\(block).adaLN_modulation", [(shape.crossAttention ? 6 : 4) * dim, time])
            self.layer("\(block).adaLN_gate", [(shape.crossAttention ? 3 : 2) * dim, time])
            if shape.longSkips, layer > shape.depth / 2 { self.layer("\(block).skip_linear", [dim, 2 * dim]) }
        }
    }
}
