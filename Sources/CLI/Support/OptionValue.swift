import ArgumentParser
import Formats
import FourMModels
import Importers
import Inspect

/// How values of options are read. What these throw says the rule; the parser puts the option and what was given before it:
/// `The value 'abc' is invalid for '--threads <n>': it must be a whole number from 1 to 1024`.
enum OptionValue {
    typealias Reader<Value> = @Sendable (String) throws -> Value

    /// A whole number in `range`.
    static func whole(_ range: ClosedRange<Int>) -> Reader<Int> {
        { text in
            guard let value = Int(text), range.contains(value) else { throw broken("a whole number \(words(range))") }
            return value
        }
    }

    private static func words(_ range: ClosedRange<Int>) -> String {
        range.upperBound == .max ? "from \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    }

    /// A finite number that `isGood` takes; `rule` says which.
    static func number(_ rule: String = "a number", where isGood: @escaping @Sendable (Double) -> Bool = { _ in true }) -> Reader<Double> {
        { text in
            guard let value = Double(text), value.isFinite, isGood(value) else { throw broken(rule) }
            return value
        }
    }

    /// A finite number in `range`.
    static func number(_ range: ClosedRange<Double>) -> Reader<Double> {
        number("a number from \(short(range.lowerBound)) to \(short(range.upperBound))") { range.contains($0) }
    }

    static let seed: Reader<UInt64> = { text in
        guard let value = UInt64(text) else { throw broken("a whole number from 0 to \(UInt64.max)") }
        return value
    }

    static let pixels: Reader<PixelSize> = { text in
        guard let size = PixelSize(text) else {
            throw broken("a side, or HEIGHTxWIDTH, in pixels from 1 to \(PixelSize.limit), such as 224 or 320x448")
        }
        return size
    }

    static let binding: Reader<SizeBinding> = { text in
        guard let binding = SizeBinding(text) else { throw broken(SizeBinding.rule) }
        return binding
    }

    static let adapters: Reader<LoRASource> = { text in
        guard let source = LoRASource(text) else { throw broken("FILE or FILE:SCALE, such as style.safetensors:0.5") }
        return source
    }

    /// The fault of a value that does not follow `rule`.
    static func broken(_ rule: String) -> ValidationError { ValidationError("it must be \(rule)") }

    /// A number as people write it.
    static func short(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}
