/// Why a diffusion scheduler cannot be built or cannot step.
package enum SchedulerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A parameter whose value the scheduler does not support.
    case unsupported(scheduler: SchedulerKind, parameter: String, value: String, allowed: String)
    /// A parameter that no scheduler has.
    case unknownParameter(scheduler: SchedulerKind, parameter: String)
    /// `step` before `timesteps`.
    case timestepsNotSet(SchedulerKind)
    /// A timestep outside the noise table.
    case timestepOutOfRange(timestep: Int, trainingSteps: Int)
    /// The requested number of inference steps cannot be made.
    case inferenceSteps(scheduler: SchedulerKind, count: Int, allowed: String)
    /// Buffers whose sizes do not belong together.
    case shape(what: String, count: Int, expected: Int)
    /// A stochastic step without noise.
    case noiseMissing(timestep: Int)
    /// `learned` variances need a model with twice the channels.
    case learnedVarianceMissing(timestep: Int)
    /// Predicting noise where nothing but noise is left says nothing about the image: division by zero.
    case epsilonAtZeroSignal(timestep: Int)

    package var description: String {
        switch self {
        case .unsupported(let scheduler, let parameter, let value, let allowed):
            "\(scheduler.rawValue): \(parameter) '\(value)' is not supported; use \(allowed)"
        case .unknownParameter(let scheduler, let parameter):
            "\(scheduler.rawValue): unknown parameter '\(parameter)'"
        case .timestepsNotSet(let scheduler):
            "\(scheduler.rawValue): choose the number of inference steps (timesteps) before the first step"
        case .timestepOutOfRange(let timestep, let steps):
            "timestep \(timestep) is outside 0 ..< \(steps), the steps the model was trained with"
        case .inferenceSteps(let scheduler, let count, let allowed):
            "\(scheduler.rawValue): cannot make \(count) inference steps; use \(allowed)"
        case .shape(let what, let count, let expected):
            "\(what) has \(count) elements where \(expected) are needed"
        case .noiseMissing(let timestep):
            "the step at timestep \(timestep) adds noise, and none was given"
        case .learnedVarianceMissing(let timestep):
            "the step at timestep \(timestep) needs the model's variance: give a model output of twice the channels"
        case .epsilonAtZeroSignal(let timestep):
            "epsilon prediction at timestep \(timestep), where the signal-to-noise ratio is zero, divides by zero; "
                + "turn zero_terminal_snr off, use timestep mode 'leading', or use clip_sample without thresholding"
        }
    }
}
