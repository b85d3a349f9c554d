/// Where a training stands, by what is on disk.
package enum TrainingJobStand {
    /// What the training in folder `output` can go on from, to be said where it has ended.
    package static func text(_ output: String) -> String {
        let checkpoints = CheckpointFolder(output, keep: 1)
        guard let step = checkpoints.steps.last else { return "\(output) holds no checkpoint yet; begin anew" }
        return "--resume goes on from \(checkpoints.path(step))"
    }
}
