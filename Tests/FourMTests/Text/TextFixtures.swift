import Foundation
import TestSupport
import Testing

@testable import FourMText

/// Files of the shared folder beside the package, and small tokenizers made in memory.
enum TextFixtures {
    static func path(_ path: String) -> String { SharedData.path(path) }

    static func data(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: self.path(path))) }

    static func tokenizer(_ path: String) throws -> TextTokenizer {
        try TextTokenizer(contentsOf: URL(fileURLWithPath: self.path(path)))
    }

    static func fourM() throws -> TextTokenizer { try tokenizer("goldens/text/text_tokenizer_4m_wordpiece_30k.json") }

    /// A tokenizer file; each argument is JSON text.
    static func file(
        vocabulary: String = ###"{"[UNK]":0,"[EOS]":1,"[S_1]":2,"[S_2]":3,"a":4,"##b":5,"cat":6,"b":7}"###,
        added: String = "[]", normalizer: String = #"{"type":"BertNormalizer","lowercase":true}"#,
        preTokenizer: String = #"{"type":"BertPreTokenizer"}"#, decoder: String = #"{"type":"WordPiece"}"#,
        postProcessor: String = "null"
    ) -> Data {
        Data(
            """
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":\(added),"normalizer":\(normalizer),
            "pre_tokenizer":\(preTokenizer),"post_processor":\(postProcessor),"decoder":\(decoder),
            "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
            "max_input_chars_per_word":100,"vocab":\(vocabulary)}}
            """.utf8)
    }

    static func added(_ id: Int, _ content: String, _ flags: String...) -> String {
        let settings = flags.map { ",\"\($0)\":true" }.joined()
        let normalized = flags.contains("normalized") ? "" : ",\"normalized\":false"
        return "{\"id\":\(id),\"content\":\"\(content)\"\(settings)\(normalized)}"
    }
}
