// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Tessera

/// A 4M model with its tokenizers.
final class PipelineHandle: Handle {
    let pipeline: GenerationPipeline
    let modalityCount: Int
    private(set) var name: UnsafePointer<CChar>?
    private(set) var modalities: UnsafePointer<tessera_modality>?

    init(_ pipeline: GenerationPipeline) throws {
        self.pipeline = pipeline
        let known = try waiting { try await pipeline.modalities() }
        modalityCount = known.count
        super.init()
        name = memory.text(pipeline.name)
        modalities = memory.list(
            known.map { modality in
                let grid = modality.grid ?? [0, 0]
                return tessera_modality(
                    name: memory.text(modality.name), is_input: modality.isInput, is_output: modality.isOutput, is_text: modality.isText,
                    vocabulary_size: Int64(modality.vocabularySize ?? 0), grid_rows: Int64(grid.first ?? 0),
                    grid_columns: Int64(grid.last ?? 0))
            })
    }
}

/// `tessera_pipeline_open`
@c @implementation
package func tessera_pipeline_open(
    _ source: UnsafePointer<CChar>?, _ precision: UnsafePointer<CChar>?, _ threads: Int32,
    _ pipeline: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    make(pipeline, "pipeline", error) {
        try PipelineHandle(
            GenerationPipeline(
                try requiredText(source, "source"), precision: try choice(precision, "precision", .f32),
                threads: try count(threads, "threads")))
    }
}

/// `tessera_pipeline_free`
@c @implementation
package func tessera_pipeline_free(_ pipeline: OpaquePointer?) { free(pipeline) }

/// `tessera_pipeline_name`
@c @implementation
package func tessera_pipeline_name(_ pipeline: OpaquePointer?) -> UnsafePointer<CChar>? { handle(pipeline, as: PipelineHandle.self)?.name }

/// `tessera_pipeline_modality_count`
@c @implementation
package func tessera_pipeline_modality_count(_ pipeline: OpaquePointer?) -> Int {
    handle(pipeline, as: PipelineHandle.self)?.modalityCount ?? 0
}

/// `tessera_pipeline_modality`
@c @implementation
package func tessera_pipeline_modality(_ pipeline: OpaquePointer?, _ index: Int) -> UnsafePointer<tessera_modality>? {
    guard let found = handle(pipeline, as: PipelineHandle.self), index >= 0, index < found.modalityCount else { return nil }
    return found.modalities.map { $0 + index }
}
