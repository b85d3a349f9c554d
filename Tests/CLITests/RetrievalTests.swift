import Formats
import Foundation
import IR
import Media
import TestSupport
import Testing

@testable import CLI

@Suite struct FeaturesTests {
    @Test func photosGiveFeatures() async throws {
        let out = try TemporaryFolder()
        let photos = ["000_rgb.png", "007_rgb.png"].map(Shapes.image)
        let pooled = await Command(["features", Shapes.folder] + photos + ["-o", out.file("mean.npy")])
        #expect(pooled.code == 0, "\(pooled.messages)")
        #expect(pooled.output == "\(out.file("mean.npy")): features 2 × 128 of rgb@224\n")
        let tokens = await Command(
            ["features", Shapes.model] + photos + ["--pool", "none", "--batch", "1", "-o", out.file("t.safetensors")])
        #expect(tokens.code == 0, "\(tokens.messages)")
        let file = try SafeTensorsFile(path: out.file("t.safetensors"))
        let all = try #require(file.byName["features"]?.tensor)
        #expect(all.shape == [2, 196, 128])
        let names = try JSONDecoder().decode([String].self, from: Data(try #require(file.metadata["names"]).utf8))
        #expect(names == photos && file.metadata["modality"] == "rgb@224" && file.metadata["pool"] == "none")
        let mean = try NumpyFile.read(out.file("mean.npy"))
        #expect(mean.shape == [2, 128] && mean.dtype == .f32)
        let values = all.doubles
        for column in [0, 2, 127] {
            let sum = (0..<196).reduce(0.0) { $0 + values[(196 + $1) * 128 + column] }
            #expect(abs(sum / 196 - mean.doubles[128 + column]) < 1e-5)
        }
    }

    @Test func anEncoderByItselfServes() async throws {
        let out = try TemporaryFolder()
        var encoder = SyntheticModel([.init("rgb@64", .pixels(channels: 3, patch: 16), positions: 16)])
        encoder.isEncoderOnly = true
        encoder.imageSize = 64
        try SafeTensorsWriter.write(encoder.tensors(), metadata: encoder.metadata, to: out.file("vit.safetensors"))
        let run = await Command(
            "features", out.file("vit.safetensors"), Shapes.folder + "/images", "-o", out.file("f.npy"), "--json")
        #expect(run.code == 0, "\(run.messages)")
        #expect(try NumpyFile.read(out.file("f.npy")).shape == [32, 8])
        #expect(try run.json()["modality"] as? String == "rgb@64")
        let report = await Command("inspect", out.file("vit.safetensors"))
        #expect(report.code == 0 && report.output.contains("1 + 0 layers"))
    }

    @Test(arguments: [
        (["/nowhere.png"], 1, "/nowhere.png"), ([Shapes.folder + "/bundle.yaml"], 1, "bundle.yaml"),
        (["x.png", "--modality", "sound"], 2, "does not take 'sound'"),
        (["a", "a b c", "--modality", "caption", "--pool", "none"], 1, "--pool mean"),
        (["x.png", "--pool", "max"], 2, "--pool"), (["x.png", "--batch", "0"], 2, "--batch"), ([], 2, "photo"),
    ])
    func wrongUseIsNamed(_ arguments: [String], _ code: Int32, _ words: String) async throws {
        let out = try TemporaryFolder()
        let run = await Command(["features", Shapes.folder] + arguments + ["-o", out.file("f.npy")])
        #expect(run.code == code)
        #expect(run.messages.contains(words), "\(run.messages)")
        #expect(!FileManager.default.fileExists(atPath: out.file("f.npy")))
    }

    @Test func photosThatCannotBeReadAreSkipped() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
        for number in [1, 3] {
            try FileManager.default.copyItem(atPath: Shapes.image("00\(number)_rgb.png"), toPath: folder.file("in/\(number).png"))
        }
        try folder.write("no picture", "in/2.png")
        let run = await Command("features", Shapes.folder, folder.file("in"), "-o", folder.file("f.safetensors"), "--json")
        #expect(run.code == 1 && run.messages.contains("skipped \(folder.file("in/2.png"))"), "\(run.messages)")
        #expect(run.messages.contains("1 of 3 inputs could not be used"), "\(run.messages)")
        let names = [1, 3].map { folder.file("in/\($0).png") }
        let report = try run.json()
        #expect(report["names"] as? [String] == names && report["skipped"] as? [String] == [folder.file("in/2.png")])
        let made = try #require(try SafeTensorsFile(path: folder.file("f.safetensors")).byName["features"]?.tensor)
        let whole = await Command(["features", Shapes.folder] + names + ["-o", folder.file("w.safetensors")])
        #expect(whole.code == 0 && made.shape == [2, 128])
        #expect(try SafeTensorsFile(path: folder.file("w.safetensors")).byName["features"]?.tensor == made)
    }

    @Test func outputsHaveAKnownSuffix() async {
        let run = await Command("features", Shapes.folder, "x.png", "-o", "f.csv")
        #expect(run.code == 2 && run.messages.contains(".npy or .safetensors"))
    }
}

@Suite struct RetrievalTests {
    private func photos(_ numbers: [Int]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for number in numbers {
            try FileManager.default.copyItem(atPath: Shapes.image("00\(number)_rgb.png"), toPath: folder.file("\(number).png"))
        }
        return folder
    }

