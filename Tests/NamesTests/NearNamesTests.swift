import Names
import Testing

@Suite struct NearNamesTests {
    @Test func namesWithinTwoEditsComeFirst() {
        #expect(NearNames.distance("softmax", "sofmax") == 1)
        #expect(NearNames.distance("", "abc") == 3)
        #expect(NearNames.distance("dmi", "dim") == 1 && NearNames.distance("abcd", "badc") == 2)
        #expect(NearNames.of("cta", in: ["cat", "hot dog"]) == ["cat"])
        #expect(NearNames.of("norm", in: ["layer_norm", "add"]) == ["layer_norm"])
        #expect(NearNames.of("layer_nrm", in: ["layer_norm", "layer"]) == ["layer_norm"])
        #expect(NearNames.of("", in: ["a long name"]).isEmpty)
    }

    @Test func hintsListAllWhereNothingIsNear() {
        #expect(NearNames.hint("boxs", in: ["boxes", "width"]) == "did you mean boxes?")
        #expect(NearNames.hint("zzzzzz", in: ["boxes", "width"]) == "known: boxes, width")
        #expect(NearNames.hint("zzzzzz", in: ["boxes"], otherwise: "look") == "look")
    }
}
