// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Tessera

#if canImport(Glibc)
    import Glibc
#endif

/// Texts that live as long as the process.
private final class Constants: Sendable {
    static let shared = Constants()
    nonisolated(unsafe) private let memory = CMemory()
    nonisolated(unsafe) let version: UnsafePointer<CChar>?
    nonisolated(unsafe) let types: [UnsafePointer<CChar>?]

    private init() {
        version = memory.text("\(TESSERA_VERSION_MAJOR).\(TESSERA_VERSION_MINOR)")
        types = DTypes.all.map { [memory] in memory.text($0.name) }
    }
}

/// `tessera_version`
@c @implementation
package func tessera_version() -> UnsafePointer<CChar>? { Constants.shared.version }

/// `tessera_dtype_name`
@c @implementation
package func tessera_dtype_name(_ type: tessera_dtype) -> UnsafePointer<CChar>? {
    DTypes.index(type).map { Constants.shared.types[$0] } ?? nil
}

/// `tessera_error_status`
@c @implementation
package func tessera_error_status(_ error: OpaquePointer?) -> tessera_status { handle(error, as: ErrorHandle.self)?.status ?? TESSERA_OK }

/// `tessera_error_message`
@c @implementation
package func tessera_error_message(_ error: OpaquePointer?) -> UnsafePointer<CChar>? { handle(error, as: ErrorHandle.self)?.message }

/// `tessera_error_file`
@c @implementation
package func tessera_error_file(_ error: OpaquePointer?) -> UnsafePointer<CChar>? { handle(error, as: ErrorHandle.self)?.file }

/// `tessera_error_node`
@c @implementation
package func tessera_error_node(_ error: OpaquePointer?) -> UnsafePointer<CChar>? { handle(error, as: ErrorHandle.self)?.node }

/// `tessera_error_remedy`
@c @implementation
package func tessera_error_remedy(_ error: OpaquePointer?) -> UnsafePointer<CChar>? { handle(error, as: ErrorHandle.self)?.remedy }

/// `tessera_error_free`
@c @implementation
package func tessera_error_free(_ error: OpaquePointer?) { free(error) }

/// `tessera_string_free`
@c @implementation
package func tessera_string_free(_ string: UnsafeMutablePointer<CChar>?) { Glibc.free(string) }
