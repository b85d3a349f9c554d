import IR

/// A diffusion decoder's network.
protocol Denoiser {
    /// Image sizes must be multiples of this.
    var factor: Int { get }

    /// `denoise` and its variants.
    func functions() throws -> [Graph]
}

extension Denoiser {
    static var batch: Dim { .symbol("batch") }

    /// `x` f32 `[batch, channels, factor·uh, factor·uw]`, the noisy image.
    func noisyImage(_ writer: FunctionWriter, _ channels: Int) throws -> ValueID {
        try writer.input("x", .f32, [Self.batch, Dim(channels), Dim(factor) * .symbol("uh"), Dim(factor) * .symbol("uw")])
    }

    /// `cond` f32 `[batch, channels, gh, gw]`.
    func condition(_ writer: FunctionWriter, _ channels: Int) throws -> ValueID {
        try writer.input("cond", .f32, [Self.batch, Dim(channels), .symbol("gh"), .symbol("gw")])
    }

    /// `cond_mask` bool `[batch, gh, gw]`, True where the condition is hidden.
    func conditionMask(_ writer: FunctionWriter) throws -> ValueID {
        try writer.input("cond_mask", .bool, [Self.batch, .symbol("gh"), .symbol("gw")])
    }
}
