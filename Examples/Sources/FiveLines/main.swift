import Tessera

let pipeline = try GenerationPipeline("Models/shapes")
let photo = try Picture(contentsOf: "Models/shapes/images/007_rgb.png")
let results = try await pipeline.results(GenerationRequest(["rgb@224": .picture(photo)], targets: ["caption"]))
print(results[0]["caption"]?.text ?? "")
