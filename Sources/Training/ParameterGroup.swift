/// Parameters that an optimizer treats alike.
package struct ParameterGroup: Sendable, Equatable {
    /// 0 where there is none; groups with one follow the schedule of weight decays.
    package let weightDecay: Double
    /// What learning rates of the schedule are multiplied by.
    package let learningRateScale: Double
    /// Names, in the order in which they were given.
    package var parameters: [String]

    package init(weightDecay: Double = 0, learningRateScale: Double = 1, parameters: [String]) {
        (self.weightDecay, self.learningRateScale, self.parameters) = (weightDecay, learningRateScale, parameters)
    }

    /// Learning rate and weight decay at a step, from the values of the schedules there.
    package func values(learningRate: Double, weightDecay scheduled: Double) -> (learningRate: Double, weightDecay: Double) {
        (learningRate * learningRateScale, weightDecay > 0 ? scheduled : weightDecay)
    }
}
