import Names
import Testing

@Suite struct OutsideNameTests {
    @Test(arguments: [
        "", "..", "../b", "a/../b", "a/..", "/", "/a", "/\u{301}a", "a/..\u{0}", "a/../\u{301}b", "a/\u{600}/../x", "..\u{2F}\u{338}x",
        "a\0b", "a\nb", "a\u{7F}", "a\u{9B}b", "a\u{2028}b", "a\u{2029}b", String(repeating: "a", count: 4097),
    ])
    func namesThatLeadOut(name: String) {
        #expect(!OutsideName.staysBelow(name))
        #expect(!OutsideName.isPlain(name))
    }

    @Test(arguments: [
        "./a", "a//b", "a/", "a/./b", ".", "a/\u{301}/b/", "a\\b", "a\u{202E}b", "a\u{200D}b", "a\u{FEFF}",
        String(repeating: "a", count: 201), String(repeating: "a/", count: 600) + "a",
    ])
    func namesThatAreNotPlain(name: String) {
        #expect(OutsideName.staysBelow(name))
        #expect(!OutsideName.isPlain(name))
    }

    @Test(arguments: ["a", "a/b.c", "...", "..a/b..", "ä/日本", "a b", "a\u{301}", "a/\u{301}b", String(repeating: "a", count: 200)])
    func plainNames(name: String) {
        #expect(OutsideName.staysBelow(name) && OutsideName.isPlain(name))
    }

    @Test func limitsAreBytes() {
        #expect(OutsideName.staysBelow("ää", longest: 4) && !OutsideName.staysBelow("ää", longest: 3))
        #expect(OutsideName.isPlain("ää/b", longestPart: 4) && !OutsideName.isPlain("ää/b", longestPart: 3))
    }

    @Test func textOfOthersStaysOnOneLineAndSteersNothing() {
        #expect(ForeignText.clean("a\u{1B}[31mb\u{9B}31mc\u{202E}d\u{2066}e\u{2028}f\u{2029}g\u{85}h\u{7F}i\r\nj") == "a[31mb31mcdefghij")
        #expect(ForeignText.escaped("a\u{1B}[31m\tb\u{9B}\n日本") == "a\\u{1B}[31m\tb\\u{9B}\\u{A}日本")
        #expect(ForeignText.clean("Zürich 日本 e\u{301}") == "Zürich 日本 e\u{301}")
        #expect(ForeignText.clean(String(repeating: "x", count: 500)).count == 200)
    }
}
