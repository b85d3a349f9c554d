import IR

/// What a tokenizer's result is held against its input by (`compute_reconst_loss` of run_training_vqvae.py).
package enum ReconstructionLoss: String, CaseIterable, Sendable {
    case mse, l1
    /// Half the square of differences below 1, beyond that their size less ½.
    case smoothL1 = "smooth_l1"
    /// Of class scores; targets are class ids.
    case crossEntropy = "cross_entropy"
    /// 1 - cosine along the pixels of each channel.
    case cosine
    /// 1 - cosine along the channels of each pixel.
    case channelCosine = "cosine_1d"
    /// Of the two classes that a logistic function of the result makes.
    case binaryCrossEntropy = "binary_cross_entropy"

    /// The mean over a batch: one number.
    /// - Parameters:
    ///   - result: `[b, c, h, w]`
    ///   - target: the same shape; class ids `[b, h, w]` for ``crossEntropy``.
    func loss(_ result: Traced, _ target: Traced) throws -> Traced {
        switch self {
        case .mse: try (result - target).squared().mean()
        case .l1: try (result - target).mapped(Abs.self).mean()
        case .smoothL1: try smooth(result - target).mean()
        case .crossEntropy: try crossEntropy(result, target)
        case .cosine: try 1 - flat(result).cosine(flat(target), axis: 2).mean()
        case .channelCosine: try 1 - flat(result).cosine(flat(target), axis: 1).mean()
        case .binaryCrossEntropy: try binary(result, target)
        }
    }

    private func smooth(_ difference: Traced) throws -> Traced {
        let size = try difference.mapped(Abs.self)
        return try size.isLess(than: size.number(1)).choosing(difference.squared() * 0.5, else: size - 0.5)
    }

    private func crossEntropy(_ result: Traced, _ target: Traced) throws -> Traced {
        let s = result.shape
        let ids = try target.reshaped([s[0], 1, s[2], s[3]])
        return try -(result.applying(LogSoftmax(axis: 1)).applying(GatherElements(axis: 1), ids).mean())
    }

    /// As the reference has it: probabilities of both classes, taken for scores of a softmax.
    private func binary(_ result: Traced, _ target: Traced) throws -> Traced {
        let share = try result.mapped(Sigmoid.self)
        let scores = try Traced.joined([share, 1 - share], axis: 1)
        let targets = try Traced.joined([target, 1 - target], axis: 1)
        return try -((scores.applying(LogSoftmax(axis: 1)) * targets).sum([1]).mean())
    }

    /// `[b, c, h·w]`
    private func flat(_ map: Traced) throws -> Traced { try map.reshaped([map.shape[0], map.shape[1], map.shape[2] * map.shape[3]]) }
}

extension Traced {
    /// Cosines of lines along `axis`, which is gone; as `torch.nn.functional.cosine_similarity`.
    func cosine(_ other: Traced, axis: Int) throws -> Traced {
        let unit = L2Normalize(axis: axis, eps: 1e-8)
        return try (applying(unit) * other.applying(unit)).sum([self.axis(axis)], keepDims: false)
    }
}
