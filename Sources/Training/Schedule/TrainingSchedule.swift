import Foundation

/// A value for each step of a training: a learning rate or a weight decay.
///
/// Source: `fourm/utils/scheduler.py`. Under accumulation a step is a batch, not an update: an update takes the value of its first batch.
package struct TrainingSchedule: Sendable, Equatable {
    package let values: [Double]

    /// How long a part of a schedule is: steps, where they are more than 0, or else epochs.
    package struct Span: Sendable, Equatable {
        package var epochs = 0
        package var steps = -1

        package init(epochs: Int = 0, steps: Int = -1) { (self.epochs, self.steps) = (epochs, steps) }

        /// Whether there is such a part.
        var isWanted: Bool { epochs > 0 || steps > 0 }

        /// Negative epochs give a negative length, which makes the part behind it longer, and is only right where there is no such part.
        func count(_ stepsPerEpoch: Int) throws(TrainingScheduleError) -> Int {
            steps > 0 ? steps : try TrainingSchedule.product(epochs, stepsPerEpoch)
        }
    }

    /// Steps of a run.
    package struct Length: Sendable, Equatable {
        package let epochs, stepsPerEpoch: Int

        package init(epochs: Int, stepsPerEpoch: Int) { (self.epochs, self.stepsPerEpoch) = (epochs, stepsPerEpoch) }

        fileprivate func count() throws(TrainingScheduleError) -> Int {
            let count = try TrainingSchedule.product(epochs, stepsPerEpoch)
            guard epochs >= 0, stepsPerEpoch >= 0, count <= TrainingSchedule.largestCount else {
                throw .length(
                    "\(epochs) epochs of \(stepsPerEpoch) steps cannot be; give 0 to \(TrainingSchedule.largestCount) steps in all")
            }
            return count
        }
    }

    /// A linear way from `start` to `base`, both included, then half a wave of the cosine towards `end`, whose last step comes short of it.
    /// - Throws: ``TrainingScheduleError`` where the warm-up is longer than the run.
    package static func cosine(
        base: Double, end: Double, _ length: Length, warmup: Span = Span(), start: Double = 0
    ) throws(TrainingScheduleError) -> TrainingSchedule {
        let (first, rest) = try parts(length, base, warmup, start)
        guard rest >= 0 else { throw .length("the warm-up of \(first.count) steps is longer than the run; shorten it") }
        let tail = (0..<rest).map { end + 0.5 * (base - end) * (1 + cos(Double.pi * Double($0) / Double(rest))) }
        return TrainingSchedule(values: first + tail)
    }

    /// The same value at each step.
    package static func constant(_ value: Double, _ length: Length) throws(TrainingScheduleError) -> TrainingSchedule {
        TrainingSchedule(values: Array(repeating: value, count: try length.count()))
    }

    /// A linear way from `start` to `base`, then `base / sqrt(1 + step / timescale)`, then a linear way down to `end`.
    /// - Throws: ``TrainingScheduleError`` where the parts are longer than the run, or nothing is left before a cool-down.
    package static func inverseSquareRoot(
        base: Double, end: Double, _ length: Length, warmup: Span = Span(), start: Double = 0, cooldown: Span = Span(),
        timescale: Double = 10_000
    ) throws(TrainingScheduleError) -> TrainingSchedule {
        guard timescale > 0, timescale < .infinity else { throw .value("the timescale is \(timescale); it must be a number above 0") }
        let (first, left) = try parts(length, base, warmup, start)
        let down = cooldown.isWanted ? try cooldown.count(length.stepsPerEpoch) : 0
        let rest = left - down
        guard rest >= 0 else { throw .length("warm-up and cool-down have \(first.count + down) steps, more than the run; shorten them") }
        let middle = (0..<rest).map { base == end ? base : base / ((Double($0) + timescale) / timescale).squareRoot() }
        guard cooldown.isWanted else { return TrainingSchedule(values: first + middle) }
        guard let last = middle.last else { throw .length("warm-up and cool-down leave no step between them; shorten one") }
        return TrainingSchedule(values: first + middle + line(last, end, down))
    }

    /// One schedule after another.
    package func followed(by other: TrainingSchedule) -> TrainingSchedule { TrainingSchedule(values: values + other.values) }

    /// The warm-up, and how many steps are left.
    private static func parts(
        _ length: Length, _ base: Double, _ warmup: Span, _ start: Double
    ) throws(TrainingScheduleError) -> ([Double], Int) {
        let all = try length.count()
        let count = warmup.isWanted ? try warmup.count(length.stepsPerEpoch) : 0
        guard count <= largestCount else { throw .length("a warm-up of \(count) steps is longer than the run; shorten it") }
        return (warmup.isWanted ? line(start, base, count) : [], all - count)
    }

    /// `count` values at equal distances, both ends included.
    private static func line(_ from: Double, _ to: Double, _ count: Int) -> [Double] {
        guard count > 1 else { return count == 1 ? [from] : [] }
        let step = (to - from) / Double(count - 1)
        return (0..<count).map { $0 == count - 1 ? to : Double($0) * step + from }
    }

    /// - Throws: ``TrainingScheduleError`` beyond all numbers.
    package static func product(_ a: Int, _ b: Int) throws(TrainingScheduleError) -> Int {
        let (product, isTooLarge) = a.multipliedReportingOverflow(by: b)
        guard !isTooLarge else { throw .length("\(a) epochs of \(b) steps are too many") }
        return product
    }

    /// Steps of a run.
    static let largestCount = 1 << 30
}

/// A schedule that cannot be made.
package enum TrainingScheduleError: Error, Equatable, Sendable, CustomStringConvertible {
    case length(String)
    case value(String)

    package var description: String {
        switch self {
        case .length(let problem), .value(let problem): "schedule: \(problem)"
        }
    }
}
