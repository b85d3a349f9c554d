/// Named arrays of a golden file, widened to Double.
package typealias ConformanceArrays = [String: (shape: [Int], values: [Double])]

/// What comparing with a golden case found.
package struct ConformanceOutcome: Sendable {
    /// Comparisons made.
    package private(set) var checks = 0
    /// One line for each comparison that failed.
    package private(set) var failures: [String] = []
    /// Largest absolute difference among finite values.
    package private(set) var largestError = 0.0

    package init() {}

    package var passed: Bool { failures.isEmpty && checks > 0 }

    /// Records a comparison of a value that must be equal.
    package mutating func equal<Value: Equatable>(_ name: String, _ value: Value, _ expected: Value) {
        checks += 1
        if value != expected { failures.append("\(name): \(value), expected \(expected)") }
    }

    /// Records a comparison within a tolerance: |x - r| <= atol + rtol |r|; NaN and infinities must match.
    package mutating func close(
        _ name: String, _ values: [Double], _ expected: [Double], _ tolerance: Tolerance
    ) {
        checks += 1
        guard values.count == expected.count else {
            failures.append("\(name): \(values.count) values, expected \(expected.count)")
            return
        }
        var wrong: (index: Int, error: Double)?
        for (index, (value, reference)) in zip(values, expected).enumerated() {
            if value == reference || (value.isNaN && reference.isNaN) { continue }
            let error = abs(value - reference)
            if error.isFinite { largestError = max(largestError, error) }
            let allowed = tolerance.absolute + tolerance.relative * abs(reference)
            if !(error <= allowed), !(error <= wrong?.error ?? -1) { wrong = (index, error) }
        }
        if let wrong {
            failures.append(
                "\(name): value \(wrong.index) is \(values[wrong.index]), expected \(expected[wrong.index]); "
                    + "off by \(wrong.error)")
        }
    }

    /// Records a comparison that could not be made or went wrong.
    package mutating func fail(_ name: String, _ message: String) {
        checks += 1
        failures.append("\(name): \(message)")
    }

    /// Records a comparison that went well.
    package mutating func pass() { checks += 1 }
}
