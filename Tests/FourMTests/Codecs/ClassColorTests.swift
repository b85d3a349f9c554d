import FourMText
import Media
import Testing

@testable import FourM
@testable import FourMCodecs

@Suite struct ClassColorTests {
    private var context: CodecContext {
        var context = CodecContext()
        context.boxBins = 100
        context.semsegClasses = ["void", "wall", "sphere"]
        context.boxClasses = { ["sphere", "cube"] }
        return context
    }

    @Test func boxesHaveTheColoursOfTheirPixels() throws {
        let colors = ClassColors(context, boxClasses: ["sphere", "cube"])
        #expect(colors.color("sphere") == LabelPalette.labels(256)[2])
        #expect(colors.color("cube") == LabelPalette.distinct(256)[1])
        #expect(colors.color("something") == colors.color("something"))
        #expect(ClassColors(CodecContext()).color("person") == LabelPalette.coco[COCOClasses.names.firstIndex(of: "person") ?? 0])
        var target = DecodedTarget(modality: "det", tokens: [])
        try BoxCodec().present("v0=1 v1=2 v2=30 v3=40 cube v0=5 v1=6 v2=7 v3=8 sphere", &target, context)
        guard case .boxes(let boxes, let found)? = target.overlay else { throw Missing() }
        #expect(boxes.count == 2 && found == ["cube": colors.color("cube"), "sphere": colors.color("sphere")])
        #expect(target.footer == "2 boxes")
    }

    private struct Missing: Error {}

    @Test func nothingIsSaidInWords() throws {
        func shown(_ name: String, _ text: String) throws -> [String?] {
            var target = DecodedTarget(modality: name, tokens: [])
            try ModalityCodecs.text(of: name).present(text, &target, context)
            return [target.summary, target.footer]
        }
        #expect(try shown("det", "") == [nil, "no boxes"])
        #expect(try shown("caption", " ") == ["no words", ""])
        #expect(try shown("metadata", "") == ["no fields", ""])
        #expect(try shown("color_palette", "") == ["no colours", ""])
        #expect(try shown("human_poses", "") == [nil, "no people"])
        #expect(try shown("sam_instance", "") == [nil, "no instances"])
    }

    @Test func samplesAndModalitiesAreNamedInWords() {
        func heading(_ folder: String?, _ variation: Int?) -> String {
            var record = ResultWriter.Record(
                bundle: "", inputs: [:], settings: .init(conditions: [], targets: []), seed: 0, threads: 1, targets: [],
                timings: GenerationTimings(),
                contactSheet: nil)
            (record.folder, record.variation) = (folder, variation)
            return ResultWriter.heading(record)
        }
        #expect(heading("007_rgb/v1", 1) == "007_rgb, variation 1" && heading("v0", 0) == "variation 0")
        #expect(heading("", 0).isEmpty && heading(nil, nil).isEmpty && heading("photo", 0) == "photo")
        #expect(ModalityNames.title("tok_depth@224") == "Depth" && ModalityNames.title("tok_canny_edge@448") == "Canny edges at 448")
        #expect(ModalityNames.title("stranger@3") == "stranger@3")
    }
}
