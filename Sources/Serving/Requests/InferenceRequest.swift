import Tessera

/// A tensor and the name that a function knows it by.
package struct NamedTensor: Sendable, Equatable {
    /// Name of the input or output.
    package var name: String
    /// Its value.
    package var tensor: Tensor

    /// `tensor` under `name`.
    package init(_ name: String, _ tensor: Tensor) { (self.name, self.tensor) = (name, tensor) }
}

/// A wish to run one function of a served model once.
package struct InferenceRequest: Sendable {
    /// Name of the model.
    package var model: String
    /// Version to run; nil for the one that serves, the highest that is ready.
    package var version: String?
    /// Function to run; nil where the model has only one.
    package var function: String?
    /// Told again in the response.
    package var id: String?
    /// A tensor for each input of the function.
    package var inputs: [NamedTensor]
    /// Outputs to give, in this order; none for all, in the order of the function.
    package var outputs: [String]
    /// When the answer is worth nothing any more: the request leaves the queue, or its run stops.
    package var deadline: ContinuousClock.Instant?

    /// A request with what must be said of it.
    package init(
        _ model: String, version: String? = nil, function: String? = nil, id: String? = nil, inputs: [NamedTensor],
        outputs: [String] = [], deadline: ContinuousClock.Instant? = nil
    ) {
        (self.model, self.version, self.function, self.id) = (model, version, function, id)
        (self.inputs, self.outputs, self.deadline) = (inputs, outputs, deadline)
    }
}

/// What a function gave for one request.
package struct InferenceResponse: Sendable {
    /// Name of the model.
    package let model: String
    /// Version that ran.
    package let version: String
    /// Function that ran.
    package let function: String
    /// As the request had it.
    package let id: String?
    /// The outputs that were asked for.
    package let outputs: [NamedTensor]
    /// From when the request came until its run began.
    package let queueTime: Duration
    /// Of the run that the request was part of.
    package let computeTime: Duration
    /// Rows that were computed together; 1 for a run of one request without rows.
    package let batchSize: Int
}
