/// Canny's edge detector (A Computational Approach to Edge Detection, 1986) as OpenCV computes it: 3 × 3 Sobel gradients with replicated
/// borders, |dx| + |dy| as their magnitude, thinning along the gradient's direction in eighths of a turn, hysteresis over 8 neighbours.
package struct CannyDetector: Sendable, Equatable {
    /// Magnitudes above `high` are edges, those above `low` that touch an edge as well.
    package var low: Int
    package var high: Int

    package init(low: Int = 100, high: Int = 200) { (self.low, self.high) = (min(low, high), max(low, high)) }

    /// White edges on black, one channel.
    package func edges(of picture: ByteImage) -> ByteImage {
        let gray = picture.gray
        let (width, height) = (gray.width, gray.height)
        let gradients = Gradients(gray)
        var marks = [UInt8](repeating: 0, count: width * height)
        var open: [Int] = []
        for y in 0..<height {
            for x in 0..<width where gradients.magnitude(x, y) > low && gradients.isCrest(x, y) {
                let isStrong = gradients.magnitude(x, y) > high
                marks[y * width + x] = isStrong ? 255 : 1
                if isStrong { open.append(y * width + x) }
            }
        }
        while let at = open.popLast() {
            let (x, y) = (at % width, at / width)
            for ny in max(y - 1, 0)...min(y + 1, height - 1) {
                for nx in max(x - 1, 0)...min(x + 1, width - 1) where marks[ny * width + nx] == 1 {
                    marks[ny * width + nx] = 255
                    open.append(ny * width + nx)
                }
            }
        }
        return ByteImage(unchecked: marks.map { $0 == 255 ? 255 : 0 }, width: width, height: height, channels: 1)
    }
}

private struct Gradients {
    let width: Int
    let height: Int
    private var dx: [Int]
    private var dy: [Int]

    /// tan 22.5° with 15 fractional bits.
    private static let tangent = 13573

    init(_ gray: ByteImage) {
        (width, height) = (gray.width, gray.height)
        dx = [Int](repeating: 0, count: width * height)
        dy = dx
        for y in 0..<height {
            let (up, down) = (max(y - 1, 0), min(y + 1, height - 1))
            for x in 0..<width {
                let (left, right) = (max(x - 1, 0), min(x + 1, width - 1))
                func at(_ x: Int, _ y: Int) -> Int { Int(gray.samples[y * width + x]) }
                dx[y * width + x] = at(right, up) + 2 * at(right, y) + at(right, down) - at(left, up) - 2 * at(left, y) - at(left, down)
                dy[y * width + x] = at(left, down) + 2 * at(x, down) + at(right, down) - at(left, up) - 2 * at(x, up) - at(right, up)
            }
        }
    }

    /// 0 outside the picture.
    func magnitude(_ x: Int, _ y: Int) -> Int {
        guard x >= 0, y >= 0, x < width, y < height else { return 0 }
        return abs(dx[y * width + x]) + abs(dy[y * width + x])
    }

    /// Whether the magnitude is the largest across the edge; of two equal ones the first.
    func isCrest(_ x: Int, _ y: Int) -> Bool {
        let (gx, gy, m) = (dx[y * width + x], dy[y * width + x], magnitude(x, y))
        let (run, rise) = (abs(gx) * Gradients.tangent, abs(gy) << 15)
        if rise < run { return m > magnitude(x - 1, y) && m >= magnitude(x + 1, y) }
        if rise > run + (abs(gx) << 16) { return m > magnitude(x, y - 1) && m >= magnitude(x, y + 1) }
        let step = (gx ^ gy) < 0 ? -1 : 1
        return m > magnitude(x - step, y - 1) && m > magnitude(x + step, y + 1)
    }
}
