import Foundation
import IR
import Media
import Testing

@testable import FourMCodecs
@testable import FourMSettings
@testable import FourMText

/// Structures that the model writes as words, as JSON and back.
@Suite struct TextCodecTests {
    private func shown(_ name: String, _ text: String) throws -> DecodedTarget {
        var target = DecodedTarget(modality: name, tokens: [])
        try ModalityCodecs.text(of: name).present(text, &target, CodecContext())
        return target
    }

    private func words(_ name: String, _ json: String) throws -> String {
        try ModalityCodecs.text(of: name).text(CodecJSON.parse(json, "test"), CodecContext())
    }

    /// What is written as JSON is read back to the same words.
    @Test(arguments: [
        ("det", "v0=100 v1=100 v2=500 v3=999 cat v0=500 v1=0 v2=999 v3=999 hot dog"),
        ("metadata", "v1=0 v0=14 v1=5 v0=2 v1=16 v0=3"),
        ("color_palette", "v1=2 v0=1 v0=2 v0=255 v0=16 v0=0 v0=9"),
        (
            "human_poses",
            "human v0=443 v1=100 v2=676 v3=860 pose v1=28 v1=408 v1=326 v0=254 v0=100 v0=314 v1=69 v0=288 "
                + "global v0=921 v0=366 v0=141 v0=28 v0=980 v0=711 v0=858 v0=691 v0=806 camera v0=86 v0=63 v0=67 "
                + "shape v0=89 v0=757 v0=690 v0=23 v0=488 v0=974 v0=262 v0=20 v0=322 v0=570"
        ),
        ("human_poses", "none"),
        ("sam_instance", "point v0=15 v1=20 polygon v0=10 v1=10 v2=30 v3=20 " + (0..<16).map { "v\($0 % 2)=\($0)" }.joined(separator: " ")),
    ])
    func jsonGoesThereAndBack(name: String, text: String) throws {
        let json = try #require(try shown(name, text).json)
        #expect(try words(name, json) == text)
    }

    @Test func metadataOfRealNumbersKeepsItsBins() throws {
        let json = try #require(try shown("metadata", "v1=9 v0=10 v1=13 v0=49").json)
        // Values are written with bins - 1 and read with bins, as in the reference.
        #expect(try words("metadata", json) == "v1=9 v0=9 v1=13 v0=48")
    }

    @Test func boxesMayBeInPixelsOrOfDataSets() throws {
        #expect(
            try words("det", #"{"width": 200, "height": 100, "boxes": [{"box": [20, 10, 100, 100], "class": "cat"}]}"#)
                == "v0=100 v1=100 v2=500 v3=999 cat")
        let data =
            #"{"instances": [{"boxes": [0.1, 0.1, 0.5, 1], "class_name": "cat", "score": 0.9},"#
            + #" {"boxes": [0, 0, 1, 1], "class_name": "dog", "score": 0.3}]}"#
        #expect(try words("det", data) == "v0=100 v1=100 v2=500 v3=999 cat")
    }

