import Foundation
import IR
import Runtime

/// How near one output of a function is to that of a reference, over several calls.
package struct OutputAccuracy: Sendable, Hashable, Codable {
    package let function, output: String
    package let calls: Int
    /// Sum of squares of the reference by that of the differences, in dB, up to 200. Of integers, as of numbers.
    package let sqnr: Double
    /// Of all values as one vector.
    package let cosine: Double
    /// The largest difference.
    package let max: Double
    /// Share of values that are equal: what counts of tokens and other integers.
    package let equal: Double

    /// The root of the mean square of the differences by that of the reference; of integers, the share that differs.
    package var error: Double { isInteger ? 1 - equal : sqnr >= 200 ? 0 : pow(10, -sqnr / 20) }
    /// Whether the output's values are integers.
    let isInteger: Bool
}

/// Adds up how two variants of a model differ.
package struct OutputComparison {
    private struct Sums {
        var (calls, count, equal) = (0, 0, 0)
        var isInteger = false
        var (reference, other, products, errors, most) = (0.0, 0.0, 0.0, 0.0, 0.0)
    }

    private struct Place: Hashable, Comparable {
        let function, output: String

        static func < (a: Place, b: Place) -> Bool { (a.function, a.output) < (b.function, b.output) }
    }

    private var sums: [Place: Sums] = [:]
    private var seconds: [String: [(reference: Double, other: Double)]] = [:]

    package init() {}

    /// How long a function takes with a reference and with another variant: medians of calls in turn.
    package struct Times: Sendable, Hashable, Encodable {
        package let function: String
        /// Seconds.
        package let reference, other: Double
        package let calls: Int
    }

    /// By function; of comparisons that ran both.
    package var times: [Times] {
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        return seconds.sorted { $0.key < $1.key }.map { function, own in
            Times(function: function, reference: median(own.map(\.reference)), other: median(own.map(\.other)), calls: own.count)
        }
    }

    /// Adds the outputs of one call; those of other shapes than the reference's, and texts, are passed over.
    package mutating func add(_ function: String, reference: [String: Tensor], other: [String: Tensor]) {
        for (name, expected) in reference {
            guard let actual = other[name], actual.shape == expected.shape, expected.dtype != .string, actual.dtype != .string else {
                continue
            }
            let place = Place(function: function, output: name)
            add(place, expected.doubles, actual.doubles)
            sums[place]?.isInteger = !expected.dtype.isFloat
        }
    }

    private mutating func add(_ place: Place, _ expected: [Double], _ actual: [Double]) {
        var own = sums[place] ?? Sums()
        own.calls += 1
        own.count += expected.count
        for (a, b) in zip(expected, actual) {
            if a == b { own.equal += 1 }
            own.reference += a * a
            own.other += b * b
            own.products += a * b
            own.errors += (a - b) * (a - b)
            own.most = Swift.max(own.most, abs(a - b))
        }
        sums[place] = own
    }

    /// By function and output.
    package var outputs: [OutputAccuracy] {
        sums.sorted { $0.key < $1.key }.map { place, own in
            let sqnr = own.errors > 0 ? min(10 * log10(own.reference / own.errors), 200) : 200
            let length = (own.reference * own.other).squareRoot()
            let sound = [sqnr, own.products, own.most].allSatisfy(\.isFinite)
            return OutputAccuracy(
                function: place.function, output: place.output, calls: own.calls, sqnr: sound ? sqnr : 0,
                cosine: !sound ? 0 : length > 0 ? own.products / length : own.errors == 0 ? 1 : 0,
                max: own.most.isFinite ? own.most : .greatestFiniteMagnitude,
                equal: own.count == 0 ? 1 : Double(own.equal) / Double(own.count), isInteger: own.isInteger)
        }
    }

    /// Runs both plans for `calls` of functions that both have, up to `most` of each; no more than one of them is in memory.
    /// - Parameters:
    ///   - timed: whether ``times`` is wanted, for which some calls run once more.
    ///   - onProgress: told what share of the calls has run.
    package static func of(
        _ reference: Plan, _ other: Plan, _ calls: [RecordedCall], most: Int, timed: Bool = false, onProgress: (Double) -> Void = { _ in }
    ) throws -> OutputComparison {
        var comparison = OutputComparison()
        let (first, second) = (Session(reference), Session(other))
        let shared = calls.filter { reference.module.function($0.function) != nil && other.module.function($0.function) != nil }
        let chosen = Dictionary(grouping: shared, by: \.function).sorted { $0.key < $1.key }.flatMap {
            CallRecorder.spread($0.value, most: most)
        }
        for (index, recorded) in chosen.enumerated() {
            onProgress(Double(index) / Double(chosen.count))
            let call = try recorded.read()
            comparison.add(
                call.function, reference: try first.run(call.function, call.inputs), other: try second.run(call.function, call.inputs))
            // The first run of a shape plans it.
            guard timed, comparison.seconds[call.function, default: []].count < timedCalls else { continue }
            let took = (
                reference: try seconds { try first.run(call.function, call.inputs) },
                other: try seconds { try second.run(call.function, call.inputs) }
            )
            comparison.seconds[call.function, default: []].append(took)
        }
        return comparison
    }

    /// The same for calls that are in memory.
    package static func of(
        _ reference: Plan, _ other: Plan, _ calls: [CallRecorder.Call], most: Int, timed: Bool = false
    ) throws -> OutputComparison { try of(reference, other, calls.map { RecordedCall($0) }, most: most, timed: timed) }

    /// Calls of each function that are timed.
    private static let timedCalls = 5

    private static func seconds(_ body: () throws -> some Any) rethrows -> Double {
        let start = ContinuousClock.now
        _ = try body()
        return (ContinuousClock.now - start).seconds
    }
}
