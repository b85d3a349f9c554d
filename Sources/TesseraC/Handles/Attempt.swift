import CTessera
import Tessera

/// An error, for C to look at.
final class ErrorHandle: Handle {
    let status: tessera_status
    private(set) var message, file, node, remedy: UnsafePointer<CChar>?

    init(_ error: TesseraError) {
        status = tessera_status(UInt32(error.category.code))
        super.init()
        (message, file) = (memory.text(error.message), memory.text(error.file))
        (node, remedy) = (memory.text(error.node), memory.text(error.remedy))
    }
}

/// What a caller did wrong; the message names the argument.
func wrong(_ message: String) -> TesseraError { TesseraError(.usage, message) }

/// Runs `body`; what it throws goes to `error`, where there is a place for it, and its category to the caller.
func attempt(_ error: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws -> Void) -> tessera_status {
    do {
        try body()
        return TESSERA_OK
    } catch let caught {
        let made = ErrorHandle(TesseraError(caught))
        error?.pointee = made.owned
        return made.status
    }
}

/// The same for what makes a handle, which goes to `place`.
func make(
    _ place: UnsafeMutablePointer<OpaquePointer?>?, _ name: StaticString, _ error: UnsafeMutablePointer<OpaquePointer?>?,
    _ body: () throws -> Handle
) -> tessera_status {
    place?.pointee = nil
    return attempt(error) {
        guard let place else { throw wrong("\(name) is NULL, so there is no place for what is made") }
        place.pointee = try body().owned
    }
}
