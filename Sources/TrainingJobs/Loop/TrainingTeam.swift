import Training

/// The processes that train one model together, each on batches of its own; rank 0 writes.
///
/// All of them make the same calls in the same order, as the loop does.
package protocol TrainingTeam: AnyObject {
    /// 0 ..< ``size``.
    var rank: Int { get }
    var size: Int { get }

    /// Sums gradients while the backward pass goes on.
    var exchange: any GradientExchange { get }

    /// The sums of `values` over all processes, the same bits in each.
    /// - Throws: what tells which process was lost.
    func sum(_ values: [Double]) throws -> [Double]
}
