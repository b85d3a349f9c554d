import IR
import Passes

/// Low-rank adapters of a transformer: adding them, beginning values, merging, and what a file of them holds.
package struct Adapters: Sendable, Equatable {
    /// Rank of each layer's adapter.
    package let ranks: [String: Int]
    /// Of one projection; a joined one has a multiple.
    package let rank: Int
    package let scale: Double

    /// Adapters for the layers of `module` that `target` chooses.
    /// - Throws: `PassError` if there are none.
    package init(_ target: AdapterTarget, of module: Module, rank: Int, scale: Double) throws {
        let matrices = module.constants.values.filter { $0.type.rank == 2 }.map(\.key)
        (ranks, self.rank, self.scale) = (target.ranks(matrices, rank: rank), rank, scale)
        if ranks.isEmpty { throw PassError("adapters: module '\(module.name)' has no layers of attention or of an MLP that could get any") }
    }

    /// Keys of the adapters' weights, which alone are trained.
    package var parameters: [String] { ranks.keys.sorted().flatMap { [$0 + AddAdapters.down, $0 + AddAdapters.up] } }

    /// `module` with adapters.
    /// - Parameters:
    ///   - weights: of the adapters, as a file of them holds them; nil for new ones: `down` normal with a deviation of 1 / rank, `up` zero, so that the
    ///     model is what it was.
    ///   - seed: of new ones.
    /// - Throws: `PassError` for ranks that do not fit, and weights that are missing or of another shape.
    package func added(to module: Module, weights: [String: Tensor]? = nil, seed: UInt64 = 0) throws -> Module {
        var made = module
        _ = try AddAdapters(ranks, scale: scale).run(on: &made, limit: .max)
        for (number, key) in parameters.enumerated() {
            guard let type = made.constants[key]?.type, let shape = type.staticShape else { continue }
            guard let weights else {
                made.setConstant(Constant(key: key, new(key, shape, CounterRandom(seed: seed).substream(UInt64(number)))))
                continue
            }
            guard let tensor = weights[key], tensor.type == type else {
                let found = weights[key].map { "is \($0.type)" } ?? "is not there"
                throw PassError(
                    "adapters: '\(key)' \(found), and should be \(type); rank and target must be those that it was trained with")
            }
            made.setConstant(Constant(key: key, tensor))
        }
        return made
    }

    private func new(_ key: String, _ shape: [Int], _ random: CounterRandom) -> Tensor {
        guard key.hasSuffix(AddAdapters.down) else { return Tensor(zeros: .f32, shape) }
        let count = shape.reduce(1, *)
        return Tensor((0..<count).map { random.normal(at: UInt64($0)) / Double(rank) }, shape, as: .f32)
    }

    /// Weights of `module`'s layers with adapters of `weights` in them: W + scale · up · down, summed in double precision.
    /// - Throws: `PassError` for weights that are missing or do not fit.
    package func merged(into module: Module, _ weights: [String: Tensor]) throws -> Module {
        var made = module
        for layer in ranks.keys.sorted() {
            let key = layer + ".weight"
            guard let w = module.constants[key]?.tensor, let down = weights[layer + AddAdapters.down],
                let up = weights[layer + AddAdapters.up],
                w.rank == 2, down.rank == 2, up.rank == 2, up.shape == [w.shape[0], down.shape[0]], down.shape[1] == w.shape[1]
            else { throw PassError("adapters: those of layer '\(layer)' are not there, or do not fit its weight") }
            made.setConstant(Constant(key: key, sum(w, down, up)))
        }
        return made
    }

    private func sum(_ w: Tensor, _ down: Tensor, _ up: Tensor) -> Tensor {
        let (rank, columns) = (down.shape[0], w.shape[1])
        let (a, b) = (down.doubles, up.doubles)
        var values = w.doubles
        for index in values.indices {
            let (row, column) = (index / columns, index % columns)
            values[index] += scale * (0..<rank).reduce(0) { $0 + b[row * rank + $1] * a[$1 * columns + column] }
        }
        return Tensor(values, w.shape, as: w.dtype)
    }
}
