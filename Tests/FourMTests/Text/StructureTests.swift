import Foundation
import Testing

@testable import FourMText

@Suite("Structures")
struct StructureTests {
    private let pose =
        "bbox v0=443 v1=843 v2=676 v3=160 pose v1=28 v1=408 v1=326 v0=254 v0=100 v0=314 v1=69 v0=288 "
        + "global v0=921 v0=366 v0=141 v0=28 v0=980 v0=711 v0=858 v0=691 v0=806 camera v0=786 v0=963 v0=967 "
        + "shape v0=89 v0=757 v0=690 v0=23 v0=488 v0=974 v0=262 v0=20 v0=322 v0=570"

    /// One broken box does not cost the others.
    @Test(arguments: [
        "dog v0=1 v1=2 v2=3 v3=4 cat", "v0=9 v1=2 v2=3 dog v0=1 v1=2 v2=3 v3=4 cat",
        "v0=1  v1=2 v2=3 v3=4 cat", "v0=1 v1=2 v2=3 v3=4 cat v0=x v1=2 v2=3 v3=4 dog",
        "v0=1 v1=2 v2=3 v3=4 cat v0=5 v1=5 v2=5 v3=5 v2=6 dog", "v1=3 v0=1 v1=2 v2=3 v3=4 cat v0=7 v1=8 v2=9 v3=9",
        "v0=9 v1=9 v2=9 v3=9 dog v1=2 v0=1 v1=2 v2=3 v3=4 cat", "v0=9 v1=9 v4=9 v3=9 dog v0=1 v1=2 v2=3 v3=4 cat",
    ])
    func brokenBoxesAreDropped(text: String) {
        let found = DetectedBoxes(parsing: text)
        #expect(
            found.boxes == [
                DetectedBox(xMin: 1 / 999.0, yMin: 2 / 999.0, xMax: 3 / 999.0, yMax: 4 / 999.0, label: "cat")
            ])
        #expect(!found.warnings.isEmpty)
    }

    @Test func boxesTakeTheirBinsAndEnd() {
        let found = DetectedBoxes(parsing: "v0=0 v1=33 v2=66 v3=99 big cube [EOS] [PAD]", bins: 100)
        #expect(found.boxes == [DetectedBox(xMin: 0, yMin: 33 / 99.0, xMax: 66 / 99.0, yMax: 1, label: "big cube")])
        #expect(found.warnings == [])
        #expect(DetectedBoxes(parsing: "") == DetectedBoxes(boxes: []))
        #expect(DetectedBoxes(parsing: "v0=1", bins: 1).warnings.count == 1)
        #expect(DetectedBoxes(parsing: "v0=500 v1=1 v2=1 v3=1 cat", bins: 100).warnings.count == 1)
    }

    @Test func boxesAreWrittenInOrder() {
        let near = DetectedBox(xMin: 0.1, yMin: 0.1, xMax: 0.5, yMax: 2, label: "cat")
        let far = DetectedBox(xMin: 0.5, yMin: -1, xMax: .nan, yMax: .infinity, label: "hot dog")
        #expect(
            DetectedBoxes(boxes: [far, near]).text()
                == "v0=100 v1=100 v2=500 v3=999 cat v0=500 v1=0 v2=0 v3=999 hot dog")
    }

    @Test func boxesAreJSON() throws {
        let boxes = DetectedBoxes(parsing: "v0=0 v1=0 v2=999 v3=999 cat dog")
        let json = try JSONEncoder().encode(boxes)
        #expect(try JSONDecoder().decode(DetectedBoxes.self, from: json) == boxes)
        #expect(String(decoding: json, as: UTF8.self).contains(#""class":"cat""#) == false)
        #expect(String(decoding: json, as: UTF8.self).contains(#""class":"cat dog""#))
    }

    @Test func palettesDropBadColors() {
        let found = ColorPalette(parsing: "v1=3 v0=1 v0=2 v0=3 v0=300 v0=2 v0=3 v0=7 v0=8 v0=9 v0=1 [EOS]")
        #expect(found.colors == [[1, 2, 3], [7, 8, 9]])
        #expect(found.warnings.count == 2)
        #expect(ColorPalette(parsing: "").warnings == [])
    }

    @Test func metadataDropsUnknownPairs() {
        let found = Metadata(parsing: "dog v1=0 v0=14 v1=21 v0=4 v1=01 v0=3 v1=5 dog v1=6 v0=1 v0=2 v1=20 v0=2 [EOS]")
        #expect(found.values == [.originalWidth: .integer(448), .aestheticScore: .integer(2)])
        #expect(found.warnings.count == 5)
    }

    @Test func metadataIsWrittenBack() throws {
        let metadata = Metadata(
            values: [.aestheticScore: .real(5), .originalWidth: .integer(1000), .brightness: .real(999)])
        #expect(try metadata.text() == "v1=0 v0=31 v1=10 v0=49 v1=20 v0=1")
        let json = try JSONEncoder().encode(metadata)
        #expect(try JSONDecoder().decode(Metadata.self, from: json).text() == metadata.text())
        #expect(throws: MetadataError.notFinite(.entropy)) { try Metadata(values: [.entropy: .real(.nan)]).text() }
        let extremes = try Metadata.text([(.humans, .integer(.max)), (.originalHeight, .integer(.min))])
        #expect(extremes == "v1=5 v0=999 v1=1 v0=0")
    }

    @Test func metadataReadsFromUserJSON() throws {
        let json = Data(#"{"original_width": 640, "entropy": 5.5}"#.utf8)
        let values = try JSONDecoder().decode([MetadataField: MetadataValue].self, from: json)
        #expect(values == [.originalWidth: .integer(640), .entropy: .real(5.5)])
        #expect(MetadataField.allCases.map(\.id) == Array(0..<21))
    }

    @Test func brokenPeopleAreDropped() {
        #expect(HumanPoses(parsing: "none [EOS]") == HumanPoses(parsing: "none"))
        #expect(HumanPoses(parsing: "none").warnings == [])
        let broken = pose.replacingOccurrences(of: "camera", with: "shape")
        let found = HumanPoses(parsing: [pose, broken, pose, "bbox v0=1"].joined(separator: " "))
        #expect(found.people.count == 2)
        #expect(found.people.first?.poseTokens == [540, 920, 838, 254, 100, 314, 581, 288])
        #expect(found.warnings.count == 2)
        #expect(HumanPoses(parsing: pose.replacingOccurrences(of: "v1=28", with: "v1=999")).people.isEmpty)
        #expect(HumanPoses(parsing: pose.replacingOccurrences(of: "v0=570", with: "dog")).warnings.count == 1)
        #expect(HumanPoses(parsing: pose.replacingOccurrences(of: "bbox ", with: "v0=1 ")).people.isEmpty)
        #expect(HumanPoses(parsing: pose.replacingOccurrences(of: "bbox", with: "human")).people.count == 1)
    }

    @Test func brokenMasksAreDropped() {
        let codes = (0..<16).map { "v\($0 % 2)=\($0)" }.joined(separator: " ")
        let texts = [
            "point v0=1 v1=2 polygon v0=10 v1=10 v2=20 v3=20 \(codes)", "polygon v0=0 v1=0 v2=100 v3=100 \(codes)",
            "polygon v0=10 v1=10 v2=10 v3=20 \(codes)", "polygon v0=1 v1=1 v2=5 v3=5 v0=1",
            "polygon v0=1 v1=1 v2=5 v3=1000 \(codes)", "polygon v0=1 v1=1 v2=5 v3=5 v0=1024 \(codes.dropFirst(5))",
            "point v0=3 v1=4 none [EOS]",
        ]
        let found = SamInstances(parsing: texts.joined(separator: " "))
        #expect(found.instances.map(\.box) == [[0, 0, 100, 100], [10, 10, 20, 20]])
        #expect(found.instances.first?.tokens.prefix(4) == [0, 513, 2, 515])
        #expect(found.warnings.count == 4)
    }

    @Test(arguments: [
        "", " ", "v0=", "v0=99999999999999999999", "\u{301}v0=1", "v0=1\u{301}", "v0=-1", "=", "point", "polygon",
    ])
    func oddTextsAreSurvived(text: String) {
        let repeated = Array(repeating: text, count: 100).joined(separator: " ")
        #expect(DetectedBoxes(parsing: repeated).boxes.isEmpty)
        #expect(Metadata(parsing: repeated).values.isEmpty)
        #expect(ColorPalette(parsing: repeated).colors.isEmpty)
        #expect(HumanPoses(parsing: repeated).people.isEmpty)
        #expect(SamInstances(parsing: repeated).instances.isEmpty)
    }
}
