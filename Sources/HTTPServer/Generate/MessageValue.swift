import Formats
import Foundation
import HTTPTypes
import Tessera

/// What a message says of one given modality, as the pipeline takes it. Nothing of it is ever a path.
struct MessageValue {
    let modality: String
    let limits: GenerateLimits

    /// `"a text"`, or one of `{"text": …}`, `{"json": …}`, `{"image": …}`, `{"tokens": […], "shape": […]}`, `{"values": […], "shape": […]}`;
    /// a list of these for several samples.
    /// - Parameter pixels: of the pictures of the request so far; those of this value are added.
    /// - Throws: ``AnswerError``; ``TesseraError`` for pictures that cannot be read.
    func inputs(_ value: ConfigValue, _ pixels: inout Int) throws -> [GenerationInput] {
        try each(value) { try input($0, &pixels) }
    }

    /// Of masks: `{"image": …}` or `{"values": […], "shape": […]}`; a list of these for several samples.
    /// - Parameter pixels: of the pictures of the request so far; those of these masks are added.
    /// - Throws: ``AnswerError``; ``TesseraError`` for pictures that cannot be read.
    func masks(_ value: ConfigValue, _ pixels: inout Int) throws -> [GenerationInput] {
        try each(value) { try mask($0, &pixels) }
    }

    private func each(_ value: ConfigValue, _ read: (ConfigValue) throws -> GenerationInput) throws -> [GenerationInput] {
        guard let list = value.array else { return [try read(value)] }
        guard !list.isEmpty, list.count <= limits.results else {
            throw failure("a list has a value for each sample: 1 to \(limits.results)")
        }
        return try list.map(read)
    }

    private func input(_ value: ConfigValue, _ pixels: inout Int) throws -> GenerationInput {
        if let text = value.string { return .text(text) }
        let (kind, content, shape) = try entry(value, ["text", "json", "image", "tokens", "values"], or: "a text or ")
        switch kind {
        case "json": return .text(content.description)
        case "image": return try picture(bytes(content), &pixels)
        case "tokens": return .tensor(try tokens(content, shape))
        case "values": return .tensor(try numbers(content, shape))
        default:
            guard let text = content.string else { throw failure("text is \(content.kindName)") }
            return .text(text)
        }
    }

    private func mask(_ value: ConfigValue, _ pixels: inout Int) throws -> GenerationInput {
        let (kind, content, shape) = try entry(value, ["image", "values"])
        return kind == "image" ? try maskPicture(bytes(content), &pixels) : .tensor(try numbers(content, shape))
    }

    /// The one of `kinds` that `value` has, and the shape that goes with arrays.
    private func entry(
        _ value: ConfigValue, _ kinds: [String], or others: String = ""
    ) throws -> (kind: String, content: ConfigValue, shape: [Int]?) {
        guard let entries = value.dictionary else { throw failure("\(others)an object is needed, this is \(value.kindName)") }
        let given = kinds.filter { entries[$0] != nil }
        guard given.count == 1, let kind = given.first, let content = entries[kind] else {
            throw failure("give one of \(kinds.joined(separator: ", "))")
        }
        let known = ["tokens", "values"].contains(kind) ? [kind, "shape"] : [kind]
        if let stranger = entries.keys.first(where: { !known.contains($0) }) {
            throw failure("'\(stranger.prefix(80))' does not go with \(kind)")
        }
        return (kind, content, try shape(entries["shape"]))
    }

    /// A PNG, JPEG or WebP file.
    /// - Parameter pixels: of the pictures of the request so far; those of this one are added.
    /// - Throws: ``AnswerError`` 413 where they become too many; ``TesseraError`` for what cannot be read.
    func picture(_ bytes: [UInt8], _ pixels: inout Int) throws -> GenerationInput {
        try decoded(bytes, for: modality, name: "the picture of '\(modality.prefix(80))'", &pixels)
    }

    /// The same of a mask.
    func maskPicture(_ bytes: [UInt8], _ pixels: inout Int) throws -> GenerationInput {
        try decoded(bytes, for: nil, name: "the mask of '\(modality.prefix(80))'", &pixels)
    }

    private func decoded(_ bytes: [UInt8], for modality: String?, name: String, _ pixels: inout Int) throws -> GenerationInput {
        do throws(TesseraError) {
            let found = try GenerationInput.decoded(bytes, for: modality, name: name, mostPixels: max(limits.pixels - pixels, 0))
            pixels += found.pixels
            return found.input
        } catch {
            guard error.category == .outOfResources else { throw error }
            throw AnswerError(.contentTooLarge, "\(error.message); all pictures of a request may have \(limits.pixels) pixels")
        }
    }

    func failure(_ why: String) -> AnswerError { AnswerError(.badRequest, "'\(modality.prefix(80))': \(why)") }

    private func bytes(_ image: ConfigValue) throws -> [UInt8] {
        try MessageValue.base64(image.string).get(or: failure("image is base64, or a data URL of it"))
    }

    /// The bytes of base64 or of a data URL.
    private static func base64(_ text: String?) -> [UInt8]? {
        guard let text else { return nil }
        guard text.hasPrefix("data:") else { return Data(base64Encoded: text, options: .ignoreUnknownCharacters).map { Array($0) } }
        guard let comma = text.firstIndex(of: ","), text[..<comma].hasSuffix(";base64") else { return nil }
        return Data(base64Encoded: String(text[text.index(after: comma)...]), options: .ignoreUnknownCharacters).map { Array($0) }
    }

    private func shape(_ value: ConfigValue?) throws -> [Int]? {
        guard let value, !value.isNull else { return nil }
        guard let sizes = value.array?.map(\.int), sizes.count <= 8, !sizes.contains(where: { ($0 ?? -1) < 1 }) else {
            throw failure("shape is a list of sizes")
        }
        return sizes.compactMap { $0 }
    }

    private func tokens(_ value: ConfigValue, _ shape: [Int]?) throws -> Tensor {
        let ids = (value.array ?? []).compactMap { $0.int.flatMap { Int32(exactly: $0) } }
        guard !ids.isEmpty, ids.count == value.array?.count else { throw failure("tokens is a list of token ids") }
        return try Tensor(ids, shape ?? [ids.count])
    }

    private func numbers(_ value: ConfigValue, _ shape: [Int]?) throws -> Tensor {
        let numbers = (value.array ?? []).compactMap { $0.double.map { Float($0) } }
        guard !numbers.isEmpty, numbers.count == value.array?.count else { throw failure("values is a list of numbers") }
        return try Tensor(numbers, shape ?? [numbers.count])
    }
}

extension Optional {
    /// The value, or `error` thrown.
    fileprivate func get(or error: AnswerError) throws(AnswerError) -> Wrapped {
        guard let self else { throw error }
        return self
    }
}
