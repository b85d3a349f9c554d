// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Tessera

/// A wish to stop.
final class CancellationHandle: Handle {
    let token = CancellationToken()
}

/// `tessera_cancellation_create`
@c @implementation
package func tessera_cancellation_create() -> OpaquePointer? { CancellationHandle().owned }

/// `tessera_cancellation_cancel`
@c @implementation
package func tessera_cancellation_cancel(_ cancellation: OpaquePointer?) {
    handle(cancellation, as: CancellationHandle.self)?.token.cancel()
}

/// `tessera_cancellation_is_cancelled`
@c @implementation
package func tessera_cancellation_is_cancelled(_ cancellation: OpaquePointer?) -> Bool {
    handle(cancellation, as: CancellationHandle.self)?.token.isCancelled ?? false
}

/// `tessera_cancellation_free`
@c @implementation
package func tessera_cancellation_free(_ cancellation: OpaquePointer?) { free(cancellation) }

/// The wish to stop behind `pointer`; nil for NULL.
/// - Throws: `TesseraError` for a handle of another kind.
func token(_ pointer: OpaquePointer?, _ name: StaticString) throws -> CancellationToken? {
    pointer == nil ? nil : try required(pointer, name, as: CancellationHandle.self).token
}
