import Foundation
import FourM
import TestSupport
import Testing

@testable import CLI

@Suite struct TrainWordPieceTests {
    private static let captions = (0..<300).map { "a red cube number \($0 % 17) beside 3 blue spheres on a grey floor" }.joined(
        separator: "\n")

    private func corpus() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(Self.captions, "captions.txt")
        return folder
    }

    private let small = ["--num-sentinels", "3", "--coord-bins", "2", "--object-classes", "none"]

    @Test func writesATokenizer() async throws {
        let folder = try corpus()
        let call = ["train", "wordpiece", folder.file("captions.txt"), "-o", folder.file("t.json")] + small
        let run = await Command(call)
        #expect(run.code == 0 && run.output.hasPrefix("\(folder.file("t.json")): "), "\(run.messages)")
        let first = try Data(contentsOf: URL(fileURLWithPath: folder.file("t.json")))
        let json = try #require(JSONSerialization.jsonObject(with: first) as? [String: Any])
        let vocabulary = try #require((json["model"] as? [String: Any])?["vocab"] as? [String: Int])
        for word in ["[S_2]", "v3=1", "spheres", "beside"] { #expect(vocabulary[word] != nil, "\(word)") }
        let again = await Command(call)
        #expect(again.code == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("t.json"))) == first)
        let standard = await Command(["train", "wordpiece", folder.path, "-o", "/dev/full"] + small)
        #expect(standard.code == 1 && standard.messages.contains("/dev/full"), "\(standard.messages)")
    }

    /// Byte by byte the reference's file, with the order of its ## characters.
    @Test(needsShared) func repeatsTheReference() async throws {
        let shared = Shared.path("training/wordpiece_exhausted")
        try #require(FileManager.default.fileExists(atPath: shared), "needs ../shared/training")
        let folder = try TemporaryFolder()
        let run = await Command([
            "train", "wordpiece", shared + "/corpus.txt", "-o", folder.file("t.json"), "--vocab-size", "3000", "--num-sentinels", "5",
            "--coord-bins", "4", "--object-classes", "none", "--continuation-order", shared + "/tokenizer.json",
        ])
        #expect(run.code == 0, "\(run.messages)")
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: folder.file("t.json")))
                == Data(contentsOf: URL(fileURLWithPath: shared + "/tokenizer.json")))
    }

    @Test(needsShared) func namesOfObjectsAreThoseOfTheReference() throws {
        let reference = try Data(contentsOf: URL(fileURLWithPath: Shared.path("goldens/text/text_tokenizer_4m_wordpiece_30k.json")))
        let json = try #require(JSONSerialization.jsonObject(with: reference) as? [String: Any])
        let contents = (json["added_tokens"] as? [[String: Any]] ?? []).compactMap { $0["content"] as? String }
        let classes = try TrainingNames.objectClasses("coco")
        #expect(Array(contents.suffix(80)) == classes)
    }

    @Test func namesAndOrdersComeFromFiles() async throws {
        let folder = try corpus()
        try folder.write("cube\n traffic light \n\n", "names.txt")
        #expect(try TrainingNames.objectClasses(folder.file("names.txt")) == ["cube", "traffic light"])
        try folder.write("##a\n##bc\n##d\nx\n", "order.txt")
        #expect(try TrainingNames.continuations(folder.file("order.txt"), prefix: "##") == ["##a", "##d"])
        let missing = await Command(
            [
                "train", "wordpiece", folder.file("captions.txt"), "-o", folder.file("t.json"), "--continuation-order",
                folder.file("order.txt"),
            ]
                + small)
        #expect(missing.code == 2 && missing.messages.contains("lacks '##"), "\(missing.messages)")
    }

    @Test func wrongCalls() async throws {
        let folder = try corpus()
        let (text, out) = (folder.file("captions.txt"), folder.file("t.json"))
        try Data([0x61, 0xC3, 0x28]).write(to: URL(fileURLWithPath: folder.file("latin.txt")))
        try folder.write("", "empty.txt")
        let calls: [([String], Int32, String)] = [
            ([text, "-o", out, "--vocab-size", "30"] + small, 2, "ask for at least"),
            ([text, "-o", out, "--vocab-size", "15"] + small, 2, "no room beside its 15 special tokens"),
            ([folder.file("latin.txt"), "-o", out] + small, 1, "latin.txt: byte 1 is no UTF-8"),
            ([folder.file("empty.txt"), "-o", out] + small, 1, "empty.txt: no words"),
            ([folder.file("gone.txt"), "-o", out] + small, 1, "gone.txt"),
            ([text, "-o", text] + small, 2, "is the text"),
            ([text, "-o", folder.file("no/t.json")] + small, 1, "--output"),
            ([text, "-o", out, "--object-classes", "cocoa"], 2, "--object-classes 'cocoa'"),
            ([text, "-o", out, "--continuation-order", folder.file("gone.json")], 1, "gone.json"),
            ([text, "-o", "-", "--json"], 2, "both write to standard output"),
            ([text, "-o", out, "--vocab-size", "0"], 2, "it must be a whole number from 1"),
        ]
        for (arguments, code, words) in calls {
            let run = await Command(["train", "wordpiece"] + arguments)
            #expect(run.code == code && run.messages.contains(words), "\(arguments): \(run.code) \(run.messages)")
            #expect(!FileManager.default.fileExists(atPath: out))
        }
        let usage = await Command("train", "wordpiece", text, "-o", "-", "--json")
        #expect(usage.messages.contains("See 'tessera train wordpiece --help'"), "\(usage.messages)")
    }
}
