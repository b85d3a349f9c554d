// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Tessera

/// `tessera_generate`
@c @implementation
package func tessera_generate(
    _ pipeline: OpaquePointer?, _ options: UnsafePointer<tessera_generate_options>?,
    _ generation: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    make(generation, "generation", error) {
        let pipeline = try required(pipeline, "pipeline", as: PipelineHandle.self).pipeline
        guard let given = try TesseraC.options(options, "options") else { throw wrong("options is NULL, so nothing is given") }
        let request = try generationRequest(given)
        return GenerationHandle(try generate(pipeline, request, try token(given.cancellation, "options.cancellation"), given))
    }
}

/// Generates on other threads, and tells what happens on this one.
private func generate(
    _ pipeline: GenerationPipeline, _ request: GenerationRequest, _ cancellation: CancellationToken?, _ given: tessera_generate_options
) throws -> [GenerationResult] {
    try TaskThreads.check()
    let box = Mailbox<Result<GenerationEvent, TesseraError>>()
    let task = Task.detached {
        do {
            for try await event in pipeline.generate(request, cancellation: cancellation) { box.put(.success(event)) }
        } catch { box.put(.failure(TesseraError(error))) }
        box.close()
    }
    var (results, failure, isStopped): ([GenerationResult], TesseraError?, Bool) = ([], nil, false)
    while true {
        let messages = box.next()
        if messages.isEmpty { break }
        for message in messages {
            switch message {
            case .success(.result(let result)): results.append(result)
            case .success(let event):
                guard !isStopped, let tell = given.on_event, !call(tell, event, given.context) else { continue }
                isStopped = true
                task.cancel()
            case .failure(let error): failure = failure ?? error
            }
        }
    }
    if isStopped { throw TesseraError(.cancelled, "stopped by the callback") }
    if let failure { throw failure }
    return results
}

/// Whether the caller wants to go on.
private func call(_ tell: tessera_event_callback, _ event: GenerationEvent, _ context: UnsafeMutableRawPointer?) -> Bool {
    let memory = CMemory()
    guard var made = tessera_event(event, memory) else { return true }
    return withExtendedLifetime(memory) { tell(&made, context) }
}

extension tessera_event {
    /// nil for what is no event to C.
    fileprivate init?(_ event: GenerationEvent, _ memory: CMemory) {
        self.init()
        struct_size = MemoryLayout<tessera_event>.size
        switch event {
        case .result: return nil
        case .progress(let what, let share):
            kind = TESSERA_EVENT_PROGRESS
            (self.what, self.share) = (memory.text(what), share)
        case .step(let step):
            kind = TESSERA_EVENT_STEP
            (share, target, text) = (step.share, memory.text(step.target), memory.text(step.text))
            (sample, variation) = (Int64(step.sample), Int64(step.variation))
            (self.step, steps, is_last) = (Int64(step.step), Int64(step.steps), step.isLast)
            (token_count, tokens) = (step.tokens.count, memory.list(step.tokens.map { Int64($0) }))
            // A text's token has no place on a grid.
            if step.positions.count == step.tokens.count { positions = memory.list(step.positions.map { Int64($0) }) }
            if let picture = step.picture {
                (width, height, channels) = (Int32(clamping: picture.width), Int32(clamping: picture.height), Int32(picture.channels))
                self.picture = memory.list(picture.samples)
            }
        }
    }
}
