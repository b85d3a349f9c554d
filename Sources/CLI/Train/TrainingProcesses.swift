import ArgumentParser
import Collectives
import Foundation
import Inspect
import TrainingJobs

#if TESSERA_MPI
    import MPI
#endif

/// The processes that share a training, where `mpirun` has started several.
struct TrainingProcesses {
    /// nil for a process by itself.
    let team: TrainingTeam?
    private let group: ProcessGroup

    var rank: Int { group.rank }
    var size: Int { group.size }

    /// Joins the job that this process belongs to, if any.
    /// - Parameter output: folder of the training; its checkpoints are what a broken job can go on from.
    /// - Throws: `ProcessGroupError`; ``WorkError`` for a job in a program that is built without MPI.
    init(_ output: String) throws {
        group = try TrainingProcesses.isInJob ? TrainingProcesses.join(output) : .single
        team = group.size > 1 ? TrainingTeam(group) : nil
        guard team != nil else { return }
        // Where one process ends, mpirun ends all others within a second.
        let isFirst = group.rank == 0
        Interruption.replace {
            if isFirst { Terminal.error("the job was ended, as it is where one of its processes ends; \(TrainingJobStand.text(output))") }
            Interruption.end(Program.failure)
        }
    }

    /// Leaves the job, as all its processes must.
    func leave() throws { try group.leave() }

    /// What this process is to say of `error`: of what all know, rank 0 alone speaks.
    func told(_ error: any Error) -> any Error {
        guard team != nil else { return error }
        switch error {
        case let error as TeamError: return rank == 0 ? WorkError(error.description, .content) : ExitCode(Program.failure)
        case let error as WorkError: return rank == 0 ? error : error.prefixed("rank \(rank):")
        default: return error
        }
    }

    /// Whether something like `mpirun` has started this process: Open MPI, MPICH and those like it, Slurm.
    private static var isInJob: Bool {
        let environment = ProcessInfo.processInfo.environment
        if let size = environment["OMPI_COMM_WORLD_SIZE"] ?? environment["PMI_SIZE"] { return size != "1" }
        return environment["PMIX_RANK"] != nil
    }

    private static func join(_ output: String) throws -> ProcessGroup {
        #if TESSERA_MPI
            return try ProcessGroup(lost: { lost($0, output) }, { try MPIMessages() })
        #else
            throw WorkError("mpirun has started several processes, but this program is built without MPI; 'make mpi' builds it")
        #endif
    }

    /// Another process has ended or cannot be reached: this one would wait for ever.
    private static func lost(_ error: ProcessGroupError, _ output: String) {
        Terminal.error("\(error); \(TrainingJobStand.text(output))")
        Interruption.end(Program.failure)
    }
}

/// Tells what concerns one process alone.
struct FollowerListener: JobListener {
    let rank: Int

    func note(_ text: String) {}
    func detail(_ text: String) {}
    func warn(_ text: String) { Terminal.warn("rank \(rank): \(text)") }
    func line(_ text: String) {}
    var drawsBars: Bool { false }
    func progress(_ title: String) -> any JobProgress { NoProgress() }
}

/// Progress that nobody sees.
private final class NoProgress: JobProgress {
    func update(_ share: Double, detail: String) {}
    func finish() {}
}
