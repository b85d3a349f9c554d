import FourMSettings
import IR
import Importers

/// One modality of a loaded model, as its module's metadata tells it.
package struct ModelModality: Sendable {
    /// How a modality is represented.
    package enum Kind: String, Sendable {
        case pixels = "image_pixels"
        case imageTokens = "image_tokens"
        case sequence
        case sequenceEmbedding = "sequence_embedding"
    }

    package let name: String
    package let kind: Kind
    package let isInput: Bool
    package let isOutput: Bool
    /// Token ids; nil for pixels and embeddings.
    package let vocabularySize: Int?
    /// Rows of the position table.
    package let positions: Int
    /// Sequences: decoder positions from here on count as 0.
    package let maxLength: Int
    /// Sequences: most tokens that generation asks for. Images: the token grid's size.
    package let maxTokens: Int
    /// Images: rows and columns of tokens.
    package let grid: (rows: Int, columns: Int)?
    /// Images: height and width in pixels.
    package let imageSize: (height: Int, width: Int)?

    /// The number that marks this modality's tokens.
    package var id: Int { ModalityInfo.id(of: name) }

    package var isSequence: Bool { kind == .sequence }

    /// Whether its tokens stand for one vector of the whole image instead of a map.
    package var isGlobal: Bool { kind == .imageTokens && name.hasSuffix("_global") }

    /// - Throws: ``FourMError`` naming an id that the vocabulary lacks.
    package func check(ids: [Int]) throws(FourMError) {
        guard let size = vocabularySize, let wrong = ids.first(where: { $0 < 0 || $0 >= size }) else { return }
        throw FourMError("token id \(wrong) of '\(name)' is not in its vocabulary of \(size)")
    }

    package static func read(_ module: Module) throws -> [String: ModelModality] {
        guard case .string(FourMImporter.transformerFamily)? = module.metadata[.family],
            case .dictionary(let table)? = module.metadata[.modalities]
        else { throw FourMError("module '\(module.name)' is no 4M transformer") }
        var found: [String: ModelModality] = [:]
        for (name, value) in table {
            guard case .dictionary(let fields) = value else { continue }
            found[name] = try ModelModality(name, fields)
        }
        return found
    }

    private init(_ name: String, _ fields: Attributes) throws {
        guard case .string(let kindName)? = fields[.kind], let kind = Kind(rawValue: kindName) else {
            throw FourMError("modality '\(name)' has no known kind in the module's metadata")
        }
        self.name = name
        self.kind = kind
        isInput = fields[.input] == .bool(true)
        isOutput = fields[.output] == .bool(true)
        vocabularySize = fields.integer(.vocabularySize)
        positions = fields.integer(.positions) ?? 0
        maxLength = fields.integer(.maxLength) ?? positions
        maxTokens = fields.integer(.maxTokens) ?? positions
        grid = fields.pair(.grid).map { ($0.0, $0.1) }
        imageSize = fields.pair(.imageSize).map { ($0.0, $0.1) }
    }
}

extension ModelModality {
    /// The name of the input that `word` means among `known`: pixels rather than tokens for pictures, the other way round for arrays.
    /// - Throws: ``FourMError`` naming the inputs there are.
    package static func input(_ word: String, in known: [ModelModality], isArray: Bool) throws -> String {
        if let output = known.first(where: { $0.name == word && !$0.isInput }) {
            throw FourMError("modality '\(output.name)' cannot be given; it is an output of this model only", .request)
        }
        let inputs = known.filter(\.isInput)
        let preferred = Set(inputs.filter { ($0.kind == .pixels) != isArray }.map(\.name))
        return try ModalityWord.resolve(
            word, in: inputs.map(\.name), lacks: "this model does not take", has: "it takes", preferring: preferred.contains)
    }

    /// The name of the target that `word` means among `known`.
    /// - Throws: ``FourMError`` naming the targets there are.
    package static func target(_ word: String, in known: [ModelModality]) throws -> String {
        try ModalityWord.resolve(
            word, in: known.filter(\.isOutput).map(\.name), lacks: "this model cannot generate", has: "it can generate")
    }
}

extension Attributes {
    /// A number that a 4M transformer's metadata must have.
    func architecture(_ key: MetadataKey) throws -> Int {
        guard let value = section(.architecture).integer(key) else {
            throw FourMError("the module's metadata lack '\(key.rawValue)'")
        }
        return value
    }
}
