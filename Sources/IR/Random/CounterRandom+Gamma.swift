extension CounterRandom {
    /// The logarithm of a number with the gamma distribution of the given shape and scale 1, at an index.
    ///
    /// Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", 2000; below shape 1 by the relation of shapes a and a + 1. It is
    /// a logarithm because the numbers of small shapes are often smaller than any floating-point number.
    /// - Parameter shape: greater than 0, and finite.
    package func logGamma(shape: Double, at index: UInt64) -> Double {
        let own = substream(index)
        guard shape < 1 else { return own.logGamma(shape) }
        // The logarithm of a uniform number in (0, 1].
        let log = PortableMath.log(1 - own.uniform(at: .max))
        return own.logGamma(shape + 1) + log / shape
    }

    /// For shapes from 1 on, with all numbers of this stream to itself. Each attempt succeeds with a probability above 0.95.
    private func logGamma(_ shape: Double) -> Double {
        let d = shape - 1 / 3.0
        let c = 1 / (9 * d).squareRoot()
        for attempt in UInt64(0)..<1000 {
            let x = normal(at: attempt)
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            let u = 1 - uniform(at: attempt)
            if PortableMath.log(u) < 0.5 * x * x + d - d * v + d * PortableMath.log(v) { return PortableMath.log(d * v) }
        }
        return PortableMath.log(d)
    }

    /// Shares with a Dirichlet distribution, at an index: as many as shapes, each from 0 to 1, together 1.
    /// - Parameter shapes: each greater than 0, and finite. Very small ones give all to one of them.
    package func dirichlet(_ shapes: [Double], at index: UInt64) -> [Double] {
        let own = substream(index)
        let logs = shapes.enumerated().map { own.logGamma(shape: $0.element, at: UInt64($0.offset)) }
        let largest = logs.max() ?? 0
        let parts = logs.map { PortableMath.exp($0 - largest) }
        let sum = parts.reduce(0, +)
        return parts.map { $0 / sum }
    }
}
