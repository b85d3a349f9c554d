import Foundation
import IR

/// Fourier transforms and windows.
extension OperatorMapping {
    static let signal: [OperatorMapping] = [
        .one("DFT") { node in
            let x = try node.input(0)
            let given = node.version < 20 ? try node.int("axis", 1) : try node.optional(2).map { try node.integer($0) } ?? -2
            let axis = try node.axis(given, of: node.rank(x))
            let length = try node.optional(1).flatMap { try node.dims($0).first }
            let transform = FourierTransform(
                length: length, isInverse: try node.flag("inverse", false), isOneSided: try node.flag("onesided", false))
            return try transform.apply(&node, x, axis: axis)
        },
        .one("STFT") { node in try shortTime(&node) },
        window("HannWindow", [0.5, 0.5]), window("HammingWindow", [25.0 / 46, 21.0 / 46]), window("BlackmanWindow", [0.42, 0.5, 0.08]),
        .one("MelWeightMatrix") { node in try melWeights(&node) },
    ]

    /// Frames of the signal times the window, and the transform of each.
    private static func shortTime(_ node: inout NodeImport) throws -> ValueID {
        var x = try node.input(0)
        let (dtype, step) = (node.dtype(x), try node.integer(try node.input(1)))
        if node.rank(x) == 2 { x = try node.unsqueeze(x, 2) }
        guard node.rank(x) == 3, step > 0 else { throw NodeProblem("signal (\(node.type(x))) or frame_step (\(step)) is wrong") }
        let window = node.optional(2)
        let length = try node.optional(3).flatMap { try node.dims($0).first } ?? window.map { node.shape($0)[0] } ?? node.shape(x)[1]
        let count = (node.shape(x)[1] - length).floorDivided(by: Dim(step)) + 1
        let starts = try node.reshape(try node.binary(Mul.self, try node.emit(Iota(size: count)), try node.scalar(step)), [count, 1])
        let places = try node.binary(Add.self, starts, try node.emit(Iota(size: length)))
        var frames = try node.cast(try node.emit(Gather(axis: 1), x, places), to: .f64)
        if let window {
            let sides = try centered(&node, try node.cast(window, to: .f64), length)
            frames = try node.binary(Mul.self, frames, try node.reshape(sides, [length, 1]))
        }
        let transform = FourierTransform(length: nil, isInverse: false, isOneSided: try node.flag("onesided", true))
        return try node.cast(try transform.apply(&node, frames, axis: 2), to: dtype)
    }

    /// A window that is shorter than a frame, in its middle.
    private static func centered(_ node: inout NodeImport, _ window: ValueID, _ length: Dim) throws -> ValueID {
        let missing = length - node.shape(window)[0]
        guard let missing = missing.value, missing > 0 else { return window }
        return try node.emit(Pad(before: [missing / 2], after: [missing - missing / 2]), window)
    }

    /// Σ (-1)^k a[k] cos(2πk i / n), n the size, or one less if the window is symmetric.
    private static func window(_ name: String, _ terms: [Double]) -> OperatorMapping {
        .one(name) { node in
            guard let size = try node.dims(try node.input(0)).first else { throw NodeProblem("size is missing") }
            let dtype = try node.dtypeAttribute("output_datatype") ?? .f32
            let period = try node.flag("periodic", true) ? size : size - 1
            let place = try node.cast(try node.emit(Iota(size: size)), to: .f64)
            let turn = try node.binary(Mul.self, place, 2 * Double.pi)
            let angle = try node.binary(Div.self, turn, try node.binary(Maximum.self, try node.number(period, .f64), 1))
            var sum = try node.expand(try node.scalar(terms[0], .f64), [size])
            for (index, term) in terms.enumerated().dropFirst() {
                let wave = try node.unary(Cos.self, try node.binary(Mul.self, angle, Double(index)))
                sum = try node.binary(Add.self, sum, try node.binary(Mul.self, wave, index % 2 == 0 ? term : -term))
            }
            return try node.cast(sum, to: dtype)
        }
    }

