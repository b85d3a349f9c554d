import Formats
import Foundation
import Serving
import Tessera

/// What a generation tells, as JSON.
enum GenerateAnswer {
    /// The whole answer.
    static func results(_ results: [GenerationResult], of pipeline: ServedPipeline, seed: UInt64, time: Duration) throws -> ConfigValue {
        .dict([
            "model": .string(pipeline.name), "version": .string(pipeline.version), "seed": number(seed), "seconds": .double(seconds(time)),
            "results": .list(try results.map { try result($0) }),
        ])
    }

    /// One sample's.
    static func result(_ result: GenerationResult) throws -> ConfigValue {
        .dict([
            "sample": .int(result.sample), "variation": .int(result.variation), "targets": .list(try result.targets.map { try target($0) }),
        ])
    }

    private static func target(_ target: GeneratedTarget) throws -> ConfigValue {
        let structure = target.json.flatMap { try? ConfigValue(json: $0) }
        return .dict([
            "modality": .string(target.modality), "tokens": .list(target.tokens.map { .int($0) }), "text": text(target.text),
            "json": structure ?? .null, "boxes": .list(target.boxes.map { box($0) }),
            "warnings": .list(target.warnings.map { .string($0) }),
            "picture": try picture(target.picture),
        ])
    }

    private static func box(_ box: GeneratedTarget.Box) -> ConfigValue {
        .dict([
            "label": .string(box.label), "x_min": .double(box.xMin), "y_min": .double(box.yMin), "x_max": .double(box.xMax),
            "y_max": .double(box.yMax),
        ])
    }

    /// What is being done.
    static func progress(_ what: String, share: Double) -> ConfigValue { .dict(["what": .string(what), "share": .double(share)]) }

    /// What one step wrote.
    static func step(_ step: GenerationStep) throws -> ConfigValue {
        .dict([
            "sample": .int(step.sample), "variation": .int(step.variation), "target": .string(step.target), "step": .int(step.step),
            "steps": .int(step.steps), "positions": .list(step.positions.map { .int($0) }), "tokens": .list(step.tokens.map { .int($0) }),
            "share": .double(step.share), "text": text(step.text), "last": .bool(step.isLast), "picture": try picture(step.picture),
        ])
    }

    /// The end of a stream.
    static func done(_ pipeline: ServedPipeline, seed: UInt64, results: Int, time: Duration) -> ConfigValue {
        .dict([
            "model": .string(pipeline.name), "version": .string(pipeline.version), "seed": number(seed), "results": .int(results),
            "seconds": .double(seconds(time)),
        ])
    }

    /// Why a stream ends early.
    static func failure(_ error: any Error) -> ConfigValue {
        let (status, text): (Int, String) =
            switch error {
            case let error as ServingError: (error.httpStatus, error.description)
            case let error as AnswerError: (error.status.code, error.message)
            default: (TesseraError(error).category.httpStatus, TesseraError(error).message)
            }
        return .dict(["error": .string(text), "status": .int(status)])
    }

    private static func text(_ text: String?) -> ConfigValue { text.map { .string($0) } ?? .null }

    /// Seeds beyond `Int` are told as the nearest double, which JSON's readers make of them anyway.
    private static func number(_ seed: UInt64) -> ConfigValue { Int(exactly: seed).map { .int($0) } ?? .double(Double(seed)) }

    private static func seconds(_ time: Duration) -> Double { time / .seconds(1) }

    /// A data URL of a PNG file.
    private static func picture(_ picture: Picture?) throws -> ConfigValue {
        guard let picture else { return .null }
        return .string("data:image/png;base64,\(Data(try picture.png()).base64EncodedString())")
    }
}
