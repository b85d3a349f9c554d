/// How much noise each training step adds. Text form as in the reference.
package enum BetaSchedule: Hashable, Sendable {
    case linear
    /// Linear in the root of beta (latent diffusion).
    case scaledLinear
    /// Nichol and Dhariwal's cosine, betas capped at 0.999.
    case squaredCosine
    /// DDPM only.
    case sigmoid
    /// A cosine moved in log-SNR by `shift`: above 1 noisier, below 1 less noisy (Hoogeboom et al., arXiv 2305.18231).
    case shiftedCosine(shift: Double)

    /// Reads the text form.
    /// - Throws: `SchedulerError.unsupported`.
    package init(name: String, kind: SchedulerKind) throws(SchedulerError) {
        switch name {
        case "linear": self = .linear
        case "scaled_linear": self = .scaledLinear
        case "squaredcos_cap_v2": self = .squaredCosine
        case "sigmoid": self = .sigmoid
        default:
            let parts = name.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "shifted_cosine", let shift = Double(parts[1]), shift.isFinite,
                shift > 0
            else {
                throw .unsupported(
                    scheduler: kind, parameter: "beta_schedule", value: name, allowed: Self.allowed(for: kind))
            }
            self = .shiftedCosine(shift: shift)
        }
    }

    /// The text form.
    package var name: String {
        switch self {
        case .linear: "linear"
        case .scaledLinear: "scaled_linear"
        case .squaredCosine: "squaredcos_cap_v2"
        case .sigmoid: "sigmoid"
        case .shiftedCosine(let shift): "shifted_cosine:\(shift)"
        }
    }

    func isSupported(by kind: SchedulerKind) -> Bool {
        switch self {
        case .linear, .scaledLinear, .squaredCosine: true
        case .sigmoid: kind == .ddpm
        case .shiftedCosine(let shift): kind != .pndm && shift > 0 && shift.isFinite
        }
    }

    static func allowed(for kind: SchedulerKind) -> String {
        let common = "linear, scaled_linear, squaredcos_cap_v2"
        return switch kind {
        case .ddim: common + " or shifted_cosine:<shift above 0>"
        case .ddpm: common + ", sigmoid or shifted_cosine:<shift above 0>"
        case .pndm: common
        }
    }
}

extension BetaSchedule: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(name: decoder.singleValueContainer().decode(String.self), kind: .ddpm)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
