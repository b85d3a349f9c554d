import Testing

@testable import FourMSettings

@Suite struct ModalityWordTests {
    private let known = ["caption", "det", "rgb@224", "rgb@448", "tok_depth@224", "tok_rgb@224", "tok_rgb@448", "tok_dinov2_global"]

    private func resolve(_ word: String, preferring: (String) -> Bool = { _ in false }) throws -> String {
        try ModalityWord.resolve(word, in: known, lacks: "no", has: "there are", preferring: preferring)
    }

    @Test(arguments: [
        ("depth", ["tok_depth@224"]), ("depth@224", ["tok_depth@224"]), ("tok_depth", ["tok_depth@224"]), ("depth@448", []),
        ("rgb@224", ["rgb@224"]), ("tok_rgb", ["tok_rgb@224", "tok_rgb@448"]), ("tok_rgb@448", ["tok_rgb@448"]),
        ("rgb", ["rgb@224", "rgb@448", "tok_rgb@224", "tok_rgb@448"]), ("caption", ["caption"]), ("dinov2_global", ["tok_dinov2_global"]),
        ("dinov2", []), ("tok_caption", []), ("", []),
    ])
    func wordsMeanNames(_ word: String, _ meant: [String]) { #expect(ModalityWord.matches(word, in: known) == meant) }

    @Test func oneOfSeveralIsTakenOnlyWhereItIsPreferred() throws {
        #expect(try resolve("rgb") { $0 == "rgb@224" } == "rgb@224")
        #expect(
            throws: FourMError("'rgb' may mean rgb@224 or rgb@448 or tok_rgb@224 or tok_rgb@448 here; give one of these names", .request)
        ) {
            try resolve("rgb")
        }
        #expect(throws: FourMError.self) { try resolve("rgb") { $0.hasPrefix("rgb") } }
    }

    @Test func strangersAreAnsweredWithNearNames() {
        let error = #expect(throws: FourMError.self) { try resolve("depht") }
        #expect(error?.description.hasPrefix("no 'depht'; did you mean tok_depth@224? there are: caption") == true)
        #expect(error?.cause == .request)
        let far = #expect(throws: FourMError.self) { try resolve("zzzzzzzzz") }
        #expect(far?.description.hasPrefix("no 'zzzzzzzzz'; there are: caption") == true)
    }
}
