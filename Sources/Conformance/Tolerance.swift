import Foundation

/// Allowed difference: a value x matches a reference r if |x - r| ≤ absolute + relative · |r|.
package struct Tolerance: Hashable, Sendable {
    package var absolute: Double
    package var relative: Double

    package init(absolute: Double, relative: Double) {
        self.absolute = absolute
        self.relative = relative
    }

    /// The `tolerance` of a parsed `case.json`; exact when it has none.
    package init(caseJSON: [String: Any]) {
        let json = caseJSON["tolerance"] as? [String: Any] ?? [:]
        absolute = (json["atol"] as? NSNumber)?.doubleValue ?? 0
        relative = (json["rtol"] as? NSNumber)?.doubleValue ?? 0
    }

    func accepts(_ found: Double, _ expected: Double) -> Bool { abs(found - expected) <= absolute + relative * abs(expected) }
}
