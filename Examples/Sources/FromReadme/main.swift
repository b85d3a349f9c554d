import Tessera

var request = GenerationRequest(["rgb@224": .file("Models/shapes/images/007_rgb.png")], targets: ["depth", "caption"])
request.seed = 1
let result = try await GenerationPipeline("Models/shapes").results(request)[0]
try result.write(to: "out")
print(result["caption"]?.text ?? "")
