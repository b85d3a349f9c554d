import Foundation
import IR

extension FunctionWriter {
    /// Numbers `[b]`, such as timesteps, as waves `[b, width]`: [cos, sin] of x·f with frequencies f = 10000^(-i/half), half = width / 2.
    func timeWaves(_ numbers: ValueID, _ width: Int, name: String) throws -> ValueID {
        let half = width / 2
        let frequencies = (0..<half).map { exp(-Float(log(10000.0)) * Float($0) / Float(half)) }
        let table = try constant("\(name).frequencies", Tensor(frequencies, [1, half]))
        let column = try reshape(numbers, [shape(numbers)[0], 1], name: "\(name).timestep")
        let angles = try multiply(column, table, name: "\(name).angles")
        let cosines = try apply(Unary<Cos>(), angles, name: "\(name).cos")
        let sines = try apply(Unary<Sin>(), angles, name: "\(name).sin")
        return try concat([cosines, sines], axis: 1, name: "\(name).waves")
    }
}
