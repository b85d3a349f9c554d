import Collectives
import Foundation
import IR
import MPI

/// What `Scripts/mpi-tests.sh` runs under `mpirun`: sums, gathered numbers, broadcasts, of sizes from nothing to 32 MB. Prints a digest of all bits,
/// which is the same at each run. `MPICheck hang R` stops rank R, and the others must say so. `MPICheck train` trains, and compares with a process
/// that has the whole batch. `MPICheck bandwidth` measures sums.
@main struct MPICheck {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        do {
            let group = try ProcessGroup(silence: .seconds(4), lost: { end("\($0)") }) { try MPIMessages() }
            switch arguments.first {
            case "hang": try hang(group, Int(arguments.last ?? "") ?? 1)
            case "bandwidth": try bandwidth(group)
            case "train": try train(group)
            default: try check(group)
            }
            try group.leave()
        } catch {
            end("\(error)")
        }
    }

    private static func end(_ message: String) -> Never {
        FileHandle.standardError.write(Data("MPICheck: \(message)\n".utf8))
        _exit(1)
    }

    /// Numbers of any size, so that another order of additions has other bits.
    private static func numbers(_ count: Int, rank: Int) -> ByteSlice {
        var generator = SplitMix(state: UInt64(count) << 16 + UInt64(rank))
        return ByteSlice(
            Bytes(count: count * 4) { target in
                for (index, _) in target.bindMemory(to: Float.self).enumerated() {
                    let random = generator.next()
                    let value = Float(Int32(truncatingIfNeeded: random)) * Float(sign: .plus, exponent: -Int(random >> 59), significand: 1)
                    target.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
                }
            })
    }

    private static func check(_ group: ProcessGroup) throws {
        var digest = Digest()
        let counts = [0, 1, 2, 3, 5, 17, 1000, 65_537, 3_000_001, 8_388_608]
        let sums = counts.map { numbers($0, rank: group.rank) }
        let pending = sums.map { group.beginSum([$0], scale: 1 / Float(group.size)) }
        for (index, exchange) in pending.enumerated() {
            try exchange.wait()
            guard isMean(sums[index], counts[index], group.size) else { throw CheckError("the mean of \(counts[index]) numbers is wrong") }
            digest.add(sums[index])
        }
        let gathered = try group.gather([Double(group.rank), .pi])
        guard gathered == (0..<group.size).map({ [Double($0), .pi] }) else { throw CheckError("gathered \(gathered)") }
        for count in counts {
            let own = numbers(count, rank: group.rank)
            try group.broadcast(own)
            guard own.elementsEqual(numbers(count, rank: 0)) else { throw CheckError("\(count) numbers of rank 0 did not arrive") }
        }
        try group.barrier()
        let all = try group.gather(bytes: withUnsafeBytes(of: digest.value) { Array($0) })
        guard Set(all).count == 1 else { throw CheckError("ranks have different sums") }
        if group.rank == 0 { print("\(group.size) ranks on \(Set(group.hosts).count) machines: \(String(digest.value, radix: 16))") }
    }

    /// Whether each number is the mean over ranks, as far as single precision goes.
    private static func isMean(_ slice: ByteSlice, _ count: Int, _ size: Int) -> Bool {
        let terms = (0..<size).map { numbers(count, rank: $0) }
        func value(_ slice: ByteSlice, _ index: Int) -> Double {
            Double(slice.buffer.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
        }
        return stride(from: 0, to: count, by: max(count / 1000, 1)).allSatisfy { index in
            let all = terms.map { value($0, index) }
            let scale = all.reduce(0) { $0 + $1.magnitude }
            return (value(slice, index) * Double(size) - all.reduce(0, +)).magnitude <= 1e-6 * scale
        }
    }

    private static func train(_ group: ProcessGroup) throws {
        let (weights, loss) = try SharedTraining.run(group, samples: 24, steps: 7)
        var digest = Digest()
        for (_, tensor) in weights.sorted(by: { $0.key < $1.key }) { digest.add(tensor.bytes) }
        let all = try group.gather(bytes: withUnsafeBytes(of: digest.value) { Array($0) })
        guard Set(all).count == 1 else { throw CheckError("ranks have different weights") }
        guard group.rank == 0 else { return }
        let (whole, wholeLoss) = try SharedTraining.run(.single, samples: 24, steps: 7)
        let far = weights.map { key, tensor in
            zip(tensor.doubles, whole[key]?.doubles ?? []).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
        }
        guard let farthest = far.max(), farthest <= 2e-5, (loss - wholeLoss).magnitude <= 1e-5 else {
            throw CheckError("weights are \(far) from those of one process, losses \(loss) and \(wholeLoss)")
        }
        print("trained by \(group.size) ranks: \(String(digest.value, radix: 16))")
    }

    private static func hang(_ group: ProcessGroup, _ rank: Int) throws {
        if group.rank == rank { raise(SIGSTOP) }
        try group.beginSum([numbers(1000, rank: group.rank)]).wait()
    }

    private static func bandwidth(_ group: ProcessGroup) throws {
        for count in [1, 1 << 10, 1 << 14, 1 << 18, 1 << 20, 1 << 21, 1 << 23] {
            let values = numbers(count, rank: group.rank)
            let rounds = max(3, min(200, (1 << 24) / count))
            try group.beginSum([values], scale: 0.25).wait()
            try group.barrier()
            let start = ContinuousClock.now
            for _ in 0..<rounds { try group.beginSum([values], scale: 0.25).wait() }
            let seconds =
                Double((ContinuousClock.now - start).components.attoseconds) * 1e-18
                + Double((ContinuousClock.now - start).components.seconds)
            guard group.rank == 0 else { continue }
            let each = seconds / Double(rounds)
            print("\(count * 4) bytes: \(String(format: "%.1f µs, %.2f GB/s", each * 1e6, Double(count * 4) / each / 1e9))")
        }
    }
}

private struct CheckError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// FNV-1a over 64-bit words.
private struct Digest {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ slice: ByteSlice) { for byte in slice.buffer { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 } }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
