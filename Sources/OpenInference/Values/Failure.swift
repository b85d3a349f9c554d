import Formats
import Serving
import Tessera

extension ServingError {
    /// A request that cannot be meant.
    package static func request(_ text: String) -> ServingError { .failed(TesseraError(.usage, text)) }

    /// A request for what there is not.
    package static func unsupported(_ text: String) -> ServingError { .failed(TesseraError(.unsupported, text)) }
}

/// `body` with faults of JSON text as faults of the request.
func readingJSON<Result>(_ body: () throws -> Result) throws(ServingError) -> Result {
    do { return try body() } catch let error as ServingError { throw error } catch let error as CheckpointError {
        throw .request(error.description)
    } catch { throw .request("\(error)") }
}