    /// Triangles over the bins of a spectrum, evenly spaced in mel: 2595 · lg(1 + f / 700).
    private static func melWeights(_ node: inout NodeImport) throws -> ValueID {
        let (bins, length, rate) = (
            try node.integer(try node.input(0)), try node.integer(try node.input(1)), try node.integer(try node.input(2))
        )
        let edges = try [3, 4].map { try node.constantTensor(try node.input($0)).doubles.first ?? 0 }
        guard 1...1 << 12 ~= bins, 1...1 << 16 ~= length, rate > 0, edges.allSatisfy({ $0 >= 0 && $0 < 1e9 }) else {
            throw NodeProblem("\(bins) bins of a spectrum of \(length) at rate \(rate) from \(edges[0]) to \(edges[1]) cannot be")
        }
        let rows = length / 2 + 1
        let mels = edges.map { 2595 * log10(1 + $0 / 700) }
        let points = (0..<bins + 2).map { index -> Int in
            let mel = mels[0] + Double(index) * (mels[1] - mels[0]) / Double(bins + 2)
            let place = (Double(length + 1) * 700 * (pow(10, mel / 2595) - 1) / Double(rate)).rounded(.down)
            return Int(min(max(place, 0), 1e9))
        }
        var weights = [Double](repeating: 0, count: rows * bins)
        for bin in 0..<bins {
            let (low, middle, high) = (points[bin], points[bin + 1], points[bin + 2])
            for row in low..<max(middle, low) + 1 where row < rows && row <= middle {
                weights[row * bins + bin] = middle == low ? 1 : Double(row - low) / Double(middle - low)
            }
            for row in middle..<max(high, middle) where row < rows {
                weights[row * bins + bin] = Double(high - row) / Double(high - middle)
            }
        }
        return try node.constant(Tensor(weights, [rows, bins], as: try node.dtypeAttribute("output_datatype") ?? .f32))
    }
}

/// A discrete Fourier transform along an axis, the last dimension being real and imaginary part (or the real one alone), as a product with
/// the matrix of sines and cosines in double precision: references hold near-zeros that sums in f32 do not reach.
struct FourierTransform {
    /// Nil for that of the signal.
    let length: Dim?
    let isInverse: Bool
    let isOneSided: Bool

    func apply(_ node: inout NodeImport, _ x: ValueID, axis: Int) throws -> ValueID {
        let rank = node.rank(x)
        guard axis < rank - 1, let parts = node.shape(x)[rank - 1].value, parts == 1 || parts == 2 else {
            throw NodeProblem("\(node.type(x)) is no signal along axis \(axis)")
        }
        let size = node.shape(x)[axis]
        let isReal = isInverse && isOneSided
        let length = self.length ?? (isReal ? (size - 1) * 2 : size)
        // Without the imaginary parts the input is as the file says; transformed back, half a spectrum stands for the whole.
        let used = isReal ? half(length) : length
        let outputs = isOneSided && !isInverse ? half(length) : length
        let order = (0..<rank).filter { $0 != axis && $0 != rank - 1 } + [axis, rank - 1]
        var rows = try node.transpose(try node.cast(x, to: .f64), order)
        if !isReal, let length = length.value, let factors = FourierTransform.factors(of: length), let known = size.value {
            rows = try resized(&node, rows, axis: rank - 2, from: known, to: length)
            let outer = Array(node.shape(rows).dropLast(2))
            rows = try node.reshape(rows, [outer.reduce(1, *), Dim(length), Dim(parts)])
            let (a, b) = try inSteps(&node, rows, parts: parts, factors)
            var y = try node.concat([try node.unsqueeze(a, 2), try node.unsqueeze(b, 2)], axis: 2)
            if isOneSided && !isInverse { y = try node.emit(Slice(axis: 1, start: 0, end: outputs), y) }
            return try finished(&node, try node.reshape(y, outer + [outputs, 2]), order, node.dtype(x))
        }
        let count = Dim.smaller(size, used)
        if count != size { rows = try node.emit(Slice(axis: rank - 2, start: 0, end: count), rows) }
        let outer = Array(node.shape(rows).dropLast(2))
        rows = try node.reshape(rows, [outer.reduce(1, *), count * Dim(parts)])
        var matrix = try matrix(&node, from: count, parts: parts, to: outputs, isReal: isReal, length)
        // What is known now need not be computed in each run.
        if let known = node.scope.constantTensor(matrix) { matrix = try node.constant(known) }
        let product = try node.emit(MatMul(), rows, matrix)
        let result = try node.reshape(product, outer + [outputs, isReal ? 1 : 2])
        return try finished(&node, result, order, node.dtype(x))
    }

    /// The axis back at its place.
    private func finished(_ node: inout NodeImport, _ y: ValueID, _ order: [Int], _ dtype: DType) throws -> ValueID {
        let back = order.indices.map { order.firstIndex(of: $0) ?? $0 }
        return try node.cast(try node.transpose(y, back), to: dtype)
    }

    /// Lengths from which on a product with a matrix is slower than two with smaller ones.
    private static let longest = 512

    /// Two factors near each other's size, of a long transform.
    private static func factors(of length: Int) -> (Int, Int)? {
        guard length > longest, length < 1 << 22 else { return nil }
        let root = Int(Double(length).squareRoot())
        guard let first = (16...max(root, 16)).reversed().first(where: { length % $0 == 0 }) else { return nil }
        return (first, length / first)
    }

    private func resized(_ node: inout NodeImport, _ x: ValueID, axis: Int, from size: Int, to length: Int) throws -> ValueID {
        if size >= length { return size == length ? x : try node.slice(x, axis: axis, 0..<length) }
        let after = (0..<node.rank(x)).map { $0 == axis ? length - size : 0 }
        return try node.emit(Pad(before: after.map { _ in 0 }, after: after), x)
    }

