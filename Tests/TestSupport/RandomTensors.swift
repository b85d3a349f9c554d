import IR

/// SplitMix64 (Steele, Lea & Flood 2014): the same numbers on every machine.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(_ text: String) { state = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Tensor {
    /// Floats in -1…1, integers 0…2, truths; drawn from the generator of `seed`.
    package static func random(_ dtype: DType, _ shape: [Int], seed: String) -> Tensor {
        var random = SplitMix64(seed)
        let count = Tensor.elementCount(shape) ?? 0
        if dtype.isFloat {
            return Tensor((0..<count).map { _ in Double.random(in: -1...1, using: &random) }, shape, as: dtype)
        }
        let top = dtype == .bool ? 1 : 2
        return Tensor(integers: (0..<count).map { _ in Int.random(in: 0...top, using: &random) }, shape, as: dtype)
    }
}

extension Module {
    /// Constants without data get random ones, seeded by their keys.
    package func withRandomConstants() -> Module {
        var module = self
        for constant in constants.values where constant.bytes == nil {
            guard let shape = constant.type.staticShape else { continue }
            let made = Tensor.random(constant.type.dtype, shape, seed: constant.key)
            module.setConstant(Constant(key: constant.key, type: constant.type, bytes: made.bytes))
        }
        return module
    }

    /// Inputs of `function` with a small size for each symbol.
    package func randomInputs(of function: String) throws -> [String: Tensor] {
        guard let graph = self.function(function) else { return [:] }
        let symbols = graph.inputs.reduce(into: Set<String>()) { found, id in
            for dim in graph.type(of: id).shape { found.formUnion(dim.symbols) }
        }
        let sizes = [2, 3, 5, 4, 6]
        var binding: Binding = [:]
        for (index, symbol) in symbols.sorted().enumerated() { binding[symbol] = sizes[index % sizes.count] }
        var inputs: [String: Tensor] = [:]
        for id in graph.inputs {
            let name = graph.inputName(of: id) ?? ""
            inputs[name] = .random(graph.type(of: id).dtype, try graph.type(of: id).sizes(binding), seed: name)
        }
        return inputs
    }
}

/// How far `actual` is from `expected`, as a share of the largest expected magnitude; 0 for the same numbers.
package func deviation(_ actual: Tensor, _ expected: Tensor) -> Double {
    guard actual.dtype == expected.dtype, actual.shape == expected.shape else { return .infinity }
    let (a, b) = (actual.doubles, expected.doubles)
    let scale = b.reduce(0) { max($0, $1.isFinite ? abs($1) : 0) }
    return zip(a, b).reduce(0) { worst, pair in
        if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { return worst }
        let difference = abs(pair.0 - pair.1) / max(scale, .leastNormalMagnitude)
        return difference.isNaN ? .infinity : max(worst, difference)
    }
}
