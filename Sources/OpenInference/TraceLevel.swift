/// What the trace extension of the protocol tells: whether times of requests are recorded. That is said when the server is started.
package enum TraceLevel: String, Sendable {
    /// No.
    case off = "OFF"
    /// Yes.
    case timestamps = "TIMESTAMPS"

    /// - Parameter isTraced: whether requests are traced.
    package init(isTraced: Bool) { self = isTraced ? .timestamps : .off }

    /// Why it cannot be another, for clients.
    package var refusal: String {
        switch self {
        case .off: "trace_level is OFF: the server was started without --trace-file; 'tessera profile' times a model's steps"
        case .timestamps: "trace_level is TIMESTAMPS: the server was started with --trace-file; start it without to record nothing"
        }
    }
}
