import FourMModels
import FourMSettings
import IR
import Media

/// One value of a given modality: as a person types it, in a file, or in memory.
package enum InputValue: Sendable, Equatable {
    /// Path of a picture, `.npy` file or the like, or the text or JSON itself; `@FILE`, and a path that ends in `.json` or `.txt`, name a file
    /// with the text.
    case given(String)
    case file(String)
    case text(String)
    /// Grey, RGB or RGBA.
    case picture(ByteImage)
    /// Of pixels f32 [3, height, width] as the model takes them; of image-like tokens what a `.npy` file may hold; of a text its ids.
    case tensor(Tensor)
}

extension InputValue {
    /// What messages call it.
    package func name(_ modality: String) -> String {
        switch self {
        case .given(let path), .file(let path): path
        case .text: "the text given for '\(modality)'"
        case .picture: "the picture given for '\(modality)'"
        case .tensor: "the tensor given for '\(modality)'"
        }
    }

    package var isEmpty: Bool { self == .given("") || self == .file("") }

    /// The array that it is or names; nil for others.
    package func array() throws -> Tensor? {
        switch self {
        case .tensor(let tensor): tensor
        case .given(let path), .file(let path): try TokenizerInput.array(path)
        case .text, .picture: nil
        }
    }

    /// The picture that it is or names.
    /// - Throws: ``FourMError`` for a text or an array; `MediaError` naming the file.
    package func decoded(_ modality: String, _ options: ImageFile.Options) throws -> DecodedImage {
        switch self {
        case .given(let path), .file(let path): return try ImageFile.decode(path: path, options: options)
        case .picture(let picture): return DecodedImage(pixels: .bytes(picture), orientation: 1)
        case .text, .tensor: throw FourMError("'\(modality)' takes a picture, not \(name(modality))", .request)
        }
    }
}