    @Test(arguments: [
        ("det", #"[{"box": [0, 0, 20, 20], "class": "cat"}]"#, "\"width\""), ("det", #"[{"box": [0, 0, 1], "class": "cat"}]"#, "4 numbers"),
        ("det", #"[{"xmin": -0.1, "ymin": 0, "xmax": 0.5, "ymax": 1, "class": "cat"}]"#, "det, box 1: 'xmin' is below 0"),
        ("det", #"{"width": 9, "height": 9, "boxes": [{"box": [0, -3, 5, 5], "class": "cat"}]}"#, "det, box 1: 'ymin' is below 0"),
        ("det", #"{"width": 9, "height": 9, "boxes": [{"box": [0, 3, 5, 50], "class": "cat"}]}"#, "box 1 reaches beyond"),
        ("det", #"[{"box": [0.5, 0, 0.2, 1], "class": "cat"}]"#, "is empty"), ("det", "3", "list"),
        ("metadata", #"{"n_human": 1}"#, "no field 'n_human'; did you mean n_humans?"),
        ("metadata", #"{"n_humans": "many"}"#, "must be a number"),
        ("color_palette", #"["red"]"#, "no colour #rrggbb"), ("color_palette", "[]", "0 colours"),
        ("human_poses", #"[{"betas": [1]}]"#, "global_orient"), ("sam_instance", #"[{"box": [1, 1, 1, 5], "tokens": []}]"#, "tokens"),
        ("sam_instance", #"[{"polygon": [[0, 0], [9, 0], [9, 9]]}]"#, "tokenizer"), ("caption", "{}", "caption"),
        ("det", #"{"boxs": []}"#, "det: there is no key 'boxs'; did you mean boxes?"),
        ("det", #"{"boxes": [], "widht": 3}"#, "'widht'; did you mean width?"),
        ("det", #"[{"box": [0, 0, 1, 1], "clas": "cat"}]"#, "det, box 1: there is no key 'clas'; did you mean class?"),
        ("color_palette", #"{"colours": []}"#, "colors"), ("human_poses", #"{"peopel": []}"#, "did you mean people?"),
        ("human_poses", #"[{"pose_token": []}]"#, "did you mean pose_tokens?"),
        ("sam_instance", #"{"instances": [{"boxx": []}]}"#, "instance 1: there is no key 'boxx'; did you mean box"),
    ])
    func wrongJSONIsExplained(name: String, json: String, expected: String) throws {
        let error = try #require(throws: FourMError.self) { try words(name, json) }
        #expect(error.description.contains(expected), "\(error)")
    }

    /// The classes of boxes are tokens of their own.
    @Test func boxesHaveKnownClasses() throws {
        var context = CodecContext()
        context.boxClasses = { ["cat", "hot dog"] }
        let codec = BoxCodec()
        let json = try CodecJSON.parse(#"[{"box": [0, 0, 1, 1], "class": "Hot dog"}]"#, "test")
        #expect(try codec.text(json, context) == "v0=0 v1=0 v2=999 v3=999 hot dog")
        for text in [#"[{"box": [0, 0, 1, 1], "class": "cta"}]"#, #"{"instances": [{"boxes": [0, 0, 1, 1], "class_name": "cta"}]}"#] {
            let error = #expect(throws: FourMError.self) { try codec.text(CodecJSON.parse(text, "test"), context) }
            #expect(error?.description == "det, box 1: this model knows no class 'cta'; did you mean cat?")
        }
        let plain = #expect(throws: FourMError.self) { try codec.text("v0=0 v1=0 v2=9 v3=9 dragon", context) }
        #expect(plain?.description.contains("'dragon'; known: cat, hot dog") == true)
        for text in ["v0=0 v1=0 v2=9 v3=9 hot dog", "v0=0 v1=0 v2=9 v3=9 [S_1]", "a cat"] { #expect(try codec.text(text, context) == text) }
    }

    @Test func captionsThatAreObjectsAreJSON() {
        #expect(!CaptionCodec().readsJSON("{red} sphere") && !CaptionCodec().readsJSON(#"{"caption": "a"} and more"#))
        #expect(
            CaptionCodec().readsJSON(#" {"captoin": "a"}"#) && !CaptionCodec().readsJSON("[a] cat") && !CaptionCodec().readsJSON("a {cat}"))
    }

    @Test func sentinelsAreNoJSON() {
        #expect(!CodecJSON.looksLike("[S_1] v0=3 [EOS]") && CodecJSON.looksLike(" [1]") && CodecJSON.looksLike("{}"))
        #expect(!CodecJSON.looksLike("a cat") && !CodecJSON.looksLike(""))
    }

    @Test func palettesTakeHexWords() throws {
        let codec = PaletteCodec()
        #expect(try codec.text("#010203 #FFffFF", CodecContext()) == "v1=2 v0=1 v0=2 v0=3 v0=255 v0=255 v0=255")
        #expect(try codec.text("v1=1 v0=1 v0=2 v0=3", CodecContext()) == "v1=1 v0=1 v0=2 v0=3")
        let picture = try #require(try shown("color_palette", "v1=2 v0=1 v0=2 v0=3 v0=255 v0=255 v0=255").picture)
        #expect(picture[0, 0, 0] == 1 && picture[0, 0, 2] == 3 && picture[223, 223, 0] == 255)
    }

    @Test func masksAreFilteredJoinedAndDrawn() throws {
        let tokens = [Int](repeating: 1, count: 16)
        let boxes = [[10, 20, 110, 120], [10, 20, 110, 120], [150, 150, 200, 200]]
        let found = boxes.map { SamInstance(box: $0, tokens: tokens) }
        let inside = (0..<64).map { Float($0 % 8 < 4 ? 9 : -9) }
        let flat = [Float](repeating: 0.2, count: 64)
        let masks = InstanceMasks(found, logits: Tensor(inside + inside + flat, [3, 1, 8, 8]))
        #expect(masks.instances.map(\.joined) == [2])
        let first = try #require(masks.instances.first)
        #expect(abs(Double(first.area) / 10_000 - 0.5) < 0.02)
        let labels = try masks.labels()
        #expect(labels[20, 60, 0] == 1 && labels[100, 60, 0] == 0 && labels[175, 175, 0] == 0)
        let photo = try ByteImage(width: 224, height: 224, channels: 3, filledWith: 0)
        let drawn = try #require(masks.drawn(on: photo))
        #expect(drawn[20, 60, 0] > 0 && drawn[100, 60, 0] == 0)
    }

    @Test func figuresStandUpright() throws {
        let still = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] as [[Float]]
        let joints = try #require(StickFigures.pixels(.standing([[[Float]]](repeating: still, count: 23))))
        #expect(joints.count == 24)
        let (head, pelvis, foot, left) = (joints[15], joints[0], joints[10], joints[20])
        #expect(head.y < pelvis.y && pelvis.y < foot.y && left.x > pelvis.x + 30)
        #expect(joints.allSatisfy { (0..<224).contains($0.x) && (0..<224).contains($0.y) })
    }
}
