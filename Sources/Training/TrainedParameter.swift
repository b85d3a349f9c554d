import IR
import Runtime

/// A parameter and what its optimizer keeps of it, all of it memory that steps update in place.
final class TrainedParameter {
    let key: String
    let shape: [Int]
    /// Of ``TrainedFunction/groups``.
    let group: Int
    /// f32 [n], as optimizers see them.
    let weights: StateTensor
    /// f32 [n] each, by the names that PyTorch gives them.
    let moments: [String: StateTensor]
    /// Sum of the gradients of an update so far, where they are held. f32 [n]
    private(set) var total: StateTensor?
    /// Moving average, where there is one. f32 [n]
    let average: StateTensor?
    /// Updates so far.
    var steps = 0
    /// Whether a batch of the update at hand gave a gradient.
    var hasGradient = false
    /// Whether ``total`` holds anything.
    var hasTotal = false

    init(_ constant: Constant, group: Int, moments names: [String], isAveraged: Bool) throws {
        guard constant.type.dtype == .f32 else {
            throw TrainingError("parameter '\(constant.key)' is \(constant.type); convert it to f32, which training computes in")
        }
        guard let tensor = constant.tensor, let flat = tensor.reshaped([tensor.count]) else {
            throw TrainingError("parameter '\(constant.key)' has no data; read the module with its weights")
        }
        (key, shape, self.group) = (constant.key, tensor.shape, group)
        weights = StateTensor(flat)
        moments = Dictionary(uniqueKeysWithValues: names.map { ($0, StateTensor(zeros: .f32, [flat.count])) })
        average = isAveraged ? StateTensor(flat) : nil
    }

    var count: Int { weights.shape[0] }

    /// The weights themselves under their shape: they change with each update.
    var view: Tensor? { weights.view?.reshaped(shape) }

    /// The memory that gradients are added up in.
    func held() -> StateTensor {
        let memory = total ?? StateTensor(zeros: .f32, [count])
        total = memory
        return memory
    }

    /// `state` with this parameter's shape.
    func shaped(_ state: StateTensor) -> Tensor { state.snapshot().reshaped(shape) ?? state.snapshot() }
}
