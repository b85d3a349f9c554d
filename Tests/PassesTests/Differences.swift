import IR
import Passes
import TestSupport
import Testing

/// Gradients held against central differences of the loss, in double precision.
struct Differences {
    let module: Module
    let function: String
    let inputs: [String: Tensor]
    var binding: Binding = [:]

    /// Distance of neighbouring points.
    static let step = 1e-5

    /// Names of the constants and inputs with a gradient.
    var names: [String] {
        let results = module.function(GradientRequest.functionPrefix + function)?.outputs.map(\.name) ?? []
        return results.filter { $0.hasPrefix(GradientRequest.prefix) }.map { String($0.dropFirst(GradientRequest.prefix.count)) }
    }

    func gradients() throws -> [String: Tensor] {
        try Interpreter.run(module, GradientRequest.functionPrefix + function, inputs, binding: binding)
    }

    /// The loss where constant or input `name` is `value`.
    private func loss(_ name: String, _ value: Tensor) throws -> Double {
        var (module, inputs) = (module, inputs)
        if module.constants[name] == nil { inputs[name] = value } else { module.setConstant(Constant(key: name, value)) }
        return try #require(try Interpreter.run(module, function, inputs, binding: binding)["loss"]?.doubles.first)
    }

    /// The largest deviation from differences along random directions, and of single elements, as a share of what is summed.
    func largestDeviation(of name: String, _ gradients: [String: Tensor]) throws -> Double {
        let x = try #require(module.constants[name]?.tensor ?? inputs[name])
        let gradient = try #require(gradients[GradientRequest.prefix + name])
        guard gradient.shape == x.shape, gradient.dtype == x.dtype else { return .infinity }
        var worst = 0.0
        for direction in directions(x.count, name) {
            // Four points, so that the error goes with the fifth derivative.
            let (near, far) = (try around(name, x, direction, 1), try around(name, x, direction, 2))
            let difference = (8 * near - far) / (12 * Differences.step)
            let products = zip(gradient.doubles, direction).map { $0 * $1 }
            let size = products.reduce(1) { $0 + abs($1) }
            worst = max(worst, abs(difference - products.reduce(0, +)) / size)
        }
        return worst.isNaN ? .infinity : worst
    }

    /// How much the loss differs between `steps` forth and back.
    private func around(_ name: String, _ x: Tensor, _ direction: [Double], _ steps: Double) throws -> Double {
        try loss(name, moved(x, direction, steps)) - loss(name, moved(x, direction, -steps))
    }

    private func moved(_ x: Tensor, _ direction: [Double], _ steps: Double) -> Tensor {
        Tensor(zip(x.doubles, direction).map { $0 + steps * Differences.step * $1 }, x.shape, as: x.dtype)
    }

    /// Two random ones, and up to four along one axis.
    private func directions(_ count: Int, _ name: String) -> [[Double]] {
        guard count > 0 else { return [] }
        var random = SplitMix64(name)
        let whole = (0..<2).map { _ in (0..<count).map { _ in Double.random(in: -1...1, using: &random) } }
        return whole
            + (0..<min(count, 4)).map { _ in
                let place = Int.random(in: 0..<count, using: &random)
                return (0..<count).map { $0 == place ? 1 : 0 }
            }
    }
}
