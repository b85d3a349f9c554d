import Collectives
import IR
import MPI
import Training

/// A small training that processes share, without files: `MPICheck train` prints the weights' digest and the last loss.
enum SharedTraining {
    private static let text = """
        module @mlp stage(imported) {
          const @a.weight : f32[600, 200]
          const @a.bias : f32[600]
          const @b.weight : f32[700, 600]
          const @c.weight : f32[50, 700]
          const @unused : f32[50, 7]
          func @main(%x: f32[n, 200], %target: f32[n, 50], %gate: f32[50, 7]) -> (loss: f32[]) {
            %0 = linear(%x, @a.weight, @a.bias) : f32[n, 600] "a"
            %1 = tanh(%0) : f32[n, 600] "hidden"
            %2 = linear(%1, @b.weight) : f32[n, 700] "b"
            %3 = tanh(%2) : f32[n, 700] "more"
            %4 = linear(%3, @c.weight) : f32[n, 50] "c"
            %5 = sub(%4, %target) : f32[n, 50] "difference"
            %6 = mul(%5, %5) : f32[n, 50] "squares"
            %7 = reduce_mean(%6) {axes: [0, 1]} : f32[] "mean"
            %8 = mul(@unused, %gate) : f32[50, 7] "gated"
            %9 = reduce_sum(%8) {axes: [0, 1]} : f32[] "sum"
            %10 = add(%7, %9) : f32[] "loss"
            return %10
          }
        }
        """

    /// - Parameter samples: of all processes in a batch.
    /// - Returns: parameters after `steps` batches, and the mean loss of the last one.
    static func run(_ group: ProcessGroup, samples: Int, steps: Int) throws -> (weights: [String: Tensor], loss: Double) {
        var module = try Module(parsing: text)
        let random = CounterRandom(seed: 5)
        for (stream, constant) in module.constants.values.sorted(by: { $0.key < $1.key }).enumerated() {
            let shape = constant.type.staticShape ?? []
            module.setConstant(Constant(key: constant.key, numbers(shape, random.substream(UInt64(stream)), 0.05)))
        }
        let keys = module.constants.keys.sorted()
        let function = TrainedFunction(module, name: "main", groups: [ParameterGroup(weightDecay: 0.05, parameters: keys)])
        let trainer = try Trainer(function, TrainerSettings(clipNorm: 1), threads: 1)
        if group.size > 1 { trainer.exchange = GroupExchange(group, bucketBytes: 1 << 20) }
        let own = samples / group.size
        var loss = 0.0
        for step in 0..<steps {
            let rows = (0..<own).map { UInt64(step * samples + group.rank * own + $0) }
            let inputs = [
                "x": batch(rows, 200, random.substream(100)), "target": batch(rows, 50, random.substream(101)),
                "gate": Tensor(zeros: .f32, [50, 7]),
            ]
            // The last process alone has a gradient of it, and not in each batch.
            let isWithout = group.rank + 1 < group.size || step % 3 == 1
            let outcome = try trainer.step(inputs, learningRate: 1e-3, weightDecay: 0.05, without: isWithout ? ["unused"] : [])
            let losses = try group.gather([outcome.results["loss"]?.doubles.first ?? .nan]).map { $0[0] }
            loss = losses.reduce(0, +) / Double(group.size)
        }
        return (trainer.parameters, loss)
    }

    private static func numbers(_ shape: [Int], _ random: CounterRandom, _ scale: Float) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { (Float(random.uniform(at: UInt64($0))) * 2 - 1) * scale }, shape)
    }

    private static func batch(_ rows: [UInt64], _ width: Int, _ random: CounterRandom) -> Tensor {
        Tensor(
            rows.flatMap { row in (0..<width).map { Float(random.substream(row).uniform(at: UInt64($0))) * 2 - 1 } }, [rows.count, width])
    }
}
