// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Tessera

/// `tessera_inspect`
@c @implementation
package func tessera_inspect(
    _ source: UnsafePointer<CChar>?, _ what: UnsafePointer<CChar>?, _ function: UnsafePointer<CChar>?,
    _ sizes: UnsafePointer<tessera_size>?, _ size_count: Int, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    json?.pointee = nil
    return attempt(error) {
        guard let json else { throw wrong("json is NULL, so there is no place for the report") }
        let report: ModelReports.Kind = try choice(what, "what", .summary)
        json.pointee = callersText(
            try ModelReports.json(
                report, of: try requiredText(source, "source"), function: try text(function, "function"),
                sizes: try TesseraC.sizes(sizes, size_count, "sizes")))
    }
}
