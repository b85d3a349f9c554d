import ArgumentParser
import Glibc

/// The format of an output that is one file: told by its suffix, or by `--format` where it has none, as standard output.
enum OutputFormat {
    /// - Parameters:
    ///   - given: of `--format`.
    ///   - standard: of standard output, devices and pipes without `--format`.
    /// - Throws: `ValidationError` for another suffix, and for one that contradicts `--format`.
    static func of<Format: RawRepresentable & CaseIterable & Equatable>(
        _ path: String, _ given: Format?, standard: Format
    ) throws -> Format where Format.RawValue == String {
        if let told = Format.allCases.first(where: { path.lowercased().hasSuffix(".\($0.rawValue)") }) {
            guard let given, given != told else { return told }
            throw ValidationError("--format \(given.rawValue) contradicts --output '\(path)', which ends in .\(told.rawValue); take one")
        }
        if let given { return given }
        if path == "-" || isStream(path) { return standard }
        let endings = Format.allCases.map { ".\($0.rawValue)" }
        let list = endings.count < 2 ? endings.joined() : "\(endings.dropLast().joined(separator: ", ")) or \(endings.last ?? "")"
        throw ValidationError("--output must end in \(list), or be - for standard output, not '\(path)'")
    }

    /// A device or pipe, whose name tells nothing.
    private static func isStream(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
    }

    /// - Throws: `ValidationError` if `--json` and the file of `--output` would both be on standard output.
    static func check(_ path: String, json: Bool) throws {
        if json, path == "-" { throw ValidationError("--json and --output - both write to standard output; take one") }
    }

    /// Says what was written: on standard output, or beside it where that holds the file.
    static func say(_ line: String, beside path: String) { if path == "-" { Terminal.note(line) } else { Output.line(line) } }
}
