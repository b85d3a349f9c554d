import Foundation

/// What a person reads of an error.
enum ErrorText {
    static func of(_ error: any Error) -> String {
        let isFoundations = type(of: error) == NSError.self || error is CocoaError || error is POSIXError
        return isFoundations ? foundations(error as NSError) : "\(error)"
    }

    /// Foundation's own texts tell neither path nor reason.
    private static func foundations(_ error: NSError) -> String {
        let path = (error.userInfo[NSFilePathErrorKey] as? String).map { "\($0): " } ?? ""
        return path + (reason(error) ?? error.localizedDescription)
    }

    private static func reason(_ error: NSError) -> String? {
        if error.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(truncatingIfNeeded: error.code))) }
        return (error.userInfo[NSUnderlyingErrorKey] as? any Error).flatMap { reason($0 as NSError) }
    }
}
