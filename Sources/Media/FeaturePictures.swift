extension Pictures {
    /// The three strongest principal components of a feature map as red, green and blue, all three scaled by their common minimum and
    /// maximum; signs are such that the largest loading of a component is positive. A constant map is grey.
    ///
    /// Source: `pca_visualize` in `fourm/utils/plotting_utils.py`.
    /// - Parameter values: `[channels][height][width]`
    /// - Throws: ``MediaError`` when the number of values is no multiple of width * height.
    package static func principalComponents(_ values: [Float], width: Int, height: Int) throws -> ByteImage {
        let places = try rasterCount(width: width, height: height, channels: 1)
        guard places <= 1 << 13, !values.isEmpty, values.count % places == 0 else {
            throw MediaError(
                .argument, "\(values.count) values given for features of \(height) x \(width) places",
                remedy: "pass channels * height * width values of at most \(1 << 13) places")
        }
        let analysis = PrincipalComponents(values.map { $0.isFinite ? $0 : 0 }, places: places)
        let scores = analysis.scores(3)
        let all = scores.flatMap { $0 }
        let (low, high) = (all.min() ?? 0, all.max() ?? 0)
        let samples = (0..<places).flatMap { place in
            scores.map { high > low ? byte(fromUnit: ($0[place] - low) / (high - low)) : 128 }
        }
        return try ByteImage(width: width, height: height, channels: 3, samples: samples)
    }

    /// A vector as a grid of cells, row by row, in the turbo colour map from its minimum to its maximum; as square as its length lets it be.
    /// - Throws: ``MediaError`` when it is empty.
    package static func vector(_ values: [Float]) throws -> ByteImage {
        let count = values.count
        let rows = stride(from: Int(Double(max(count, 1)).squareRoot()), to: 1, by: -1).first { count % $0 == 0 } ?? 1
        return try depth(values, width: max(count / rows, 1), height: rows)
    }
}

/// Principal components of `places` vectors by way of their Gram matrix, `[places][places]`.
private struct PrincipalComponents {
    let places: Int
    let channels: Int
    /// `[channels][places]`, each channel's mean taken away.
    private var centered: [Double]
    private var gram: [Double]

    init(_ values: [Float], places: Int) {
        self.places = places
        channels = values.count / places
        centered = values.map { Double($0) }
        gram = [Double](repeating: 0, count: places * places)
        for channel in 0..<channels {
            let start = channel * places
            let mean = centered[start..<start + places].reduce(0, +) / Double(places)
            for place in 0..<places { centered[start + place] -= mean }
        }
        let (count, height) = (places, channels)
        centered.withUnsafeBufferPointer { x in
            gram.withUnsafeMutableBufferPointer { g in
                for channel in 0..<height {
                    for a in 0..<count {
                        let value = x[channel * count + a]
                        for b in a..<count { g[a * count + b] += value * x[channel * count + b] }
                    }
                }
                for a in 0..<count { for b in 0..<a { g[a * count + b] = g[b * count + a] } }
            }
        }
    }

    /// Scores of the `count` strongest components, `[count][places]`, by orthogonal iteration from a fixed start.
    func scores(_ count: Int) -> [[Double]] {
        var basis = (0..<count + 2).map { column in (0..<places).map { ($0 * 7919 + column * 104_729) % 1013 < 506 ? 1.0 : -0.5 } }
        var before = [Double](repeating: 0, count: basis.count)
        for _ in 0..<200 {
            basis = basis.map { multiplied($0) }
            let lengths = orthonormalize(&basis)
            let change = zip(lengths, before).prefix(count).map { abs($0 - $1) / max($0, 1e-300) }.max() ?? 0
            before = lengths
            if change < 1e-10 { break }
        }
        return zip(basis, before).prefix(count).map { vector, value in
            let scale = value.squareRoot() * sign(vector)
            return vector.map { $0 * scale }
        }
    }

    private func multiplied(_ vector: [Double]) -> [Double] {
        gram.withUnsafeBufferPointer { g in
            vector.withUnsafeBufferPointer { v in
                (0..<places).map { row in
                    var sum = 0.0
                    for column in 0..<places { sum += g[row * places + column] * v[column] }
                    return sum
                }
            }
        }
    }

    /// Gram-Schmidt; the lengths that the vectors had. A vector without length becomes zero.
    private func orthonormalize(_ basis: inout [[Double]]) -> [Double] {
        var lengths: [Double] = []
        for index in basis.indices {
            for earlier in 0..<index {
                let dot = zip(basis[index], basis[earlier]).reduce(0) { $0 + $1.0 * $1.1 }
                for place in 0..<places { basis[index][place] -= dot * basis[earlier][place] }
            }
            let length = basis[index].reduce(0) { $0 + $1 * $1 }.squareRoot()
            lengths.append(length)
            basis[index] = basis[index].map { length > 1e-200 ? $0 / length : 0 }
        }
        return lengths
    }

    /// 1 or -1, the sign of the largest loading (of channels).
    private func sign(_ vector: [Double]) -> Double {
        var largest = 0.0
        for channel in 0..<channels {
            var loading = 0.0
            for place in 0..<places { loading += centered[channel * places + place] * vector[place] }
            if abs(loading) > abs(largest) { largest = loading }
        }
        return largest < 0 ? -1 : 1
    }
}
