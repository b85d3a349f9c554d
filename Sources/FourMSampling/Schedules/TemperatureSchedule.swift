import Foundation

/// How the sampling temperature changes over the decoding steps of one target.
///
/// Its text form is that of the reference: `constant`, `linear`, `onex:<minimum>:<power>`.
/// Source: `fourm/utils/generation.py`.
package enum TemperatureSchedule: Hashable, Sendable {
    /// The same temperature at every step.
    case constant
    /// The first step has the full temperature; step i has it times the share of tokens left before it.
    case linear
    /// Falls from the given temperature towards `minimum` like 1 / x^power.
    case oneOverX(minimum: Double, power: Double)

    /// Temperatures of the reference never fall below this (it is not treated as zero there).
    package static let smallest = 1e-9

    /// Temperatures for a list of token counts.
    ///
    /// `oneOverX` reads its curve, which has one point per token, at the step's index: with more steps than tokens the
    /// result is shorter than `counts`, as in the reference. A flat curve (a single token, or power 0), where the
    /// reference divides by zero, counts as 0: the result is `minimum`.
    package func values(temperature: Double, counts: [Int]) -> [Double] {
        let total = counts.reduce(0, +)
        switch self {
        case .constant:
            return counts.map { _ in temperature }
        case .linear:
            return Self.linearValues(temperature: temperature, counts: counts, total: total)
        case .oneOverX(let minimum, let power):
            let curve = Self.normalizedCurve(points: total, power: power)
            var sum = 0
            return zip(counts, curve).map { count, height in
                sum += count
                let share = (1 - Double(sum) / Double(total)) * height
                return max(minimum + (temperature - minimum) * share, Self.smallest)
            }
        }
    }

    /// The temperature that continues a list which is shorter than the schedule.
    func floor(temperature: Double) -> Double {
        switch self {
        case .constant: temperature
        case .linear: Self.smallest
        case .oneOverX(let minimum, _): max(minimum, Self.smallest)
        }
    }

    private static func linearValues(temperature: Double, counts: [Int], total: Int) -> [Double] {
        var before = 0
        return counts.enumerated().map { index, count in
            defer { before += count }
            guard index > 0 else { return max(temperature, smallest) }
            guard total != 0 else { return smallest }
            return max(temperature * Double(total - before) / Double(total), smallest)
        }
    }

    /// 1 / x^power at `points` equally spaced x in [1, 100], scaled to [0, 1].
    private static func normalizedCurve(points: Int, power: Double) -> [Double] {
        guard points > 0 else { return [] }
        let width = points > 1 ? 99.0 / Double(points - 1) : 0
        let curve = (0..<points).map { index in
            1 / pow(index == points - 1 && points > 1 ? 100 : 1 + Double(index) * width, power)
        }
        let lowest = curve.min() ?? 0
        let height = (curve.max() ?? 0) - lowest
        return curve.map { height > 0 ? ($0 - lowest) / height : 0 }
    }
}

extension TemperatureSchedule: LosslessStringConvertible, Codable {
    package init?(_ description: String) {
        guard let schedule = try? TemperatureSchedule(name: description) else { return nil }
        self = schedule
    }

    /// Reads the text form.
    /// - Throws: `ScheduleError.unknownName`, `.malformedOneOverX`.
    package init(name: String) throws(ScheduleError) {
        switch name {
        case "constant": self = .constant
        case "linear": self = .linear
        default:
            guard name.hasPrefix("onex") else {
                throw .unknownName(
                    what: "temperature schedule", name: name, allowed: ["constant", "linear", "onex:<minimum>:<power>"])
            }
            let parts = name.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "onex", let minimum = Double(parts[1]), let power = Double(parts[2]),
                minimum.isFinite, minimum >= 0, power.isFinite
            else { throw .malformedOneOverX(name) }
            self = .oneOverX(minimum: minimum, power: power)
        }
    }

    package var description: String {
        switch self {
        case .constant: "constant"
        case .linear: "linear"
        case .oneOverX(let minimum, let power): "onex:\(minimum):\(power)"
        }
    }

    package init(from decoder: any Decoder) throws {
        try self.init(name: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
