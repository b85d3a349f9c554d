import Foundation

/// What a person reads of an error.
enum ErrorText {
    static func of(_ error: any Error) -> String {
        let isFoundations = type(of: error) == NSError.self || error is CocoaError || error is POSIXError
        return isFoundations ? error.localizedDescription : "\(error)"
    }
}
