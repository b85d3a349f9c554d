/// What kind of failure an error is; the one table from which exit codes, C error codes and HTTP statuses derive.
public enum ErrorCategory: String, Sendable, Hashable, CaseIterable {
    /// What the caller asked for cannot be meant: an unknown name, a value out of range, inputs that do not fit each other.
    case usage
    /// A file, folder or model that is not there.
    case notFound
    /// What was found in a file is damaged, contradicts itself or does not fit its use.
    case unreadable
    /// Valid, but of a kind that is not supported.
    case unsupported
    /// A sound model that asks for operators which are not supported.
    case unsupportedModel
    /// Memory, disk, network or permission that was lacking.
    case outOfResources
    /// Stopped by the caller.
    case cancelled
    /// A fault of Tessera itself.
    case `internal`

    private var row: (exit: Int32, code: Int32, http: Int) {
        switch self {
        case .usage: (2, 1, 400)
        case .notFound: (1, 2, 404)
        case .unreadable: (1, 3, 422)
        case .unsupported: (1, 4, 501)
        case .unsupportedModel: (3, 8, 501)
        case .outOfResources: (1, 5, 503)
        case .cancelled: (130, 6, 499)
        case .internal: (1, 7, 500)
        }
    }

    /// Exit code of a command: 2 for wrong usage, 3 for a model that cannot be run, 130 for what was stopped, 1 for every other failure.
    public var exitCode: Int32 { row.exit }

    /// Error code of C functions, from 1 on; 0 there means success.
    public var code: Int32 { row.code }

    /// HTTP status of a server's answer.
    public var httpStatus: Int { row.http }
}
