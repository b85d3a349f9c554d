import Files
import IR

/// Models as text of the IR, with their weights in the files that the text names.
///
///     module @fm stage(clean) {
///       weights "fm.safetensors"
///       weights "fm.ir.safetensors"
///       const @encoder.0.attn.qkv.weight : f32[576, 192]
///       …
///
/// A constant that is printed without its data has those of the tensor of its name in the first of the files that has one.
package enum IRTextFile {
    /// Text beyond this many bytes is no module that anybody wrote or printed: the largest, of a 4M-XL, has 3 MB.
    static let mostBytes = 256 << 20

    /// Whether the file `path`, which begins with `head`, is text of the IR: by its name or its first word.
    package static func recognizes(_ path: String, head: [UInt8]) -> Bool {
        if path.lowercased().hasSuffix(".ir") { return true }
        return firstWord(head) == "module"
    }

    /// Whether there is such a file at `path`.
    package static func isIRText(_ path: String) -> Bool {
        if path.lowercased().hasSuffix(".ir") { return true }
        guard FilePath.isRegular(path), let bytes = try? MappedFile.open(path) else { return false }
        return recognizes(path, head: ByteSlice(bytes).withBytes { Array($0.prefix(4096)) })
    }

    /// The first word that is no comment.
    private static func firstWord(_ head: [UInt8]) -> String? {
        for line in head.split(whereSeparator: { $0 == UInt8(ascii: "\n") }) {
            let words = line.split(whereSeparator: { [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")].contains($0) })
            guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
            return String(decoding: first, as: UTF8.self)
        }
        return nil
    }

    /// The module with the data of its constants. One of an earlier stage may be in it as well as a lowered one.
    /// - Throws: `CheckpointError` naming file and line, or file and constant; `VerificationError` for an unsound module.
    package static func read(_ path: String) throws -> Module {
        let text = try text(of: path)
        var module: Module
        do { module = try Module(parsing: text) } catch let error as ParseError {
            throw CheckpointError(.malformed, file: path, "is no text of the IR: \(error)")
        }
        try fill(&module, path)
        try module.verify()
        return module
    }

    private static func text(of path: String) throws -> String {
        let bytes = ByteSlice(try MappedFile.open(path))
        guard bytes.count <= mostBytes else {
            throw CheckpointError(.unsupported, file: path, "has \(bytes.count) bytes, more than text of the IR may have")
        }
        guard let text = bytes.withBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw CheckpointError(.malformed, file: path, "is no text in UTF-8")
        }
        return text
    }

    private static func fill(_ module: inout Module, _ path: String) throws {
        let missing = module.constants.values.filter { $0.bytes == nil }.sorted { $0.key < $1.key }
        if missing.isEmpty { return }
        let sources = try module.weightFiles.map { try WeightSource($0, besides: path) }
        for constant in missing {
            guard let found = try sources.lazy.compactMap({ try $0.constant(constant) }).first else {
                let places =
                    sources.isEmpty
                    ? "the text names no file with weights"
                    : "no tensor of that name is in \(sources.map(\.path).joined(separator: " or "))"
                throw CheckpointError(
                    .missing, file: path, subject: constant.key, "has no data: \(places)",
                    advice: "name its file in a line: weights \"FILE\"; or give its elements: const @… : \(constant.type) = […]")
            }
            module.setConstant(found)
        }
    }
}
