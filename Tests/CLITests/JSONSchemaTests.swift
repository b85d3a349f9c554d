import TestSupport
import Testing

/// The validator itself.
@Suite struct JSONSchemaTests {
    private static let text = """
        {"type": "object", "required": ["name", "size"], "additionalProperties": false, "properties": {
           "name": {"type": "string"}, "size": {"type": "integer", "minimum": 0}, "kind": {"enum": ["a", "b"]},
           "share": {"$ref": "#/$defs/real"}, "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
           "bytes": {"type": "object", "additionalProperties": {"type": "number"}}},
         "$defs": {"real": {"anyOf": [{"type": "number"}, {"type": "string", "enum": ["inf"]}]},
           "part": {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"], "additionalProperties": false}}}
        """

    @Test(arguments: [
        #"{"name": "x", "size": 0}"#, #"{"name": "x", "size": 2.0, "kind": "b", "share": "inf", "parts": [], "bytes": {}}"#,
        #"{"name": "", "size": 12345678901, "share": -0.5, "parts": [{"on": true}, {"on": false}], "bytes": {"f32": 1.5}}"#,
    ])
    func whatFits(document: String) throws {
        #expect(try JSONSchema(Self.text).problems(JSONDocument(document)) == [])
    }

    @Test(arguments: [
        (#"{"name": "x"}"#, "$.size is missing"), (#"{"name": 1, "size": 1}"#, "$.name is no string"),
        (#"{"name": "x", "size": 1.5}"#, "$.size is no integer"), (#"{"name": "x", "size": -1}"#, "$.size: -1.0 < 0.0"),
        (#"{"name": "x", "size": true}"#, "$.size is no integer"), (#"{"name": "x", "size": 1, "more": 1}"#, "$.more is not known"),
        (#"{"name": "x", "size": 1, "kind": "c"}"#, "$.kind: "), (#"{"name": "x", "size": 1, "share": "nan"}"#, "$.share"),
        (#"{"name": "x", "size": 1, "share": null}"#, "$.share is no "), (#"{"name": "x", "size": 1, "parts": {}}"#, "$.parts is no array"),
        (#"{"name": "x", "size": 1, "parts": [{"on": true}, {}]}"#, "$.parts[1].on is missing"),
        (#"{"name": "x", "size": 1, "parts": [{"on": 1}]}"#, "$.parts[0].on is no boolean"),
        (#"{"name": "x", "size": 1, "bytes": {"f32": "1"}}"#, "$.bytes.f32 is no number"), ("[]", "$ is no object"),
    ])
    func whatDoesNot(document: String, problem: String) throws {
        let found = try JSONSchema(Self.text).problems(JSONDocument(document))
        #expect(found.count == 1 && found.first?.hasPrefix(problem) == true, "\(found)")
    }

    @Test(arguments: [
        (#"{"type": "object", "maxProperties": 3}"#, "maxProperties"), (#"{"type": "float"}"#, "float"),
        (##"{"$ref": "#/$defs/none"}"##, "#/$defs/none"), (#"{"properties": {"a": {"const": 1}}}"#, "const"),
        (#"{"properties": {}, "required": ["a"]}"#, "'a'"), (#"{"anyOf": [{"not": {}}]}"#, "not"),
    ])
    func schemasThatSayMoreAreRefused(text: String, word: String) {
        let error = #expect(throws: JSONSchema.Fault.self) { try JSONSchema(text) }
        #expect(error?.description.contains(word) == true)
    }

    @Test func propertiesWithoutDescriptionAreNamed() throws {
        let text = """
            {"properties": {"a": {"type": "string"}, "b": {"type": "string", "description": "B."}, "c": {"$ref": "#/$defs/c"}},
             "$defs": {"c": {"description": "C.", "items": {"properties": {"d": {}}}}}}
            """
        #expect(Set(try JSONSchema(text).undescribed) == ["#/a", "c/d"])
    }
}
