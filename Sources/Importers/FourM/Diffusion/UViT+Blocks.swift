import IR

/// Convolutional parts of the UViT. Maps are `[b, c, h, w]`.
extension FunctionWriter {
    /// A convolution of patches that do not overlap: `[b, c, p·h, p·w]` → `[b, levels[0], h, w]`.
    func patches(_ image: ValueID, _ settings: UViTSettings) throws -> ValueID {
        let patch = settings.patch
        return try convolution(image, "decoder.conv_in", settings.channels, settings.levels[0], kernel: patch, stride: patch)
    }

    /// The transposed convolution back, of the same patches: a matrix product per place, then its results spread over p × p pixels.
    /// The checkpoint's weight is `[levels[0], c, p, p]`.
    func unpatched(_ x: ValueID, _ settings: UViTSettings) throws -> ValueID {
        let (inputs, channels, patch) = (settings.levels[0], settings.channels, settings.patch)
        let (name, outputs) = ("decoder.conv_out", channels * patch * patch)
        let stored = try weight("\(name).weight", [inputs, channels, patch, patch])
        let flat = try reshape(stored, [Dim(inputs), Dim(outputs)], name: "\(name).weight")
        let turned = try transpose(flat, [1, 0], name: "\(name).weight")
        let kernel = try reshape(turned, [Dim(outputs), Dim(inputs), 1, 1], name: "\(name).weight")
        let bias = try reshape(weight("\(name).bias", [channels]), [Dim(channels), 1], name: "\(name).bias")
        let wide = try apply(Expand([Dim(channels), Dim(patch * patch)]), bias, name: "\(name).bias")
        let shift = try reshape(wide, [Dim(outputs)], name: "\(name).bias")
        let op = Conv(stride: [1, 1], padding: [0, 0, 0, 0], groups: 1)
        let y = try apply(op, x, kernel, shift, name: name)
        return try apply(PixelShuffle(factor: patch), y, name: "decoder.unpatch")
    }

    /// Two convolutions; between them the time embedding shifts each channel. Added to the input.
    func timedResidual(
        _ x: ValueID, _ time: ValueID, _ prefix: String, _ inputs: Int, _ outputs: Int, _ settings: UViTSettings
    ) throws -> ValueID {
        let first = try silu(groupNorm(x, "\(prefix).norm1", inputs), name: "\(prefix).act1")
        let h = try convolution(first, "\(prefix).conv1", inputs, outputs, kernel: 3, padding: 1)
        let name = "\(prefix).time_emb_proj"
        let emb = try linear(time, name, settings.timeChannels, outputs, bias: true)
        let shift = try reshape(emb, [shape(emb)[0], Dim(outputs), 1, 1], name: name)
        let moved = try add(h, shift, name: "\(prefix).time")
        let second = try silu(groupNorm(moved, "\(prefix).norm2", outputs), name: "\(prefix).act2")
        let y = try convolution(second, "\(prefix).conv2", outputs, outputs, kernel: 3, padding: 1)
        let straight = inputs == outputs ? x : try convolution(x, "\(prefix).conv_shortcut", inputs, outputs, kernel: 1)
        return try add(straight, y, name: "\(prefix).residual")
    }

    /// Half the size, by a convolution. Checkpoints store it as `conv`, as `Conv2d_0`, or twice; then it is one parameter, and PyTorch's name for it is
    /// the second.
    func halved(_ x: ValueID, _ prefix: String, _ channels: Int) throws -> ValueID {
        let names = ["\(prefix).conv", "\(prefix).Conv2d_0"]
        let name = names.last { weights.has("\($0).weight") } ?? names[0]
        for other in names where other != name { for part in ["weight", "bias"] { weights.ignore("\(other).\(part)") } }
        return try convolution(x, name, channels, channels, kernel: 3, stride: 2, padding: 1)
    }

    /// Twice the size: each place doubled, then a convolution.
    func doubled(_ x: ValueID, _ prefix: String, _ channels: Int) throws -> ValueID {
        try convolution(resample(x, .up, name: prefix), "\(prefix).conv", channels, channels, kernel: 3, padding: 1)
    }
}
