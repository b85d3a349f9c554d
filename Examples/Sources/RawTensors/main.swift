import Foundation
import Tessera

// RawTensors MODEL FUNCTION INPUT TYPE SHAPE IN OUT: runs a function of one input on a file of bare elements, such as
// 'tok_rgb.safetensors tokenize image f32 1x3x224x224 image.raw out', and writes each output as OUT/NAME.raw.
let words = CommandLine.arguments
guard words.count == 8, let type = ElementType(words[4]) else { exit(2) }
let shape = words[5].split(separator: "x").compactMap { Int($0) }
let input = try Data(contentsOf: URL(fileURLWithPath: words[6])).withUnsafeBytes { try Tensor(copying: $0, type, shape) }
try FileManager.default.createDirectory(atPath: words[7], withIntermediateDirectories: true)
for (name, tensor) in try Model(words[1]).compiled().makeSession().run(words[2], [words[3]: input]) {
    try tensor.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: "\(words[7])/\(name).raw"))
}
