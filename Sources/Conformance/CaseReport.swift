import IR

/// Compares results with references and keeps the largest error and every failure.
package struct CaseReport {
    package let tolerance: Tolerance
    package private(set) var failures: [String] = []
    /// Largest |x - r| of all float comparisons, and where.
    package private(set) var largestError: (value: Double, name: String) = (0, "")
    /// Values compared.
    package private(set) var comparisons = 0
    /// Names given to comparisons so far.
    private var compared: Set<String> = []

    package init(tolerance: Tolerance) { self.tolerance = tolerance }

    package mutating func fail(_ message: String) { failures.append(message) }

    /// Records a check that is not about numbers.
    package mutating func check(_ condition: Bool, _ message: @autoclosure () -> String) {
        comparisons += 1
        if !condition { failures.append(message()) }
    }

    package mutating func addError(_ value: Double, _ name: String) {
        if value > largestError.value { largestError = (value, name) }
    }

    /// Records differences that a comparison elsewhere found, one message each; `checks` tells how much it compared.
    package mutating func add(_ messages: [String], checks: Int) {
        comparisons += checks
        failures += messages
    }

    /// Records that there is nothing to compare with the output `name`, and why that is right.
    package mutating func accept(_ name: String, because condition: Bool, _ message: @autoclosure () -> String) {
        compared.insert(name)
        check(condition, message())
    }

    /// Fails for each of the case's outputs that nothing was compared with.
    package mutating func requireAll(_ outputs: [String: Tensor]) {
        for name in outputs.keys.sorted() where !compared.contains(name) { fail("\(name): nothing was compared with this output") }
    }

    /// Holds `actual` against `expected`: floats within the tolerance (or `absolute` where given), others equal.
    /// Non-finite references must be met exactly. `name` is the output's name in the case.
    package mutating func compare(_ name: String, _ actual: Tensor?, _ expected: Tensor?, absolute: Double? = nil) {
        compared.insert(name)
        guard let expected else { return fail("\(name): the case has no such output") }
        guard let actual else { return fail("\(name): was not computed") }
        guard actual.shape == expected.shape else { return fail("\(name): shape \(actual.shape), expected \(expected.shape)") }
        guard actual.dtype.isFloat == expected.dtype.isFloat else {
            return fail("\(name): holds \(actual.dtype.rawValue), expected \(expected.dtype.rawValue)")
        }
        comparisons += expected.count
        if expected.dtype.isFloat {
            compareFloats(name, actual, expected, absolute ?? tolerance.absolute)
        } else {
            compareExactly(name, actual, expected)
        }
    }

    private mutating func compareFloats(_ name: String, _ actual: Tensor, _ expected: Tensor, _ absolute: Double) {
        var worst = (excess: 0.0, index: 0)
        let (x, r) = (actual.doubles, expected.doubles)
        for index in r.indices {
            if !r[index].isFinite || !x[index].isFinite {
                let same = r[index].isNaN ? x[index].isNaN : x[index] == r[index]
                if !same { worst = (.infinity, index) }
                continue
            }
            let error = abs(x[index] - r[index])
            if error > largestError.value { largestError = (error, name) }
            let excess = error - absolute - tolerance.relative * abs(r[index])
            if excess > worst.excess { worst = (excess, index) }
        }
        if worst.excess > 0 {
            fail("\(name): element \(worst.index) is \(x[worst.index]), expected \(r[worst.index])")
        }
    }

    private mutating func compareExactly(_ name: String, _ actual: Tensor, _ expected: Tensor) {
        let (x, r) = (actual.integers, expected.integers)
        let wrong = r.indices.filter { x[$0] != r[$0] }
        if let first = wrong.first {
            fail("\(name): \(wrong.count) of \(r.count) differ, first at \(first): \(x[first]), expected \(r[first])")
        }
    }
}
