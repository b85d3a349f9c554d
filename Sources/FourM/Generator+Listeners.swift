import FourMModels
import FourMSampling
import Media

/// What listeners hear of a batch.
extension Generator.Batch {
    /// Tells of this batch's share `local` of its own work.
    func progress(_ what: String, _ local: Double) {
        generator.onProgress?(what, (Double(first) + Double(keys.count) * local) / Double(max(total, 1)))
    }

    /// Lets the generator's listeners hear of each step.
    func connect(
        _ sampler: Sampler, _ schedule: ChainedSchedule, stage: GenerationEvent.Stage, from: Double, to: Double
    ) {
        let maker = EventMaker(
            keys: keys, schedule: schedule, stage: stage, model: sampler.model, bundle: bundle, drawsDrafts: generator.drawsDrafts)
        let count = Double(max(schedule.steps.count, 1))
        sampler.onStep = { step in
            let local = from + (to - from) * Double(step.step + 1) / count
            progress("\(step.target), step \(step.step + 1) of \(step.total)", local)
            guard let onEvent = generator.onEvent else { return }
            for event in try maker.events(step, share: local) { try onEvent(event) }
        }
        guard let onEvent = generator.onEvent else { return }
        sampler.onToken = { text in
            let local = from + (to - from) * (Double(text.step) + text.share) / count
            for event in try maker.events(text, share: local) { try onEvent(event) }
        }
    }

    /// Lets the generator's listeners hear of each token and each pass over ``sam``.
    func connectPasses(
        _ sampler: Sampler, _ schedule: ChainedSchedule, _ photos: [ByteImage?], from: Double, to: Double
    ) {
        var maker = EventMaker(
            keys: keys, schedule: schedule, stage: .base, model: model, bundle: bundle, drawsDrafts: generator.drawsDrafts)
        maker.passes = request.samPasses
        let rounds = (keys.count * request.samPasses + max(request.batchSize, 1) - 1) / max(request.batchSize, 1)
        var done = 0
        func share(_ part: Double) -> Double { from + (to - from) * (Double(done) + part) / Double(max(rounds, 1)) }
        sampler.onStep = { step in
            done += 1
            progress("\(step.target), batch \(done) of \(rounds)", share(0))
        }
        guard let onEvent = generator.onEvent else { return }
        sampler.onToken = { text in
            for event in try maker.events(text, share: share(text.share)) { try onEvent(event) }
        }
        sampler.onPass = { pass in
            let row = keys.firstIndex { $0.sample == pass.key.sample && $0.variation == pass.key.variation }
            try onEvent(maker.event(pass, photo: row.flatMap { photos[$0] }, share: share(0)))
        }
    }
}
