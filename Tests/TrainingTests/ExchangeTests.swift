import IR
import Runtime
import Testing

@testable import Training

/// Two trainers that share a training, without processes.
@Suite struct ExchangeTests {
    /// Adds what another trainer's batch gives.
    private final class Sum: GradientExchange {
        let scale = 0.5
        private let other: [String: Tensor]
        private(set) var completed: [String] = []
        private var totals: [String: StateTensor] = [:]

        init(_ other: [String: Tensor]) { self.other = other }

        func isComplete(_ key: String, _ gradient: StateTensor) throws {
            completed.append(key)
            totals[key] = gradient
        }

        func finish(_ present: Set<String>) throws -> Set<String> {
            for (key, total) in totals {
                guard let mine = total.view, let gradient = other["grad." + key] else { continue }
                total.replace(by: Tensor(zip(mine.floats, gradient.floats).map { $0 + $1 }, mine.shape))
            }
            return present.union(other.keys.compactMap { $0.hasPrefix("grad.") ? String($0.dropFirst(5)) : nil })
        }
    }

    @Test func gradientsAreAveragedOverProcesses() throws {
        let function = try Models.trained(buffers: [])
        let exchange = Sum(try Trainer(function).gradients(Models.batch(1)))
        let shared = try Trainer(function)
        shared.exchange = exchange
        // A parameter without gradient here has one there.
        let outcome = try shared.step(Models.batch(0), learningRate: 0.01, weightDecay: 0.05)
        #expect(Set(exchange.completed) == Set(Models.networkParameters) && exchange.completed.count == 3)
        let alone = try Trainer(function, TrainerSettings(accumulation: 2))
        _ = try alone.step(Models.batch(0), learningRate: 0.01, weightDecay: 0.05)
        let expected = try alone.step(Models.batch(1), learningRate: 0.01, weightDecay: 0.05)
        #expect(shared.parameters == alone.parameters && outcome.gradientNorm == expected.gradientNorm)
    }
}
