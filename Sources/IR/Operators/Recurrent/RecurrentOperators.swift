extension OperatorRegistry {
    /// Layers that hand a state from step to step.
    static let recurrent: [any Operator.Type] = [RNN.self, GRU.self, LSTM.self]
}
