import Runtime

/// Sums the gradients of an update over several processes.
///
/// A trainer calls ``isComplete(_:_:)`` for each gradient of the last batch of an update as soon as it is there, while the backward pass goes on,
/// and ``finish(_:)`` before it uses any.
package protocol GradientExchange: AnyObject {
    /// What sums are multiplied by: 1 / processes for their mean.
    var scale: Double { get }

    /// The gradient of parameter `key` is in `gradient`, which holds the sum when ``finish(_:)`` is over; nothing else touches it until then.
    /// Each process completes the same keys, though maybe in another order.
    func isComplete(_ key: String, _ gradient: StateTensor) throws

    /// Waits until all sums are there.
    /// - Parameter present: Parameters that had a gradient in a batch of this process.
    /// - Returns: those that had one in any process.
    func finish(_ present: Set<String>) throws -> Set<String>
}
