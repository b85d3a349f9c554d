import Files
import Formats
import Foundation
import FourM
import FourMCodecs
import FourMModels
import FourMSettings
import IR
import Importers
import Media
import Runtime

/// Tokenizes the files of one modality of a data set into int16 arrays [crops, tokens] of the same names.
///
/// Samples are decoded on several threads, run through the model on the calling one (whose team of threads the kernels use) and
/// written by another; all queues are bounded. The tokens of a sample depend on the sample, its crops and the tokenizer alone: not on
/// the batch, the number of threads or the order of the work.
///
/// Reference: `save_vq_tokens.py`, `README_DATA.md`.
package final class DatasetTokenizer {
    private let model: TokenizerModel
    private let settings: DatasetSettings
    private let preparation: SamplePreparation
    private let record: TokenizationRecord
    private var queue = BatchQueue()
    private var report = DatasetReport()
    /// Tokens and drawn crop settings of the shard at hand.
    private var (tokenEntries, cropEntries): ([TarWriter.Entry], [TarWriter.Entry]) = ([], [])
    private var fraction = 0.0
    private var hasSettled = false
    private var log: SkipLog?
    private let start = ContinuousClock.now

    /// Called now and then, and for each sample that is passed over.
    package var onProgress: (DatasetProgress) -> Void = { _ in }
    package var onSkip: (SkippedSample) -> Void = { _ in }

    /// - Parameters:
    ///   - tokenizer: path that `model` was read from, for the record.
    ///   - precision: of its dense layers, for the record.
    /// - Throws: ``FourMError`` for a model that does not take this modality.
    package init(_ model: TokenizerModel, _ settings: DatasetSettings, tokenizer: String, precision: String) throws {
        let side = settings.side ?? model.imageSize?.height ?? 224
        self.model = model
        self.settings = settings
        let form = DenseForm(
            settings.modality.base, model, size: PixelSize(height: side, width: side),
            settings.ignoresOrientation ? .ignoringOrientation : [])
        preparation = SamplePreparation(
            files: settings.modality.files, form: form, filter: settings.filter, maskValue: settings.maskValue)
        record = try TokenizationRecord(settings, side: side, tokenizer: tokenizer, precision: precision)
        try check()
    }

    private func check() throws {
        let (name, files, form) = (settings.modality.base, settings.modality.files, preparation.form)
        guard model.has(FourMFunction.tokenize) else { throw FourMError("'\(model.session.plan.module.name)' has no encoder") }
        guard form.takesClasses == files.isLabels else {
            throw FourMError(
                files.isLabels
                    ? "'\(name)' is made from class ids, which this tokenizer does not take"
                    : "this tokenizer takes class ids, which '\(name)' is not made from")
        }
        if settings.maskValue != nil, files.isLabels || files == .features {
            throw FourMError("'\(name)' cannot be masked; masks are for pictures")
        }
        if let expected = files == .depth ? 1 : files == .colors || files == .normals ? 3 : nil {
            let allowed = settings.maskValue == nil ? [expected] : [expected, expected + 1]
            guard allowed.contains(form.channels) else {
                let counts = allowed.map(String.init).joined(separator: " or ")
                throw FourMError("'\(name)' has \(counts) channels, the tokenizer takes \(form.channels)")
            }
        }
        if let size = model.metadata.integer(.codebookSize), size > Int(Int16.max) + 1 {
            throw FourMError("the codebook has \(size) codes; data sets of tokens are int16, which holds \(Int(Int16.max) + 1)")
        }
        let (h, w) = model.patch
        let side = form.size.height
        guard files == .features || (side % h == 0 && side % w == 0) else {
            throw FourMError("pictures of \(side) pixels do not divide into patches of \(h) × \(w)")
        }
    }

    /// Does the work of `plan`.
    /// - Throws: ``FourMError`` if the folder holds tokens made otherwise; `CheckpointError` if nothing can be written; errors of the
    ///   model; `CancellationError`. What is complete by then stays.
    package func run(_ plan: DatasetPlan) throws -> DatasetReport {
        begin(plan)
        if !settings.overwrites { try record.check(against: settings.outputPath) }
        try DatasetPath.makeFolder(of: FilePath.join(settings.outputPath, TokenizationRecord.fileName))
        let lock = try plan.units.isEmpty ? nil : RunLock(lockPath, for: settings.outputPath)
        defer { withExtendedLifetime(lock) {} }
        removeAbandoned(plan)
        let log = try SkipLog(settings, plan)
        (self.log, report.skippedEarlier) = (log, log.kept)
        let (feed, worker) = (DatasetFeed(settings, plan), SampleWorker(preparation: preparation, settings: settings))
        let prefetch = OrderedPrefetch<DatasetJob, PreparedJob>(
            threads: settings.decodeThreads, capacity: capacity, source: { feed.job() }, work: { worker($0) })
        let writer = BackgroundWriter(capacity: 64)
        do {
            while let job = try prefetch.next() { try take(job, writer) }
            try runModel(upTo: 0, writer)
        } catch {
            prefetch.stop()
            try? writer.finish()
            throw error
        }
        prefetch.stop()
        try writer.finish()
        end(log)
        return report
    }

    /// Of runs that do the same part.
    private var lockPath: String {
        FilePath.join(settings.outputPath, ".tokenization-\(settings.part.index)-of-\(settings.part.count).lock")
    }

    /// Removes what killed runs left half written.
    private func removeAbandoned(_ plan: DatasetPlan) {
        var folders: Set<String> = [settings.outputPath]
        for unit in plan.units {
            folders.insert(DatasetPath.folder(of: FilePath.join(settings.outputPath, unit.output)))
            folders.insert(DatasetPath.folder(of: FilePath.join(settings.cropPath, unit.output)))
        }
        for folder in folders { OutputFile.removeAbandoned(in: folder) }
    }

    /// Prepared samples that may wait: enough for a batch, and no more than 512 MiB.
    private var capacity: Int {
        let crops = max(settings.crops ?? 1, 1)
        let form = preparation.form
        let bytes = crops * form.channels * form.size.height * form.size.width * 4
        return max(1, min(settings.batch / crops + 2 * settings.decodeThreads, (512 << 20) / max(bytes, 1)))
    }

    private func begin(_ plan: DatasetPlan) {
        report.modality = settings.modality.base
        report.layout = plan.layout
        report.output = settings.outputPath
        report.cropSettings = settings.modality.files == .features ? nil : settings.cropPath
        (report.part, report.parts) = (settings.part.index, settings.part.count)
        (report.units, report.finishedBefore) = (plan.units.count + plan.finished, plan.finished)
    }

    private func end(_ log: SkipLog) {
        report.skippedLog = log.place
        report.seconds = elapsed
        report.samplesPerSecond = rate
    }

    private var elapsed: Double { (ContinuousClock.now - start).seconds }

    private var rate: Double { elapsed > 0 ? Double(report.samples) / elapsed : 0 }

    private func skip(_ skipped: SkippedSample) throws {
        if plansShards, skipped.sample.isEmpty { report.skippedUnits += 1 } else { report.skippedSamples += 1 }
        try log?.append(skipped)
        onSkip(skipped)
        advance(to: fraction)
    }

    private func take(_ job: PreparedJob, _ writer: BackgroundWriter) throws {
        switch job {
        case .failure(let error): throw error
        case .endOfShard(let end):
            queue.append(end)
            try emit(writer)
        case .problem(let skipped): try skip(skipped)
        case .sample(let sample):
            if let waiting = queue.rowType, waiting != BatchQueue.rowType(sample.input) { try runModel(upTo: 0, writer) }
            queue.append(sample)
            try runModel(upTo: batch(sample.input) - 1, writer)
        }
    }

    private var plansShards: Bool { report.layout == .shards }

    /// Pictures of one call. Products of few rows sum in another order than those of many, so pictures of few tokens, whose rows
    /// would be few or many with the size of the batch, run one by one.
    private func batch(_ input: Tensor) -> Int {
        let cells = input.shape.suffix(2).reduce(1, *)
        let patch = settings.modality.files == .features ? 1 : model.patch.height * model.patch.width
        return cells / max(patch, 1) < 16 ? 1 : max(settings.batch, 1)
    }

    /// Runs batches until at most `rest` pictures wait.
    private func runModel(upTo rest: Int, _ writer: BackgroundWriter) throws {
        while queue.pending > rest {
            guard let count = queue.first.map(batch), let input = queue.batch(count) else { return }
            do {
                try tokenize(input)
            } catch  where FileByFile.isFault(error) {
                try runFirst(min(count, queue.firstPending))
            }
            try emit(writer)
        }
    }

    /// Runs pictures of the first waiting sample by themselves, since a sample of their batch leads the model to what are no numbers; if it
    /// is this one, it is passed over.
    private func runFirst(_ count: Int) throws {
        guard let input = queue.batch(count) else { return }
        do {
            try tokenize(input)
        } catch  where FileByFile.isFault(error) {
            try checkModel(like: input)
            guard let sample = queue.dropFirstPending() else { throw error }
            let reason = FourMError("leads the tokenizer to values that are not finite; look for very large ones in it")
            try skip(SkippedSample(sample.job, reason))
        }
    }

    /// - Throws: what the model says of zeros; a model that fails at them would pass over all samples.
    private func checkModel(like input: Tensor) throws {
        if report.pictures > 0 { return }
        _ = try model.tokenize(Tensor(input.dtype, input.shape) { $0.initializeMemory(as: UInt8.self, repeating: 0) })
    }

    private func tokenize(_ input: Tensor) throws {
        let tokens = try model.tokenize(input)
        let pictures = input.shape[0]
        guard pictures > 0, tokens.count > 0, tokens.count % pictures == 0 else {
            throw FourMError("the tokenizer gives no tokens", .fault)
        }
        queue.take(tokens.integers, each: tokens.count / pictures)
        report.pictures += pictures
    }

    private func emit(_ writer: BackgroundWriter) throws {
        while let element = queue.next() {
            switch element {
            case .sample(let waiting): try emit(waiting, writer)
            case .endOfShard(let end): try emit(end, writer)
            }
        }
    }

    /// Saves the record before the first tokens, not earlier: a run that makes none shall not bind later ones.
    private func settle() throws {
        if hasSettled { return }
        try record.settle(in: settings.outputPath, overwriting: settings.overwrites)
        hasSettled = true
    }

    private func emit(_ waiting: BatchQueue.Waiting, _ writer: BackgroundWriter) throws {
        let (job, count) = (waiting.sample.job, waiting.pictures)
        let tokens = Tensor(integers: waiting.tokens, [count, waiting.tokens.count / count], as: .i16)
        report.tokens = tokens.shape[1]
        report.samples += 1
        if plansShards {
            tokenEntries.append(TarWriter.Entry(name: job.key + ".npy", bytes: NumpyFile.encode(tokens)))
            if case .drawn = job.crops, let crops = waiting.sample.crops {
                cropEntries.append(TarWriter.Entry(name: job.key + ".npy", bytes: NumpyFile.encode(crops.tensor)))
            }
        } else {
            report.finished += 1
            try settle()
            let path = FilePath.join(settings.outputPath, job.unit.output)
            try writer.submit { [log] in
                try DatasetPath.makeFolder(of: path)
                try NumpyFile.write(tokens, to: path)
                try log?.finish(job.unit.path)
            }
        }
        advance(to: job.fraction)
    }

    /// Crop settings come first: tokens without them could not be continued.
    private func emit(_ end: ShardEnd, _ writer: BackgroundWriter) throws {
        let (tokens, crops) = (tokenEntries, cropEntries)
        (tokenEntries, cropEntries) = ([], [])
        // An empty shard would count as finished for ever.
        guard !tokens.isEmpty else {
            return try skip(SkippedSample(unit: end.unit.path, reason: "none of its samples could be tokenized"))
        }
        report.finished += 1
        try settle()
        let path = FilePath.join(settings.outputPath, end.unit.output)
        let cropPath = FilePath.join(settings.cropPath, end.unit.path)
        try writer.submit { [log] in
            try DatasetTokenizer.save(crops, end.crops, to: cropPath)
            try DatasetPath.makeFolder(of: path)
            try TarWriter.write(tokens, to: path)
            try log?.finish(end.unit.path)
        }
    }

    private static func save(_ crops: [TarWriter.Entry], _ way: ShardEnd.Crops, to path: String) throws {
        switch way {
        case .none: return
        case .new: try DatasetPath.makeFolder(of: path)
        case .behind(let saved):
            if crops.isEmpty { return }
            return try TarWriter.write(saved.map { TarWriter.Entry(name: $0.name, content: $0.content) } + crops, to: path)
        }
        if try TarWriter.writeNew(crops, to: path) { return }
        let saved = try TarArchive(path: path).entries
        guard saved.elementsEqual(crops, by: { $0.name == $1.name && $0.content.elementsEqual($1.content) }) else {
            throw FourMError("\(path) was written by another run meanwhile, with other crops; run again to use them")
        }
    }

    private func advance(to fraction: Double) {
        self.fraction = fraction
        onProgress(
            DatasetProgress(
                fraction: self.fraction, samples: report.samples, skipped: report.skippedSamples + report.skippedUnits,
                samplesPerSecond: rate))
    }
}
