import Formats
import FourMCodecs
import FourMModels
import FourMSettings
import IR

/// Texts that come as vectors (`t5_caption`).
enum EmbeddedSequence {
    /// One row for each file, padded to the longest.
    /// - Throws: ``FourMError`` naming the file.
    static func batch(_ info: ModelModality, _ values: [InputValue]) throws -> ModalityBatch {
        let rows = try values.map { try valid($0, info) }
        let width = rows.first?.shape[1] ?? 0
        if let (value, other) = zip(values, rows).first(where: { $1.shape[1] != width }) {
            throw FourMError("\(value.name(info.name)) has \(other.shape[1]) channels where others have \(width)")
        }
        let length = rows.map { $0.shape[0] }.max() ?? 0
        let padded = rows.flatMap { $0.floats + [Float](repeating: 0, count: (length - $0.shape[0]) * width) }
        let mask = rows.map { row in (0..<length).map { $0 >= row.shape[0] } }
        return ModalityBatch(
            .embeddings(Tensor(padded, [rows.count, length, width])), inputMask: mask, targetMask: mask.map { $0.map { _ in true } })
    }

    private static func arrays(_ value: InputValue, _ info: ModelModality) throws -> [String: Tensor] {
        switch value {
        case .given(let path), .file(let path): path.hasSuffix(".npz") ? try NumpyArchive.read(path) : ["emb": try NumpyFile.read(path)]
        case .tensor(let emb): ["emb": emb]
        case .text, .picture: throw FourMError("'\(info.name)' takes vectors [n, channels], not \(value.name(info.name))", .request)
        }
    }

    /// The valid vectors of a file, f32 [n, channels]: all of a `.npy` [n, channels]; of a `.npz` the rows of `emb` where `mask_valid`
    /// holds, of the first of several sequences (`CaptionEmbTransform` in `fourm/data/modality_transforms.py`).
    private static func valid(_ value: InputValue, _ info: ModelModality) throws -> Tensor {
        let (path, arrays) = (value.name(info.name), try arrays(value, info))
        guard let all = arrays["emb"] else { throw FourMError("\(path) holds no array 'emb'") }
        let emb = all.rank == 3 && all.shape[0] > 0 ? all.row(0).reshaped(Array(all.shape.dropFirst())) ?? all : all
        guard emb.dtype.isFloat, emb.rank == 2 else {
            throw FourMError("\(path): '\(info.name)' takes a float array [n, channels], not \(all.type)")
        }
        let (count, width) = (emb.shape[0], emb.shape[1])
        var kept = Array(0..<count)
        if let mask = arrays["mask_valid"] {
            guard mask.count >= count else { throw FourMError("\(path): mask_valid \(mask.type) does not fit emb \(all.type)") }
            let flags = mask.bools
            kept = kept.filter { flags[$0] }
        }
        guard kept.count <= info.positions else {
            throw FourMError("'\(info.name)': \(path) has \(kept.count) vectors; this model takes \(info.positions)")
        }
        let values = emb.floats
        let vectors = Tensor(kept.flatMap { values[$0 * width..<($0 + 1) * width] }, [kept.count, width])
        try vectors.requireFinite(path)
        return vectors
    }
}
