/// Why a generation schedule cannot be built.
package enum ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A schedule needs at least one decoding step.
    case stepCount(target: String?, steps: Int)
    /// A target needs zero or more tokens.
    case tokenCount(target: String?, tokens: Int)
    /// A name that no schedule or scheme has.
    case unknownName(what: String, name: String, allowed: [String])
    /// An `onex:<minimum>:<power>` whose two numbers cannot be read.
    case malformedOneOverX(String)
    /// Image-like targets need the number of steps and a token schedule.
    case missing(what: String, target: String)
    /// The modality is decoded token by token, from left to right, and by no other scheme.
    case schemeNotAllowed(target: String, scheme: DecodingScheme)
    /// A temperature or guidance scale that is not finite, or a negative temperature.
    case value(what: String, target: String, value: Double)
    /// The guidance schedule has no definition in the reference (`cosine`).
    case guidanceScheduleNotSupported(target: String, name: String)

    package var description: String {
        switch self {
        case .stepCount(let target, let steps):
            "\(Self.prefix(target))decoding steps must be 1 or more, not \(steps)"
        case .tokenCount(let target, let tokens):
            "\(Self.prefix(target))the number of tokens must be 0 or more, not \(tokens)"
        case .unknownName(let what, let name, let allowed):
            "unknown \(what) '\(name)'; use one of \(allowed.joined(separator: ", "))"
        case .malformedOneOverX(let text):
            "temperature schedule '\(text)' is not of the form onex:<minimum>:<power>, e.g. onex:0.5:0.5"
        case .missing(let what, let target):
            "target '\(target)' needs \(what); only the autoregressive scheme does without"
        case .schemeNotAllowed(let target, let scheme):
            "target '\(target)' is a sequence and cannot be decoded by '\(scheme.rawValue)'; use 'autoregressive'"
        case .value(let what, let target, let value):
            "target '\(target)': \(what) \(value) is out of range; give a finite number"
                + (what == "temperature" ? ", 0 or more" : "")
        case .guidanceScheduleNotSupported(let target, let name):
            "target '\(target)': guidance schedule '\(name)' is not supported; use 'constant'"
        }
    }

    private static func prefix(_ target: String?) -> String {
        target.map { "target '\($0)': " } ?? ""
    }
}
