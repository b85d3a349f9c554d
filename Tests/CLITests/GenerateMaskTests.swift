import Formats
import Media
import Tessera
import TestSupport
import Testing

/// What the command hides, the door hides: one way below both.
@Suite struct GenerateMaskTests {
    @Test func theDoorMakesTheSameOfAMask() async throws {
        let (folder, name) = (try TemporaryFolder(), "tok_rgb@224")
        let (photo, hole) = (Shapes.image("003_rgb.png"), folder.file("hole.png"))
        var mask = try ByteImage(width: 300, height: 200, channels: 3, filledWith: 0)
        mask.fill(PixelRect(x: 100, y: 30, width: 90, height: 111), .white)
        try mask.writePNG(to: hole)
        let run = await Command(
            "generate", Shapes.folder, "--input", "\(name)=\(photo)", "--mask", "\(name)=\(hole)", "--target", name, "--steps", "3",
            "--seed", "11", "--preview", "-o", folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
        let written = try NumpyFile.read(folder.file("out/\(name).tokens.npy")).integers
        let pipeline = try GenerationPipeline(Shapes.folder)
        for mask in [GenerationInput.file(hole), .picture(try Picture(contentsOf: hole))] {
            var request = GenerationRequest([name: .file(photo)], targets: [name])
            (request.settings.steps, request.seed, request.usesPreviewDecoders) = (3, 11, true)
            request.masks = [name: [mask]]
            let made = try #require(try await pipeline.results(request).first?[name])
            #expect(made.tokens == written)
            #expect(try made.picture == Picture(contentsOf: folder.file("out/\(name).png")))
        }
    }
}
