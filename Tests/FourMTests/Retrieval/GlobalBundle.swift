import Formats
import Foundation
import TestSupport

/// A folder that is removed when the object goes.
final class TemporaryPlace {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-fourm-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// A bundle with random weights that predicts global features from pixels and captions.
final class GlobalBundle {
    static let shapes = DemoBundle.folder

    static func photo(_ number: Int) -> String { DemoBundle.photo(number) }

    let place: TemporaryPlace

    init() throws {
        place = try TemporaryPlace()
        var model = SyntheticModel([
            .init("rgb@64", .pixels(channels: 3, patch: 16), positions: 16), .init("caption", .text(vocabulary: 615), positions: 512),
            .init("tok_dinov2_global", .tokens(vocabulary: 24), positions: 16),
        ])
        model.encoderDepth = 2
        try SafeTensorsWriter.write(model.tensors(), metadata: model.metadata, to: place.file("fm.safetensors"))
        let tokenizer = SyntheticTokenizer()
        try SafeTensorsWriter.write(tokenizer.tensors(), metadata: tokenizer.metadata, to: place.file("global.safetensors"))
        let yaml = """
            model: fm.safetensors
            text_tokenizer: \(GlobalBundle.shapes)/text_tokenizer.json
            tokenizers:
              tok_dinov2_global: global.safetensors
            """
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: place.file("bundle.yaml")))
    }
}
