import OpenInference
import Tessera

extension [String: Inference_InferParameter] {
    /// The text under `key`; nil where there is none.
    func text(_ key: String) -> String? {
        if case .stringParam(let value)? = self[key]?.parameterChoice { value } else { nil }
    }

    /// The whole number under `key`; nil where there is none.
    func integer(_ key: String) -> Int64? {
        switch self[key]?.parameterChoice {
        case .int64Param(let value)?: value
        case .uint64Param(let value)?: Int64(clamping: value)
        default: nil
        }
    }

    /// The truth value under `key`; false where there is none.
    func flag(_ key: String) -> Bool {
        if case .boolParam(let value)? = self[key]?.parameterChoice { value } else { false }
    }
}

/// Where in shared memory an input lies or an output goes, as the parameters of a tensor say.
struct SharedPlaces: Sendable {
    /// Regions that are registered; nil where the server uses no shared memory.
    let regions: SharedMemoryTable?

    /// Part of a region that `parameters` name; nil if they name none.
    /// - Throws: ``TesseraError``.
    func slice(_ parameters: [String: Inference_InferParameter], of tensor: String) throws(TesseraError) -> SharedSlice? {
        guard let name = parameters.text("shared_memory_region") else { return nil }
        guard let regions else { throw SharedPlaces.off }
        guard let count = parameters.integer("shared_memory_byte_size") else {
            throw TesseraError(.usage, "'\(tensor)' lies in shared memory: its parameters must have shared_memory_byte_size")
        }
        return try regions.region(name).slice(from: parameters.integer("shared_memory_offset") ?? 0, count: count)
    }

    /// Why there is no shared memory.
    static let off = TesseraError(
        .unsupported, "this server uses no shared memory: start it with --shared-memory where clients of this machine are to be trusted")
}
