import FourMSettings
import IR
import Inspect
import Passes
import Runtime
import Synchronization

/// The sides of the pictures of a training at several resolutions, and how pictures get them.
final class PictureSizes: Sendable {
    /// Rising.
    let sides: [Int]
    private let random: CounterRandom
    private let plans = Mutex<[Int: Plan]>([:])

    private static let function = "resize"

    /// - Parameter patch: Pixels of a token, which sides are multiples of.
    /// - Throws: `WorkError` naming a side that is none.
    init(_ sides: [Int], patch: Int, seed: UInt64) throws {
        if let odd = sides.first(where: { $0 % patch != 0 }) {
            throw WorkError(
                "pictures of \(odd) pixels have no whole patches of \(patch); set input_size_min, input_size_max and resolution_step to multiples"
            )
        }
        (self.sides, random) = (sides, CounterRandom(seed: seed).substream("resolutions"))
    }

    /// That of a batch; each as likely.
    func side(_ step: Int) -> Int { sides[Int(random.integer(below: UInt64(sides.count), at: UInt64(step)))] }

    /// Pictures `[b, c, h, w]` or class ids `[b, h, w]` of that side, as `torch.nn.functional.interpolate` makes them: pictures linearly, ids nearest.
    func resized(_ input: Tensor, to side: Int, threads: Int?) throws -> Tensor {
        guard input.shape.suffix(2).contains(where: { $0 != side }) else { return input }
        let isOfClasses = input.rank == 3
        let map = isOfClasses ? input.reshaped([input.shape[0], 1] + input.shape.dropFirst()) : input
        let results = try Session(plan(side, isOfClasses), threads: threads).run(PictureSizes.function, ["x": map ?? input])
        guard let made = results["y"], let shaped = isOfClasses ? made.reshaped([made.shape[0], side, side]) : made else {
            throw WorkError("pictures cannot be made \(side) pixels large")
        }
        return shaped
    }

    private func plan(_ side: Int, _ isOfClasses: Bool) throws -> Plan {
        if let known = plans.withLock({ $0[side] }) { return known }
        var graph = Graph(name: PictureSizes.function)
        let type = TensorType(isOfClasses ? .i64 : .f32, ["b", "c", "h", "w"].map { .symbol($0) })
        let x = try graph.addInput("x", type)
        let op = Resize(size: [Dim(side), Dim(side)], mode: isOfClasses ? .nearest : .linear)
        try graph.addOutput("y", graph.apply(op, [x], name: PictureSizes.function))
        var module = Module(name: PictureSizes.function)
        module.setFunction(graph)
        let made = try Plan(PassManager.run(module, .clean).module)
        plans.withLock { $0[side] = made }
        return made
    }
}
