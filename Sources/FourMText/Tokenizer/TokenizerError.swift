/// Why a tokenizer file was refused. Every case names the file and the field at fault.
package enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file could not be opened or read.
    case unreadable(file: String, reason: String)
    /// The file holds more bytes than a tokenizer may have.
    case tooLarge(file: String, bytes: Int, limit: Int)
    /// The bytes are not JSON (RFC 8259, UTF-8); `reason` names the byte of the fault.
    case malformedJSON(file: String, reason: String)
    /// A field that the format requires is absent.
    case missingField(file: String, field: String)
    /// A field holds a value of another type than the format requires.
    case wrongType(file: String, field: String, expected: String)
    /// A component of this name exists in Hugging Face `tokenizers` (or nowhere) but not here.
    case unsupported(file: String, component: String, name: String)
    /// A field has the right type and an impossible value.
    case invalidValue(file: String, field: String, reason: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): the tokenizer file cannot be read: \(reason)"
        case .tooLarge(let file, let bytes, let limit):
            "\(file): the tokenizer file has \(bytes) bytes, more than the limit of \(limit); is it the right file?"
        case .malformedJSON(let file, let reason):
            "\(file): not valid JSON: \(reason)"
        case .missingField(let file, let field):
            "\(file): the field \"\(field)\" is missing; a Hugging Face tokenizers JSON file is expected"
        case .wrongType(let file, let field, let expected):
            "\(file): the field \"\(field)\" must be \(expected)"
        case .unsupported(let file, let component, let name):
            "\(file): the \(component) \"\(name)\" is not supported; WordPiece tokenizers of 4M models need none such"
        case .invalidValue(let file, let field, let reason):
            "\(file): the field \"\(field)\" is invalid: \(reason)"
        }
    }
}
