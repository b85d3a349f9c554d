import IR
import Runtime

/// Runs the functions of ``OptimizerModule`` over parameters in place.
struct Optimizer {
    private let algorithm: OptimizerAlgorithm
    private let session: Session

    init(_ algorithm: OptimizerAlgorithm, threads: Int?) throws {
        try algorithm.check()
        self.algorithm = algorithm
        session = Session(try Plan(OptimizerModule.made(for: algorithm)), threads: threads)
    }

    /// One update of `parameter` by `gradient` [n] times `scale`.
    func update(_ parameter: TrainedParameter, by gradient: Tensor, _ rates: (learningRate: Double, weightDecay: Double), scale: Double)
        throws
    {
        let steps = parameter.steps + 1
        let numbers = algorithm.values(learningRate: rates.learningRate, weightDecay: rates.weightDecay, scale: scale, steps: steps)
        var states = parameter.moments
        states["weights"] = parameter.weights
        try run(OptimizerModule.update, ["gradient": gradient], numbers, states)
        parameter.steps = steps
    }

    /// Adds `gradient` [n] to `total`.
    func add(_ gradient: Tensor, to total: StateTensor) throws {
        try run(OptimizerModule.accumulate, ["gradient": gradient], [:], ["total": total])
    }

    /// Moves `average` towards `value` [n].
    func move(_ average: StateTensor, to value: Tensor, decay: Double) throws {
        try run(OptimizerModule.average, ["value": value], ["keep": decay, "take": 1 - decay], ["average": average])
    }

    private func run(_ name: String, _ vectors: [String: Tensor], _ numbers: [String: Double], _ states: [String: StateTensor]) throws {
        let inputs = vectors.merging(numbers.mapValues { Tensor([Float($0)], []) }) { $1 }
        _ = try session.run(name, inputs, states: states)
    }

    /// The sum of the squares of all elements: of rows in single precision, and of their sums in double.
    func sumOfSquares(_ x: Tensor) throws -> Double {
        var (sum, done) = (0.0, 0)
        while done < x.count {
            let columns = min(Self.columns, x.count - done)
            let rows = columns < Self.columns ? 1 : min((x.count - done) / columns, Self.rows)
            guard let part = x.part(from: done, [rows, columns]) else { throw TrainingError("a gradient of \(x.type) cannot be read") }
            let sums = try session.run(OptimizerModule.squares, ["x": part])
            sum += sums["sums"]?.floats.reduce(0) { $0 + Double($1) } ?? .nan
            done += rows * columns
        }
        return sum
    }

    /// What is summed at once: a megabyte or four, which caches hold.
    private static let (rows, columns) = (256, 4096)
}

extension Tensor {
    /// f32 elements from number `first` on, under another shape.
    fileprivate func part(from first: Int, _ shape: [Int]) -> Tensor? {
        let width = dtype.byteWidth
        let slice = ByteSlice(bytes.owner, offset: bytes.offset + first * width, count: shape.reduce(width, *))
        return slice.flatMap { Tensor(dtype: dtype, shape: shape, bytes: $0) }
    }
}
