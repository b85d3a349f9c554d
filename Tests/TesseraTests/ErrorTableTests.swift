import Formats
import Foundation
import FourM
import FourMSettings
import Hub
import Importers
import Media
import Runtime
import Testing

@testable import Tessera

@Suite struct ErrorTableTests {
    @Test func eachCategoryHasItsCodes() {
        let codes = ErrorCategory.allCases.map(\.code)
        #expect(Set(codes).count == codes.count && !codes.contains(0))
        #expect(ErrorCategory.usage.exitCode == 2 && ErrorCategory.cancelled.exitCode == 130)
        let failures: [ErrorCategory] = [.notFound, .unreadable, .unsupported, .outOfResources, .internal]
        #expect(failures.allSatisfy { $0.exitCode == 1 })
        #expect(ErrorCategory.allCases.allSatisfy { (400..<600).contains($0.httpStatus) })
    }

    @Test func innerErrorsKeepWhatTheyKnow() {
        let checkpoint = TesseraError(
            CheckpointError(.truncated, file: "/a.safetensors", subject: "w", "ends early", advice: "get it anew"))
        #expect(checkpoint.category == .unreadable && checkpoint.file == "/a.safetensors" && checkpoint.node == "w")
        #expect(checkpoint.remedy == "get it anew" && checkpoint.message.contains("ends early"))
        #expect(TesseraError(CheckpointError(.unreadable, file: "/nowhere", "cannot be opened")).category == .notFound)
        #expect(TesseraError(CheckpointError(.unreadable, file: "/etc", "is a folder")).category == .unreadable)
        let shape = TesseraError(ImportError.wrongShape(file: "f", tensor: "t", expected: "[1]", found: "[2]"))
        #expect(shape.category == .unreadable && shape.file == "f" && shape.node == "t")
        #expect(TesseraError(MediaError(.file, file: "/nowhere.png", "cannot be opened", remedy: "")).category == .notFound)
        #expect(TesseraError(MediaError(.format, file: "/etc/passwd", "neither", remedy: "convert it")).remedy == "convert it")
        #expect(TesseraError(HubError(.notCached, "fetch it")).category == .notFound)
        #expect(TesseraError(HubError(.invalid, "no name")).category == .usage)
        #expect(TesseraError(RuntimeError("too large", .resources)).category == .outOfResources)
        #expect(TesseraError(RuntimeError("failed", .fault, node: "linear 'fc'")).node == "linear 'fc'")
        #expect(TesseraError(FourMError("no such modality", .request)).category == .usage)
        #expect(TesseraError(FourMError("195 tokens")).category == .unreadable)
        #expect(TesseraError(CancellationError()).category == .cancelled)
        let same = TesseraError(.unsupported, "x", file: "y", node: "z", remedy: "r")
        #expect(TesseraError(same) == same)
    }

    @Test func theSystemsErrorsAreInPlainWords() throws {
        let missing = #expect(throws: (any Error).self) { try String(contentsOfFile: "/nowhere/at/all", encoding: .utf8) }
        let error = TesseraError(try #require(missing))
        #expect(error.category == .notFound && error.message.contains("/nowhere/at/all"), "\(error)")
    }
}
