import FourMSettings
import IR
import Importers

/// The inputs of a tokenizer's function `tokenize` in a function over its module, and what its encoder makes of them.
struct TokenizerBatch {
    /// A picture `[b, c, h, w]`, or class ids `[b, h, w]`.
    let input: Traced
    /// `[b, gh·gw, latent]`
    let latents: Traced
    /// Rows and columns of tokens.
    let grid: (rows: Dim, columns: Dim)

    /// - Throws: ``FourMError`` for a module without an encoder.
    init(_ writer: LossWriter) throws {
        guard let tokenize = writer.module.function(FourMFunction.tokenize), let first = tokenize.inputs.first, tokenize.inputs.count == 1
        else { throw FourMError("the model has no function '\(FourMFunction.tokenize)', and its encoder is to be trained", .request) }
        let (name, type) = (tokenize.inputName(of: first) ?? "", tokenize.type(of: first))
        try self.init(writer, of: writer.input(name, type.dtype, type.shape), as: name)
    }

    /// - Parameter input: What the encoder is given, as its input `name`.
    init(_ writer: LossWriter, of input: Traced, as name: String = "image") throws {
        self.input = input
        let map = try writer.call(FourMFunction.tokenize, [name: input], result: "latents")
        let s = map.shape
        guard s.count == 4 else { throw FourMError("the latents of '\(FourMFunction.tokenize)' are \(map.type), no map", .fault) }
        grid = (s[2], s[3])
        latents = try map.reshaped([s[0], s[1], s[2] * s[3]]).transposed([0, 2, 1])
    }

    /// `[b, gh·gw, c]` → `[b, c, gh, gw]`
    func map(_ tokens: Traced) throws -> Traced {
        try tokens.transposed([0, 2, 1]).reshaped([tokens.shape[0], tokens.shape[2], grid.rows, grid.columns])
    }
}
