import Tessera

let pipeline = try GenerationPipeline("Models/shapes", precision: .int8)
var request = GenerationRequest(["caption": .text("a large red sphere on a grey floor")], targets: ["tok_rgb@224", "det"])
request.usesPreviewDecoders = true
for try await event in pipeline.generate(request) {
    switch event {
    case .progress: break
    case .step(let step): print("\(step.target) \(step.step)/\(step.steps) \(step.text ?? "")")
    case .result(let result): print(result["tok_rgb@224"]?.picture?.width ?? 0, "pixels,", result["det"]?.boxes.count ?? 0, "boxes")
    }
}
