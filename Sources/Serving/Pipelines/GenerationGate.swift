import Synchronization
import Tessera

/// The queue of a pipeline: one generation at a time, in the order in which they came.
final class GenerationGate: Sendable {
    /// A generation from its arrival to its end.
    private struct Place {
        let token: CancellationToken
        let arrival = ContinuousClock.now
        var began: ContinuousClock.Instant?
        /// Why it ends early.
        var fault: ServingError?
        var waiter: CheckedContinuation<ServingError?, Never>?
    }

    private struct State {
        var places: [Int: Place] = [:]
        var current: Int?
        var waiting: [Int] = []
        var last = 0
        var times = ServiceTimes()
        var isClosed = false
        var enders: [CheckedContinuation<Void, Never>] = []
    }

    private let model: String
    private let limit: Int
    private let statistics: StatisticsCounter
    private let state = Mutex(State())

    init(_ model: String, limit: Int, _ statistics: StatisticsCounter) {
        (self.model, self.limit, self.statistics) = (model, limit, statistics)
    }

    /// Generations that wait and that run.
    var load: (waiting: Int, running: Int) { state.withLock { ($0.waiting.count, $0.current == nil ? 0 : 1) } }

    /// Number of a place in the queue, to be given back by ``leave(_:_:)``.
    /// - Parameter token: stops the generation.
    /// - Throws: ``ServingError``: `queueFull`, `draining`, `deadlineExceeded`.
    func enter(_ token: CancellationToken, _ deadline: ContinuousClock.Instant?) throws(ServingError) -> Int {
        let entered: Result<Int, ServingError> = state.withLock { state in
            if state.isClosed { return .failure(.draining) }
            if let deadline, deadline <= .now { return .failure(.deadlineExceeded(model: model)) }
            if state.current != nil, state.waiting.count >= limit {
                let time = state.times.estimate(waiting: state.waiting.count, sessions: 1)
                return .failure(.queueFull(model: model, retryAfter: time))
            }
            state.last += 1
            state.places[state.last] = Place(token: token)
            if state.current == nil { state.current = state.last } else { state.waiting.append(state.last) }
            return .success(state.last)
        }
        if case .failure(let error) = entered { statistics.note(error) }
        return try entered.get()
    }

    /// Returns when it is the turn of `number`; with why it must not begin any more, otherwise.
    func turn(_ number: Int) async -> ServingError? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let answer: ServingError?? = state.withLock { state in
                    if let fault = state.places[number]?.fault { return .some(fault) }
                    if state.current == number {
                        state.places[number]?.began = .now
                        return .some(nil)
                    }
                    state.places[number]?.waiter = waiter
                    return nil
                }
                if let answer { waiter.resume(returning: answer) }
            }
        } onCancel: {
            giveUp(number, .cancelled(model: model))
        }
    }

    /// Ends the waiting or the run of `number` for the reason `fault`.
    func giveUp(_ number: Int, _ fault: ServingError) {
        let (token, waiter) = state.withLock { state in
            if state.places[number]?.fault == nil { state.places[number]?.fault = fault }
            state.waiting.removeAll { $0 == number }
            defer { state.places[number]?.waiter = nil }
            return (state.places[number]?.token, state.places[number]?.waiter)
        }
        token?.cancel()
        waiter?.resume(returning: fault)
    }

    /// Why `number` was to end early.
    func fault(_ number: Int) -> ServingError? { state.withLock { $0.places[number]?.fault } }

    /// Gives the place back, and the turn to the next.
    func leave(_ number: Int, _ error: ServingError?) {
        let now = ContinuousClock.now
        let (place, next, enders) = state.withLock { state in
            let place = state.places.removeValue(forKey: number)
            state.waiting.removeAll { $0 == number }
            let next = state.current == number ? GenerationGate.advance(&state, place, now) : nil
            let isOver = state.isClosed && state.places.isEmpty
            defer { if isOver { state.enders = [] } }
            return (place, next, isOver ? state.enders : [])
        }
        note(place, now, error)
        next?.resume(returning: nil)
        for ender in enders { ender.resume() }
    }

    /// Gives the turn to the next, and what it waits with, if it does already.
    private static func advance(
        _ state: inout State, _ left: Place?, _ now: ContinuousClock.Instant
    ) -> CheckedContinuation<ServingError?, Never>? {
        if let began = left?.began { state.times.add(now - began, calls: 1) }
        state.current = state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        guard let current = state.current, var place = state.places[current], let waiter = place.waiter else { return nil }
        (place.waiter, place.began) = (nil, now)
        state.places[current] = place
        return waiter
    }

    private func note(_ place: Place?, _ now: ContinuousClock.Instant, _ error: ServingError?) {
        if let began = place?.began, let arrival = place?.arrival {
            let isOwn = error.map { if case .failed = $0 { true } else { false } } ?? true
            statistics.note(rows: 1, began: began, ended: now) { note in if isOwn { note(arrival, error == nil) } }
            if isOwn { return }
        }
        if let error { statistics.note(error) }
    }

    /// Takes no more.
    func close() { state.withLock { $0.isClosed = true } }

    /// Returns when all of a closed one have left.
    func ended() async {
        await withCheckedContinuation { ender in
            let isOver = state.withLock { state in
                if !state.places.isEmpty { state.enders.append(ender) }
                return state.places.isEmpty
            }
            if isOver { ender.resume() }
        }
    }

    /// Ends all for the reason `fault`.
    func giveUpAll(_ fault: ServingError) { for number in state.withLock({ Array($0.places.keys) }) { giveUp(number, fault) } }
}
