import ArgumentParser
import Foundation
import Passes

/// What `--budget` allows a quantized model: which layers get more than the precision's scheme follows from it.
enum Budget: Sendable, Equatable, CustomStringConvertible {
    /// The largest relative error of any result of calibration's calls; of tokens and other integers, the share that differs.
    case error(Double)
    /// Bytes of each model.
    case size(Int)

    /// Bits for each weight of the layers that may be raised, on average.
    case bits(Double)

    /// How many times as fast as f32 the calls are; nil for as fast as they get.
    case speed(Double?)

    /// As it is given.
    var description: String {
        switch self {
        case .error(let value): "error=\(value)"
        case .size(let bytes): "size=\(bytes)"
        case .bits(let value): "bits=\(value)"
        case .speed(let value): value.map { "speed=\($0)" } ?? "speed"
        }
    }

    static func broken() -> ValidationError {
        OptionValue.broken(
            "error=X, a number above 0 and up to 1 such as error=0.02 or error=2%, size=N with kB, MB or GB, such as size=300MB, bits=N a weight, such as bits=5, speed, or "
                + "speed=N times as fast as f32, such as speed=2"
        )
    }
}

extension OptionValue {
    static let budget: Reader<Budget> = { text in
        if text == "speed" { return .speed(nil) }
        let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2 else { throw Budget.broken() }
        func number(_ text: String, _ units: [(suffix: String, factor: Double)]) -> Double? {
            let unit = units.first { text.lowercased().hasSuffix($0.suffix) }
            let digits = text.dropLast(unit?.suffix.count ?? 0)
            return Double(digits).map { $0 * (unit?.factor ?? 1) }
        }
        switch sides[0] {
        case "error":
            guard let value = number(sides[1], [("%", 0.01)]), value > 0, value <= 1 else { throw Budget.broken() }
            return .error(value)
        case "size":
            guard let value = number(sides[1], [("kb", 1e3), ("mb", 1e6), ("gb", 1e9)]), value >= 1, value < 1e15 else {
                throw Budget.broken()
            }
            return .size(Int(value))
        case "bits":
            guard let value = number(sides[1], []), value > 0, value <= 32 else { throw Budget.broken() }
            return .bits(value)
        case "speed":
            guard let value = number(sides[1], [("x", 1)]), value >= 1, value <= 1000 else { throw Budget.broken() }
            return .speed(value)
        default: throw Budget.broken()
        }
    }
}

extension PrecisionPolicy {
    /// Bytes of a weight, with its share of what its group has.
    func bytes(_ scheme: LayerScheme) -> Double {
        switch scheme {
        case .f32: 4
        case .bf16, .f16: 2
        case .int8, .int8Full, .int8Static, .w8: 1
        case .int4, .w4: groups.bytes
        }
    }
}
