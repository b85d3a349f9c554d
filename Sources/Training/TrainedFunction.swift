import IR

/// A function with a loss, and what of its module is trained.
package struct TrainedFunction: Sendable {
    /// As it is imported, or cleaned without fused operators that have no derivative; constants have data.
    package var module: Module
    /// The function, such as `training_loss`. Its results are reported, except for ``buffers``.
    package var name: String
    /// The result that is made small: one float.
    package var loss: String
    /// Keys of the constants that are trained, of type f32. Constants in no group stay as they are.
    package var groups: [ParameterGroup]
    /// Constants whose next content is the result of the same name (codebooks and their counts): each batch updates them, gradients do not.
    /// They need not be in the module as long as they are inputs of the function of the same name.
    package var buffers: [String]
    /// That of random operators; each batch has numbers of its own. Processes that share a training give different ones.
    package var seed: UInt64

    package init(
        _ module: Module, name: String, loss: String = "loss", groups: [ParameterGroup], buffers: [String] = [], seed: UInt64 = 0
    ) {
        (self.module, self.name, self.loss) = (module, name, loss)
        (self.groups, self.buffers, self.seed) = (groups, buffers, seed)
    }

    /// Keys of what is trained, in the order of the groups.
    package var parameters: [String] { groups.flatMap(\.parameters) }
}