    /// A bundle with random weights that predicts global features.
    private func globalBundle() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let model = SyntheticModel([
            .init("rgb@64", .pixels(channels: 3, patch: 16), positions: 16), .init("caption", .text(vocabulary: 615), positions: 512),
            .init("tok_dinov2_global", .tokens(vocabulary: 24), positions: 16),
        ])
        try SafeTensorsWriter.write(model.tensors(), metadata: model.metadata, to: folder.file("fm.safetensors"))
        let tokenizer = SyntheticTokenizer()
        try SafeTensorsWriter.write(tokenizer.tensors(), metadata: tokenizer.metadata, to: folder.file("global.safetensors"))
        try folder.write(
            """
            model: fm.safetensors
            text_tokenizer: \(Shapes.folder)/text_tokenizer.json
            tokenizers:
              tok_dinov2_global: global.safetensors
            """, "bundle.yaml")
        return folder
    }

    @Test func photosFindPhotosByTheEncodersFeatures() async throws {
        let (folder, out) = (try photos([0, 2, 5, 7]), try TemporaryFolder())
        let index = out.file("i.safetensors")
        let made = await Command("embed", Shapes.folder, folder.path, "-o", index, "--features", "--json")
        #expect(made.code == 0, "\(made.messages)")
        #expect(try made.json()["embedded"] as? Int == 4 && made.json()["dim"] as? Int == 128)
        let sheet = out.file("hits.png")
        let found = await Command(
            "search", Shapes.folder, index, "--input", "rgb@224=" + Shapes.image("005_rgb.png"), "--top", "2", "--sheet", sheet, "--json")
        #expect(found.code == 0, "\(found.messages)")
        let hits = try found.json([[String: Any]].self)
        #expect(hits.count == 2 && hits[0]["name"] as? String == "5.png")
        #expect(try #require(hits[0]["score"] as? Double) > 0.9999)
        #expect(hits[0]["path"] as? String == folder.file("5.png"))
        #expect(try ImageFile.load(path: sheet).height > 600)
        let text = await Command("search", Shapes.folder, index, "--input", "caption=a red cube")
        #expect(text.code == 1 && text.messages.contains("encoder features of rgb@224"))
    }

