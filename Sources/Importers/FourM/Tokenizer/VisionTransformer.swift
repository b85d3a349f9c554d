import IR

/// The ViT of 4M tokenizers (fourm/vq/models/vit_models.py).
extension FunctionWriter {
    /// An image `[b, c, ph·gh, pw·gw]` (or feature map `[b, c, gh, gw]`) → tokens `[b, gh·gw, dim]`.
    func visionEncoder(_ image: ValueID, _ settings: VisionSettings) throws -> ValueID {
        let (height, width) = (settings.patch.height, settings.patch.width)
        let dim = settings.block.dim
        let kernel = try weight("encoder.proj.weight", [dim, settings.channels, height, width])
        let bias = try weight("encoder.proj.bias", [dim])
        let map = try apply(Conv(stride: [height, width]), image, kernel, bias, name: "encoder.proj")
        let (rows, columns) = (shape(map)[2], shape(map)[3])
        let tokens = try self.tokens(fromMap: map, name: "encoder.proj")
        return try visionTrunk(tokens, "encoder", settings, rows, columns)
    }

    /// Tokens `[b, gh·gw, dim]` → an image `[b, c, ph·gh, pw·gw]`.
    func visionDecoder(_ tokens: ValueID, _ settings: VisionSettings, _ rows: Dim, _ columns: Dim) throws -> ValueID {
        let x = try visionTrunk(tokens, "decoder", settings, rows, columns)
        let (height, width, channels) = (settings.patch.height, settings.patch.width, settings.channels)
        let outputs = channels * height * width
        let patches = try linear(x, "decoder.out_proj", settings.block.dim, outputs, bias: true)
        let name = "decoder.unpatch"
        let batch = shape(patches)[0]
        let (h, w, c) = (Dim(height), Dim(width), Dim(channels))
        let split = try reshape(patches, [batch, rows, columns, c, h, w], name: name)
        let turned = try transpose(split, [0, 3, 1, 4, 2, 5], name: name)
        var image = try reshape(turned, [batch, c, rows * h, columns * w], name: name)
        guard settings.hasOutputConvolutions else { return image }
        for index in 0..<2 { image = try convNeXtBlock(image, "decoder.out_conv.\(index)", channels) }
        return image
    }

    /// Adds positions, runs the blocks and the post-MLP, which adds to its input.
    private func visionTrunk(
        _ tokens: ValueID, _ prefix: String, _ settings: VisionSettings, _ rows: Dim, _ columns: Dim
    ) throws -> ValueID {
        let block = settings.block
        let positions = try visionPositions(prefix, settings, rows, columns)
        var x = try add(tokens, positions, name: "\(prefix).pos_emb")
        for layer in 0..<settings.depth { x = try encoderBlock(x, "\(prefix).blocks.\(layer)", mask: nil, block) }
        guard settings.hasPostMLP else { return x }
        let normed = try norm(x, "\(prefix).norm_mlp", block)
        let name = "\(prefix).post_mlp"
        let inner = try linear(normed, "\(name).fc1", block.dim, block.hidden, bias: true)
        let active = try apply(Unary<Tanh>(), inner, name: "\(name).act")
        let outer = try linear(active, "\(name).fc2", block.hidden, block.dim, bias: true)
        return try add(x, outer, name: "\(name).residual")
    }

    /// The stored table `[1, dim, rows, columns]`, resized bicubically to the grid at hand, as `[1, gh·gw, dim]`.
    private func visionPositions(
        _ prefix: String, _ settings: VisionSettings, _ rows: Dim, _ columns: Dim
    ) throws -> ValueID {
        let name = "\(prefix).pos_emb"
        let stored = try weight(name, [1, settings.block.dim, settings.grid.rows, settings.grid.columns])
        let resized = try apply(Resize(size: [rows, columns], mode: .cubic), stored, name: "\(name).resize")
        return try tokens(fromMap: resized, name: name)
    }

    /// Depthwise 7 × 7 convolution, then norm and a pointwise MLP per pixel, scaled by gamma, added to the input.
    private func convNeXtBlock(_ x: ValueID, _ prefix: String, _ channels: Int) throws -> ValueID {
        let depthwise = try convolution(
            x, "\(prefix).dwconv", channels, channels, kernel: 7, padding: 3, groups: channels)
        let pixels = try transpose(depthwise, [0, 2, 3, 1], name: "\(prefix).dwconv")
        let normed = try layerNorm(pixels, "\(prefix).norm", channels, eps: 1e-6)
        let inner = try linear(normed, "\(prefix).pwconv1", channels, 4 * channels, bias: true)
        let active = try apply(Unary<Gelu>(), inner, name: "\(prefix).act")
        var y = try linear(active, "\(prefix).pwconv2", 4 * channels, channels, bias: true)
        if weights.has("\(prefix).gamma") {
            y = try multiply(y, try weight("\(prefix).gamma", [channels]), name: "\(prefix).gamma")
        }
        let map = try transpose(y, [0, 3, 1, 2], name: "\(prefix).map")
        return try add(x, map, name: "\(prefix).residual")
    }
}
