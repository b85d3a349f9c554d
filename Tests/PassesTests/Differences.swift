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
        let products = directions(x.count, name).map { direction in (direction, zip(gradient.doubles, direction).map { $0 * $1 }) }
        let worst = try products.map { direction, products in
            let (expected, size) = (products.reduce(0, +), products.reduce(1) { $0 + abs($1) })
            // Near a pole a wide step is too wide, elsewhere a narrow one rounds.
            let wide = try abs(derivative(name, x, direction, 1e-5) - expected) / size
            return wide < 1e-6 ? wide : try abs(derivative(name, x, direction, 1e-7) - expected) / size
        }
        return worst.contains(where: \.isNaN) ? .infinity : worst.max() ?? 0
    }

    /// Along `direction`, from four points, so that the error goes with the fifth derivative.
    private func derivative(_ name: String, _ x: Tensor, _ direction: [Double], _ step: Double) throws -> Double {
        func around(_ steps: Double) throws -> Double {
            try loss(name, moved(x, direction, steps * step)) - loss(name, moved(x, direction, -steps * step))
        }
        return try (8 * around(1) - around(2)) / (12 * step)
    }

    private func moved(_ x: Tensor, _ direction: [Double], _ distance: Double) -> Tensor {
        Tensor(zip(x.doubles, direction).map { $0 + distance * $1 }, x.shape, as: x.dtype)
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
