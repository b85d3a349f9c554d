import Collectives
import Digests
import Foundation
import IR
import Inspect
import Training

/// The processes that train one model together, each on batches of its own; rank 0 writes.
///
/// All of them make the same calls in the same order, as the loop does.
package final class TrainingTeam {
    private let group: ProcessGroup
    /// Sums gradients while the backward pass goes on.
    package let exchange: any GradientExchange

    /// 0 ..< ``size``.
    package var rank: Int { group.rank }
    package var size: Int { group.size }

    package init(_ group: ProcessGroup) { (self.group, exchange) = (group, GroupExchange(group)) }

    /// The sums of `values` over all processes, the same bits in each.
    /// - Throws: `ProcessGroupError`, as all below.
    func sum(_ values: [Double]) throws -> [Double] {
        try group.gather(values).reduce([Double](repeating: 0, count: values.count)) { zip($0, $1).map(+) }
    }

    /// Processes for which `condition` holds.
    func ranks(where condition: Bool) throws -> [Int] {
        let all = try group.gather([condition ? 1 : 0])
        return all.indices.filter { all[$0][0] != 0 }
    }

    /// What process `rank` says: its first ``textBytes`` bytes.
    func text(of rank: Int, _ own: String) throws -> String {
        let bytes = Array(own.utf8.prefix(TrainingTeam.textBytes))
        let all = try group.gather(bytes: bytes + [UInt8](repeating: 0, count: TrainingTeam.textBytes - bytes.count))
        return String(decoding: all[rank].prefix { $0 != 0 }, as: UTF8.self)
    }

    private static let textBytes = 1024

    /// That all processes have the same of each of `parts`, whose names are plurals.
    /// - Throws: ``TeamError`` naming the processes that differ from rank 0, and in what.
    func agree(_ parts: [(name: String, content: SHA256)], advice: String) throws {
        let all = try group.gather(bytes: parts.flatMap { $0.content.finalized() })
        for (index, part) in parts.enumerated() {
            let digests = all.map { Array($0[index * 32..<index * 32 + 32]) }
            let others = digests.indices.filter { digests[$0] != digests[0] }
            guard !others.isEmpty else { continue }
            throw TeamError("the \(part.name) of \(names(others)) differ from those of rank 0; \(advice)")
        }
    }

    /// E.g. `rank 1 (node7), rank 3 (node9)`.
    func names(_ ranks: [Int]) -> String {
        let first = ranks.prefix(4).map { "rank \($0) (\(group.hosts[$0]))" }.joined(separator: ", ")
        return ranks.count > 4 ? "\(first) and \(ranks.count - 4) more" : first
    }

    /// What rank 0 has of `state` and `extra`; the others' own do not matter.
    func share<Extra: Codable>(_ state: TrainerState, _ extra: Extra) throws -> (state: TrainerState, extra: Extra) {
        let own = SharedState(
            tensors: state.tensors.sorted { $0.key < $1.key }.map {
                SharedState.Entry(name: $0.key, dtype: $0.value.dtype.rawValue, shape: $0.value.shape)
            },
            integers: state.integers, extra: extra)
        let bytes = try share(Array(JSONEncoder().encode(own)))
        let shared = try JSONDecoder().decode(SharedState<Extra>.self, from: Data(bytes))
        var made = TrainerState(integers: shared.integers)
        for entry in shared.tensors {
            guard let dtype = DType(rawValue: entry.dtype) else { throw WorkError("rank 0 sent a tensor of type \(entry.dtype)", .content) }
            let tensor = rank == 0 ? state.tensors[entry.name] : Tensor(zeros: dtype, entry.shape)
            guard let tensor else { continue }
            try group.broadcast(tensor.bytes)
            made.tensors[entry.name] = tensor
        }
        return (made, shared.extra)
    }

    /// Replaces the content of `tensor`, which nobody else holds, by rank 0's.
    func follow(_ tensor: Tensor) throws { try group.broadcast(tensor.bytes) }

    /// Bytes of rank 0.
    private func share(_ bytes: [UInt8]) throws -> [UInt8] {
        let count = Int(try group.gather([Double(bytes.count)])[0][0])
        let memory = ByteSlice(
            Bytes(count: count) { target in if rank == 0 { target.copyBytes(from: bytes) } })
        try group.broadcast(memory)
        return Array(memory.buffer)
    }
}

/// Why a team cannot go on: all its processes know, and one of them need say it.
package struct TeamError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// What processes tell each other of a state before its tensors.
private struct SharedState<Extra: Codable>: Codable {
    struct Entry: Codable {
        let name, dtype: String
        let shape: [Int]
    }
    let tensors: [Entry]
    let integers: [String: Int]
    let extra: Extra
}
