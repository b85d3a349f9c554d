import Inspect

/// Inputs that a command passes over because they cannot be used; it says so when the progress bar is gone.
package struct SkippedInputs {
    package private(set) var count = 0
    private var reasons: [String] = []

    /// Most that are named one by one.
    private static let shown = 5

    package init() {}

    /// - Parameter reason: what is wrong with it.
    package mutating func add(_ name: String, _ reason: String) {
        count += 1
        // Messages about files name them already.
        if reasons.count < SkippedInputs.shown { reasons.append(reason.contains(name) ? reason : "\(name): \(reason)") }
    }

    /// A warning for each of the first ones, and one for the rest.
    package func tell(_ warn: (String) -> Void) {
        for reason in reasons { warn("skipped \(reason)") }
        if count > reasons.count { warn("skipped \(count - reasons.count) more") }
    }

    /// `, 3 skipped`, or nothing.
    package var summary: String { count == 0 ? "" : ", \(count) skipped" }

    /// - Throws: ``WorkError`` if there are any: what was written is not all that was asked for.
    package func fail(of total: Int) throws {
        guard count > 0 else { return }
        throw WorkError("\(count) of \(total) inputs could not be used; the others are written", .content)
    }
}
