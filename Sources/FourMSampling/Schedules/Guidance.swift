/// How a target is decoded.
package enum DecodingScheme: String, Codable, Hashable, Sendable, CaseIterable {
    /// All open positions are predicted at once and the most certain are kept.
    case maskgit
    /// Positions are decoded in a random order, a few at a time.
    case roar
    /// Token by token from left to right, for sequences.
    case autoregressive

    /// Reads the name used in configuration files.
    /// - Throws: `ScheduleError.unknownName`.
    package init(name: String) throws(ScheduleError) {
        guard let scheme = DecodingScheme(rawValue: name) else {
            throw .unknownName(what: "decoding scheme", name: name, allowed: Self.allCases.map(\.rawValue))
        }
        self = scheme
    }
}

/// The strength of classifier-free guidance: one number, or a weight for each of several conditions.
///
/// Encoded as a number or a list of numbers. The reference fails on whole numbers; here they are as good as others.
package enum GuidanceScale: Hashable, Sendable, Codable {
    /// `uncond + scale (cond - uncond)`; 1 means no guidance.
    case single(Double)
    /// `uncond + sum_i weight_i (cond_i - uncond)`.
    case weights([Double])

    /// The numbers, one for `single`.
    package var values: [Double] {
        switch self {
        case .single(let value): [value]
        case .weights(let values): values
        }
    }

    /// Whether guidance changes the logits, so that the unconditional pass is needed.
    package var isActive: Bool { self != .single(1) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Double.self) {
            self = .single(value)
        } else {
            self = .weights(try container.decode([Double].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .single(let value): try container.encode(value)
        case .weights(let values): try container.encode(values)
        }
    }
}

extension GuidanceScale: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
    package init(floatLiteral value: Double) { self = .single(value) }
    package init(integerLiteral value: Int) { self = .single(Double(value)) }
    package init(arrayLiteral elements: Double...) { self = .weights(elements) }
}

/// How guidance changes over the decoding steps of a target. The reference names a cosine but does not define it.
package enum GuidanceSchedule: String, Codable, Hashable, Sendable, CaseIterable {
    case constant

    /// Reads the name used in configuration files.
    /// - Throws: `ScheduleError.guidanceScheduleNotSupported` for `cosine`, `.unknownName` for other names.
    package init(name: String, target: String) throws(ScheduleError) {
        switch name {
        case "constant": self = .constant
        case "cosine": throw .guidanceScheduleNotSupported(target: target, name: name)
        default: throw .unknownName(what: "guidance schedule", name: name, allowed: ["constant"])
        }
    }
}
