import Files
import Foundation
import Inspect

/// Says of a sample's folder that its files are being written, and which: `unfinished.json`, which goes when `result.json` is there. Of a run
/// that was killed it stays, so that the next one knows what is not whole.
enum SampleMark {
    static let name = "unfinished.json"

    private struct Record: Codable { var files: [String] }

    private static func path(_ folder: String) -> String { FilePath.join(folder, name) }

    /// Names of the files that a run began to write into `folder`; nil if none did.
    static func files(in folder: String) -> [String]? {
        guard let bytes = try? InputFile.bytes(path(folder)) else { return nil }
        return (try? JSONDecoder().decode(Record.self, from: Data(bytes)))?.files
    }

    /// Notes that `files` are to be written into `folder`, in place of what an unfinished run wrote there.
    static func begin(_ files: [String], in folder: String) throws {
        let earlier = SampleMark.files(in: folder) ?? []
        try OutputFile.write(try IndentedJSON.text(Record(files: Set(files + earlier).sorted())) + "\n", to: path(folder))
        for file in earlier where !file.contains("/") { try OutputFile.withdraw(FilePath.join(folder, file)) }
    }

    /// Notes that all of them are there.
    static func end(in folder: String) throws { try OutputFile.withdraw(path(folder)) }
}
