/// How a parameter follows its gradient.
package enum OptimizerAlgorithm: Sendable, Equatable {
    /// Adam with decoupled weight decay and bias corrections (Loshchilov & Hutter, "Decoupled weight decay regularization", 2019), as
    /// `torch.optim.AdamW` computes it.
    case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
    /// Adam, as `torch.optim.Adam` computes it: weight decay is added to the gradient.
    case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
    /// Gradient descent with momentum, as `torch.optim.SGD` computes it: weight decay is added to the gradient.
    case sgd(momentum: Double = 0, isNesterov: Bool = false)

    /// Betas of the training scripts of 4M.
    package static let fourM = OptimizerAlgorithm.adamW(beta1: 0.9, beta2: 0.95, epsilon: 1e-8)
}

/// What large products of a step compute in. Parameters, gradients and all sums are f32 in any case.
package enum ProductPrecision: String, Sendable {
    case f32
    /// Operands are rounded to bf16 as they come: twice as fast where the machine has such products, slower where it has not.
    case bf16
}

/// How a trainer updates parameters.
package struct TrainerSettings: Sendable, Equatable {
    package var algorithm: OptimizerAlgorithm
    /// Batches of an update, whose gradients are averaged.
    package var accumulation: Int
    /// Gradients with a larger norm, over all parameters, are scaled down to it.
    package var clipNorm: Double?
    /// An update whose gradients have this norm or more is left out; nothing but the buffers moves. Not looked at where ``clipNorm`` is given.
    package var skipNorm: Double?
    /// Weight of the old in moving averages of parameters and buffers; nil for none.
    package var averageDecay: Double?
    /// Averages move at each such batch, the first included.
    package var averageInterval: Int
    package var products: ProductPrecision

    package init(
        algorithm: OptimizerAlgorithm = .fourM, accumulation: Int = 1, clipNorm: Double? = nil, skipNorm: Double? = nil,
        averageDecay: Double? = nil, averageInterval: Int = 1, products: ProductPrecision = .f32
    ) {
        (self.algorithm, self.accumulation) = (algorithm, accumulation)
        (self.clipNorm, self.skipNorm) = (clipNorm, skipNorm)
        (self.averageDecay, self.averageInterval) = (averageDecay, averageInterval)
        self.products = products
    }
}
