import Testing

@testable import InferenceRPC

@Suite struct TimeoutHeaderTests {
    @Test(arguments: ["1S", "99999999H", "0n", "5m", "7u", "00000001M"]) func soundOnesStay(text: String) {
        #expect(TimeoutHeader.isSound(text))
    }

    /// The first of these ended the program.
    @Test(arguments: ["-1S", "", "S", "1", "1s", "+1S", "999999999S", "1.5S", "1S ", "\u{661}S"]) func othersGo(text: String) {
        #expect(!TimeoutHeader.isSound(text))
    }
}
