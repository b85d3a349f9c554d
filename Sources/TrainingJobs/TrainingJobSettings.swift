/// How a training runs as a job: where it writes, and how often it does what. Nothing here changes the weights that come out.
package struct TrainingJobSettings: Sendable {
    /// The folder that all outputs go to.
    package var output: String
    /// Goes on from the newest checkpoint in ``output``, if there is one.
    package var resumes = false
    /// Reckons memory, time and disk, and trains nothing.
    package var isDryRun = false
    /// Batches between two lines of the log.
    package var logEvery = 10
    /// Batches between two checkpoints.
    package var checkpointEvery = 500
    /// Batches between two rounds over the evaluation sets; nil: at each checkpoint. 0: never.
    package var evaluateEvery: Int?
    /// Batches between two sheets of samples; nil: at each checkpoint. 0: never.
    package var samplesEvery: Int?
    /// How many checkpoints stay, the newest; the best one stays beside them.
    package var keep = 2
    /// Batches that are made ahead.
    package var prefetch = 2
    /// Of the kernels; results have the same bits for any number. nil: the process's default.
    package var threads: Int?

    package init(output: String) { self.output = output }
}
