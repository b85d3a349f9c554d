import IR
import Testing

/// Hints of lowered nodes: part of the text, of equality, and legal in lowered modules alone.
@Suite struct HintTests {
    private func text(_ stage: String, _ hints: String) -> String {
        """
        module @m stage(\(stage)) {
          func @main(%x: f32[n]) -> (y: f32[n]) {
            %0 = neg(%x) : f32[n]\(hints) "minus"
            return %0
          }
        }

        """
    }

    @Test(arguments: ["", " joined", " placed", " joined placed"]) func hintsReadBack(_ hints: String) throws {
        let module = try Module(parsing: text("lowered", hints))
        #expect(module.description == text("lowered", hints))
        try module.verify()
        #expect((module == (try Module(parsing: text("lowered", "")))) == hints.isEmpty)
    }

    @Test func onlyLoweredModulesHaveHints() throws {
        let module = try Module(parsing: text("clean", " joined"))
        #expect(throws: VerificationError.self) { try module.verify() }
    }
}