    @Test func indexesAreCompleted() async throws {
        let (folder, out) = (try photos([0, 1, 2]), try TemporaryFolder())
        let index = out.file("i.safetensors")
        func embed(_ code: Int32) async throws -> [String: Any] {
            let run = await Command("embed", Shapes.folder, folder.path, "-o", index, "--features", "--json")
            #expect(run.code == code, "\(run.messages)")
            #expect(run.messages.contains("broken.png: ") == (code == 1) && run.messages.contains("1 of 4 inputs") == (code == 1))
            return try run.json()
        }
        _ = try await embed(0)
        try folder.write("no picture", "broken.png")
        try FileManager.default.removeItem(atPath: folder.file("0.png"))
        try FileManager.default.removeItem(atPath: folder.file("1.png"))
        try FileManager.default.copyItem(atPath: Shapes.image("003_rgb.png"), toPath: folder.file("1.png"))
        try FileManager.default.createDirectory(atPath: folder.file("deep"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Shapes.image("004_rgb.png"), toPath: folder.file("deep/4.PNG"))
        let again = try await embed(1)
        #expect(again["kept"] as? Int == 1 && again["embedded"] as? Int == 2 && again["skipped"] as? [String] == ["broken.png"])
        let file = try SafeTensorsFile(path: index)
        #expect(file.metadata["files"] == #"["1.png","2.png","deep/4.PNG"]"#)
        #expect(file.byName["embeddings"]?.tensor?.shape == [3, 128])
        let fresh = out.file("fresh.safetensors")
        #expect(await Command("embed", Shapes.folder, folder.path, "-o", fresh, "--features").code == 1)
        #expect(try SafeTensorsFile(path: fresh).byName["embeddings"]?.tensor == file.byName["embeddings"]?.tensor)
    }

    /// What cannot be looked at for now, such as a share that is not mounted, may come back.
    @Test func vectorsOfWhatCannotBeLookedAtStay() async throws {
        let (folder, out) = (try photos([0]), try TemporaryFolder())
        let index = out.file("i.safetensors")
        let share = out.file("share")
        for name in ["a.png", "b.png"] {
            try FileManager.default.createDirectory(atPath: share, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: Shapes.image("003_rgb.png"), toPath: share + "/" + name)
        }
        symlink(share, folder.file("share"))
        let arguments = ["embed", Shapes.folder, folder.path, "-o", index, "--features", "--json"]
        #expect(await Command(arguments).code == 0)
        try FileManager.default.moveItem(atPath: share, toPath: share + "-away")
        try folder.write("x", "notes.txt")
        let away = await Command(arguments)
        #expect(try away.code == 0 && away.json()["kept"] as? Int == 3, "\(away.messages)")
        #expect(away.messages.contains("\(folder.path): left out 1 file of another kind, 1 unreadable file"), "\(away.messages)")
        try FileManager.default.moveItem(atPath: share + "-away", toPath: share)
        let back = await Command(arguments)
        #expect(try back.json()["kept"] as? Int == 3 && back.json()["embedded"] as? Int == 0, "\(back.messages)")
        try FileManager.default.removeItem(atPath: folder.file("share"))
        #expect(try await Command(arguments).json()["files"] as? Int == 1)
    }

    @Test func captionsFindPhotosByPredictedFeatures() async throws {
        let (bundle, folder, out) = (try globalBundle(), try photos([0, 2, 7]), try TemporaryFolder())
        let index = out.file("i.safetensors")
        let made = await Command("embed", bundle.path, folder.path, "-o", index, "--json")
        #expect(made.code == 0, "\(made.messages)")
        #expect(try made.json()["method"] as? String == "tok_dinov2_global" && made.json()["dim"] as? Int == 12)
        func search(_ arguments: [String]) async throws -> [[String: Any]] {
            let run = await Command(["search", bundle.path, index, "--json"] + arguments)
            #expect(run.code == 0, "\(run.messages)")
            return try run.json([[String: Any]].self)
        }
        let photo = "rgb@64=" + Shapes.image("002_rgb.png")
        #expect(try await search(["--input", photo])[0]["name"] as? String == "2.png")
        #expect(try await search(["--input", "caption=a red cube"]).count == 3)
        #expect(try await search(["--input", "caption=a red cube", "--input", photo]).count == 3)
        let weighted = try await search(["--input", "caption=a red cube", "--input", photo, "--weight", "0", "--weight", "2"])
        #expect(weighted[0]["name"] as? String == "2.png" && (weighted[0]["score"] as? Double ?? 0) > 0.9999)
        let away = try await search(["--input", photo, "--weight", "-1"])
        #expect(away[2]["name"] as? String == "2.png" && (away[2]["score"] as? Double ?? 0) < -0.9999)
        let other = await Command("embed", bundle.path, folder.path, "-o", index, "--temperature", "0")
        #expect(other.code == 1 && other.messages.contains("made in another way"))
    }

    @Test(arguments: [
        (["embed", Shapes.folder, "/nowhere", "-o", "i.safetensors", "--features"], 1, "/nowhere does not exist"),
        (["embed", Shapes.folder, Shapes.folder + "/images", "-o", "i.safetensors"], 1, "--features"),
        (["embed", Shapes.folder, Shapes.folder + "/images", "-o", "i.safetensors", "--target", "tok_depth@224"], 2, "no global feature"),
        (["embed", Shapes.folder, Shapes.folder + "/images", "-o", "/nowhere/i.safetensors", "--features"], 1, "folder /nowhere"),
        (["embed", Shapes.folder, Shapes.folder, "-o", "i.npy", "--features"], 2, ".safetensors"),
        (["embed", Shapes.folder, Shapes.folder, "-o", "i.safetensors", "--features", "--target", "x"], 2, "exclude each other"),
        (["embed", Shapes.folder, Shapes.folder, "-o", "i.safetensors", "--top-p", "2"], 2, "--top-p"),
        (["search", Shapes.folder, "/nowhere.safetensors", "--input", "caption=x"], 1, "/nowhere.safetensors"),
        (["search", Shapes.folder, Shapes.model, "--input", "caption=x"], 1, "is no index"),
        (["search", Shapes.folder, "i.safetensors"], 2, "--input"),
        (["search", Shapes.folder, "i.safetensors", "--input", "caption"], 2, "MODALITY=FILE"),
        (["search", Shapes.folder, "i.safetensors", "--input", "caption=x", "--weight", "1", "--weight", "2"], 2, "2 for 1"),
        (["search", Shapes.folder, "i.safetensors", "--input", "caption=x", "--weight", "0"], 2, "not all 0"),
        (["search", Shapes.folder, "i.safetensors", "--input", "caption=x", "--input", "caption=y"], 2, "--weight for each"),
        (["search", Shapes.folder, "i.safetensors", "--input", "caption=x", "--sheet", "hits.jpg"], 2, ".png"),
    ])
    func wrongUseIsNamed(_ arguments: [String], _ code: Int32, _ words: String) async {
        let run = await Command(arguments)
        #expect(run.code == code, "\(run.messages)")
        #expect(run.messages.contains(words), "\(run.messages)")
    }
}
