import Foundation

/// What a person reads of an error.
enum ErrorText {
    static func of(_ error: any Error) -> String {
        if error is any CustomStringConvertible, type(of: error) != NSError.self { return "\(error)" }
        return error.localizedDescription
    }
}
