import Names
import Testing

@Suite struct XMLTextTests {
    @Test func whatXMLReadsOtherwiseIsWrittenOut() {
        #expect(XMLText.escaped("a<b> & \"c\"'") == "a&lt;b&gt; &amp; &quot;c&quot;'")
        #expect(XMLText.escaped("a\nb\tc\r") == "a&#10;b&#9;c&#13;")
        #expect(XMLText.escaped("größe 日本 🙂") == "größe 日本 🙂")
    }

    @Test func whatXMLForbidsIsReplaced() {
        #expect(XMLText.escaped("\u{0}\u{1B}[31m\u{7F}\u{9B}\u{FFFE}\u{FFFF}") == "\u{FFFD}\u{FFFD}[31m\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")
    }
}