    /// Real and imaginary part [rows, n] of a transform of length n = p·q in two steps (Cooley & Tukey, 1965): with j = q·j₁ + j₂ and
    /// k = k₁ + p·k₂, transforms of length p over j₁, a turn by j₂·k₁/n, and transforms of length q over j₂.
    private func inSteps(
        _ node: inout NodeImport, _ x: ValueID, parts: Int, _ factors: (Int, Int)
    ) throws -> (ValueID, ValueID) {
        let ((p, q), rows) = (factors, node.shape(x)[0])
        let grid = try node.reshape(x, [rows, Dim(p), Dim(q), Dim(parts)])
        let step = FourierTransform(length: nil, isInverse: isInverse, isOneSided: false)
        var first = try step.apply(&node, grid, axis: 1)
        // [rows, k₁, j₂, 2] times the turns, as complex numbers.
        let turns = (0..<p * q).map { 2 * Double.pi * Double($0 / q * ($0 % q) % (p * q)) / Double(p * q) }
        let sign: Double = isInverse ? 1 : -1
        let cosine = try node.constant(Tensor(turns.map { cos($0) }, [p, q, 1], as: .f64))
        let sine = try node.constant(Tensor(turns.map { sign * sin($0) }, [p, q, 1], as: .f64))
        let (real, imaginary) = (try node.slice(first, axis: 3, 0..<1), try node.slice(first, axis: 3, 1..<2))
        let a = try node.binary(Sub.self, try node.binary(Mul.self, real, cosine), try node.binary(Mul.self, imaginary, sine))
        let b = try node.binary(Add.self, try node.binary(Mul.self, real, sine), try node.binary(Mul.self, imaginary, cosine))
        first = try node.concat([a, b], axis: 3)
        let second = try step.apply(&node, first, axis: 2)
        // [rows, k₁, k₂, 2] ─▶ [rows, k₂·p + k₁]
        let flat = try node.reshape(try node.transpose(second, [0, 2, 1, 3]), [rows, Dim(p * q), 2])
        return (
            try node.squeeze(try node.slice(flat, axis: 2, 0..<1), 2), try node.squeeze(try node.slice(flat, axis: 2, 1..<2), 2)
        )
    }

    private func half(_ length: Dim) -> Dim { length.floorDivided(by: 2) + 1 }

    /// [count · parts, outputs · (1 or 2)]: (a + ib)(cos ∓ i sin), the upper sign forwards.
    private func matrix(
        _ node: inout NodeImport, from count: Dim, parts: Int, to outputs: Dim, isReal: Bool, _ length: Dim
    ) throws -> ValueID {
        let period = try node.number(length, .i64)
        let rows = try node.reshape(try node.emit(Iota(size: count)), [count, 1])
        let columns = try node.reshape(try node.emit(Iota(size: outputs)), [1, outputs])
        // Reduced as integers, so that angles are exact to the last bit.
        let steps = try node.binary(Mod.self, try node.binary(Mul.self, rows, columns), period)
        let turn = try node.binary(Mul.self, try node.cast(steps, to: .f64), 2 * Double.pi)
        let angle = try node.binary(Div.self, turn, try node.cast(period, to: .f64))
        var (cosine, sine) = (try node.unary(Cos.self, angle), try node.unary(Sin.self, angle))
        if isInverse {
            let scale = try isReal ? halfWeights(&node, rows, period) : node.unary(Reciprocal.self, try node.cast(period, to: .f64))
            (cosine, sine) = (try node.binary(Mul.self, cosine, scale), try node.binary(Mul.self, sine, scale))
        }
        let minus = try node.unary(Neg.self, sine)
        let (real, imaginary) = isInverse ? (sine, minus) : (minus, sine)
        // What a real part adds to (real, imaginary), and what an imaginary part does.
        let ofReal = isReal ? [cosine] : [cosine, real]
        let ofImaginary = isReal ? [imaginary] : [imaginary, cosine]
        let blocks = try (parts == 2 ? [ofReal, ofImaginary] : [ofReal]).map { block -> ValueID in
            let columns = try block.map { try node.reshape($0, [count, 1, outputs, 1]) }
            return try node.concat(columns, axis: 3)
        }
        return try node.reshape(try node.concat(blocks, axis: 1), [count * Dim(parts), outputs * Dim(isReal ? 1 : 2)])
    }

    /// 1/n for frequency 0 and n/2, whose mirror images they are themselves, 2/n for the others.
    private func halfWeights(_ node: inout NodeImport, _ rows: ValueID, _ period: ValueID) throws -> ValueID {
        let edge = try node.compare(Equal.self, rows, 0)
        let middle = try node.compare(Equal.self, try node.binary(Mul.self, rows, 2), period)
        let either = try node.emit(Logical<Or>(), edge, middle)
        let twos = try node.choose(either, try node.scalar(1, .f64), try node.scalar(2, .f64))
        return try node.binary(Div.self, twos, try node.cast(period, to: .f64))
    }
}
