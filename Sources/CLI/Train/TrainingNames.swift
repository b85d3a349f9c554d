import Files
import Foundation
import FourMText
import Media

/// Lists of names that options of `tessera train` name.
enum TrainingNames {
    /// `coco`, `none`, or a file with a name a line.
    /// - Throws: `InputError`, `TesseraError` for a file without names.
    static func objectClasses(_ value: String) throws -> [String] {
        switch value {
        case "none": return []
        // The things among the classes of panoptic segmentation, by name, as ml-4m lists them.
        case "coco": return COCOClasses.names[1...80].sorted()
        default:
            guard FilePath.exists(value) else {
                throw Refusal.usage("--object-classes '\(value)' is neither coco nor none, nor a file; name a file with one name a line")
            }
            let names = lines(try InputFile.text(value))
            guard !names.isEmpty else { throw Refusal.content("--object-classes \(value) holds no names; write one a line, or give none") }
            return names
        }
    }

    /// The one-character tokens within words that a file lists: those of a tokenizer file by their ids, or one a line.
    /// - Throws: `InputError`, `TokenizerError`, `TesseraError` for a file without such tokens.
    static func continuations(_ path: String, prefix: String) throws -> [String] {
        let isTokenizer = try InputFile.head(path).first { $0 > 0x20 } == UInt8(ascii: "{")
        let tokens =
            isTokenizer
            ? try TextTokenizer(contentsOf: URL(fileURLWithPath: path)).vocabulary.map(\.token) : lines(try InputFile.text(path))
        let wanted = tokens.filter { token in
            token.utf8.starts(with: prefix.utf8) && token.unicodeScalars.count == prefix.unicodeScalars.count + 1
        }
        guard !wanted.isEmpty else {
            throw Refusal.content(
                "--continuation-order \(path) has no one-character tokens that begin with \(prefix); is it the right file?")
        }
        return wanted
    }

    /// Without white space around, and without empty ones.
    private static func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
