import IR
import Media

/// From a decoder's output to pictures and raw values, by modality.
package enum PictureForms {
    /// Fills in values and pictures of `target` from `decoded` f32 [1, channels, height, width].
    package static func fill(_ target: inout DecodedTarget, base: String, _ decoded: Tensor) throws {
        try fill(&target, base: base, decoded, CodecContext())
    }

    package static func fill(_ target: inout DecodedTarget, base: String, _ decoded: Tensor, _ context: CodecContext) throws {
        guard let values = map(decoded) else {
            target.values = decoded
            return
        }
        target.values = values
        try ModalityCodecs.dense[base]?.present(values, &target, context)
    }

    /// The picture alone.
    package static func picture(base: String, _ decoded: Tensor) throws -> ByteImage? {
        try map(decoded).flatMap { try ModalityCodecs.dense[base]?.picture($0) }
    }

    private static func map(_ decoded: Tensor) -> Tensor? {
        decoded.rank == 4 ? decoded.reshaped(Array(decoded.shape.dropFirst())) : nil
    }
}
