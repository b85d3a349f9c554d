// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Tessera

/// Everything that was generated.
final class GenerationHandle: Handle {
    let results: [GenerationResult]
    let count: Int
    private(set) var targets: UnsafePointer<tessera_target>?

    init(_ results: [GenerationResult]) {
        self.results = results
        count = results.reduce(0) { $0 + $1.targets.count }
        super.init()
        targets = memory.list(results.flatMap { result in result.targets.map { tessera_target($0, of: result, memory) } })
    }

    /// Folders below the output, as the command names them: one for each sample and each variation, where there are several.
    func folders(of result: GenerationResult) -> [String] {
        let digits = String(result.sample)
        let sample = String(repeating: "0", count: max(4 - digits.count, 0)) + digits
        let (isList, isVaried) = (results.contains { $0.sample > 0 }, results.contains { $0.variation > 0 })
        return (isList ? [sample] : []) + (isVaried ? ["v\(result.variation)"] : [])
    }
}

extension tessera_target {
    /// Over what `result` and `memory` hold.
    fileprivate init(_ target: GeneratedTarget, of result: GenerationResult, _ memory: CMemory) {
        self.init()
        struct_size = MemoryLayout<tessera_target>.size
        (sample, variation, modality) = (Int64(result.sample), Int64(result.variation), memory.text(target.modality))
        (token_count, tokens) = (target.tokens.count, memory.list(target.tokens.map { Int64($0) }))
        values = target.values.flatMap { memory.list([tessera_tensor(lending: $0, named: target.modality, memory)]) }
        if let picture = target.picture {
            (width, height, channels) = (Int32(clamping: picture.width), Int32(clamping: picture.height), Int32(picture.channels))
            self.picture = memory.list(picture.samples)
        }
        (text, json) = (memory.text(target.text), memory.text(target.json))
        box_count = target.boxes.count
        boxes = memory.list(
            target.boxes.map {
                tessera_box(label: memory.text($0.label), x_min: $0.xMin, y_min: $0.yMin, x_max: $0.xMax, y_max: $0.yMax)
            })
        (warning_count, warnings) = (target.warnings.count, memory.texts(target.warnings).map { UnsafePointer($0) })
    }
}

/// `tessera_generation_count`
@c @implementation
package func tessera_generation_count(_ generation: OpaquePointer?) -> Int { handle(generation, as: GenerationHandle.self)?.count ?? 0 }

/// `tessera_generation_get`
@c @implementation
package func tessera_generation_get(_ generation: OpaquePointer?, _ index: Int) -> UnsafePointer<tessera_target>? {
    guard let found = handle(generation, as: GenerationHandle.self), index >= 0, index < found.count else { return nil }
    return found.targets.map { $0 + index }
}

/// `tessera_generation_write`
@c @implementation
package func tessera_generation_write(
    _ generation: OpaquePointer?, _ folder: UnsafePointer<CChar>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    attempt(error) {
        let (handle, folder) = (try required(generation, "generation", as: GenerationHandle.self), try requiredText(folder, "folder"))
        for result in handle.results { try result.write(to: ([folder] + handle.folders(of: result)).joined(separator: "/")) }
    }
}

/// `tessera_generation_free`
@c @implementation
package func tessera_generation_free(_ generation: OpaquePointer?) { free(generation) }
