import TestSupport
import Testing

@testable import IR

@Suite struct DimTests {
    private let h = Dim.symbol("h")
    private let n = Dim.symbol("n")
    private let w = Dim.symbol("w")

    @Test func simplification() {
        #expect(n + n == 2 * n)
        #expect(n - n == 0)
        #expect((h + 1) * (h - 1) == h * h - 1)
        #expect(h * n == n * h)
        #expect((16 * h).floorDivided(by: 16) == h)
        #expect((16 * h + 3).floorDivided(by: 16) == h)
        #expect((16 * h - 1).floorDivided(by: 16) == h - 1)
        #expect((16 * h + n).floorDivided(by: 16) == h + n.floorDivided(by: 16))
        #expect((6 * h * n).floorDivided(by: 2 * n) == 3 * h)
        #expect((16 * h + 5).remainder(by: 16) == 5)
        #expect((16 * h - 5).remainder(by: 16) == 11)
        #expect(n.remainder(by: 1) == 0 && n.remainder(by: n) == 0 && n.floorDivided(by: n) == 1)
        #expect((8 * n).ceilDivided(by: 4) == 2 * n)
        #expect((n + 1).ceilDivided(by: 2) == (n + 2).floorDivided(by: 2))
        #expect(Dim.maximum(n + 1, n) == n + 1 && Dim.minimum(n + 1, n) == n)
        #expect(Dim.maximum(n, h) == Dim.maximum(h, n))
        #expect(Dim.maximum(.minimum(n, 512), n) == n && Dim.minimum(n, .maximum(h, n)) == n)
        #expect(Dim.maximum(.maximum(h, n), n) == .maximum(n, h) && Dim.minimum(h, .minimum(h, n)) == .minimum(n, h))
        #expect((4 * n + 8).exactQuotient(by: 4) == n + 2 && (4 * n + 7).exactQuotient(by: 4) == nil)
        #expect((4 * n).exactQuotient(by: -2) == -2 * n)
    }

    @Test func description() {
        #expect("\(4 * h + n + 1)" == "4*h + n + 1")
        #expect("\(1 - n)" == "-n + 1")
        #expect("\(n.floorDivided(by: 2))" == "floordiv(n, 2)")
        #expect("\(n * h - 3 * w)" == "-3*w + h*n")
        #expect("\(Dim.symbol("batch size"))" == "\"batch size\"" && "\(Dim.symbol("2x"))" == "\"2x\"")
        #expect("\(Dim.symbol("max"))" == "\"max\"")
    }

    @Test func bounds() {
        #expect(n.bounds().lower == 0 && n.bounds().upper == nil)
        #expect((4 - n).bounds().upper == 4 && (4 - n).bounds().lower == nil)
        #expect((2 * n + h).bounds(["n": 1...3, "h": 2...5]) == (4, 11))
        #expect(n.remainder(by: 7).bounds() == (0, 6))
        #expect(n.floorDivided(by: 4).bounds(["n": 5...11]) == (1, 2))
        #expect(n.floorDivided(by: -4).bounds(["n": 5...11]) == (nil, nil))
        #expect(Dim.maximum(n, 3).bounds() == (3, nil) && Dim.minimum(n, 3).bounds() == (0, 3))
        #expect((n * h).bounds(["n": 2...3, "h": 4...5]) == (8, 15))
    }

    @Test func binding() throws {
        var binding: Binding = [:]
        try (16 * h).bind(to: 224, in: &binding)
        try (n + 1).bind(to: 5, in: &binding)
        try (h * n).bind(to: 56, in: &binding)
        try (w * n).bind(to: 12, in: &binding)
        #expect(binding == ["h": 14, "n": 4, "w": 3])
        #expect(throws: BindingError.self) { try (16 * h).bind(to: 225, in: &binding) }
        for (dim, size) in [(2 * Dim.symbol("x"), 3), (Dim.symbol("x") + 9, 3), (Dim.symbol("x") * Dim.symbol("y"), 4), (Dim(3), 4)] {
            #expect(throws: BindingError.self) { try dim.bind(to: size, in: &binding) }
        }
        #expect(throws: BindingError.self) { try Dim.symbol("unknown").evaluate([:]) }
        #expect(throws: BindingError.self) { try n.floorDivided(by: h).evaluate(["n": 1, "h": 0]) }
    }

    /// A random expression over h, n, w, with its value computed beside it; divisors are 1 and up.
    private func expression(_ depth: Int, _ values: Binding, _ random: inout some RandomNumberGenerator) -> (Dim, Int) {
        if depth == 0 || Int.random(in: 0..<6, using: &random) == 0 {
            if Bool.random(using: &random) {
                let name = ["h", "n", "w"].randomElement(using: &random) ?? "n"
                return (.symbol(name), values[name] ?? 0)
            }
            let value = Int.random(in: -9...9, using: &random)
            return (Dim(value), value)
        }
        let (a, x) = expression(depth - 1, values, &random)
        let (b, y) = expression(depth - 1, values, &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return (a + b, x + y)
        case 1: return (a - b, x - y)
        case 2: return (a * b, x * y)
        case 3:
            let d = Int.random(in: 1...6, using: &random)
            return (a.floorDivided(by: Dim(d)), floorDivide(x, d))
        case 4:
            let d = Int.random(in: 1...6, using: &random)
            return (a.remainder(by: Dim(d)), x - d * floorDivide(x, d))
        case 5: return (.maximum(a, b), max(x, y))
        case 6: return (.minimum(a, b), min(x, y))
        default: return y == 0 ? (a, x) : (a.floorDivided(by: b), floorDivide(x, y))
        }
    }

    @Test func randomExpressions() throws {
        var random = SeededRandom(seed: 42)
        for round in 0..<1500 {
            let values = ["h": Int.random(in: 0...9, using: &random), "n": Int.random(in: 1...5, using: &random), "w": round % 7]
            let (dim, value) = expression(Int.random(in: 1...4, using: &random), values, &random)
            #expect((try? dim.evaluate(values)) == value, "\(dim) under \(values)")
            #expect(dim.substituting(values.mapValues { Dim($0) }).value == value, "\(dim) under \(values)")
            let bounds = dim.bounds(["h": 0...9, "n": 1...5, "w": 0...6])
            #expect((bounds.lower ?? .min) <= value && value <= (bounds.upper ?? .max), "bounds \(bounds) of \(dim) = \(value)")
            let type = TensorType(.f32, [dim])
            let text = "module @m stage(imported) {\n  metadata {d: <\(dim)>}\n}\n"
            #expect(try Module(parsing: text).metadata["d"] == .dim(dim), "\(dim)")
            #expect(type.description == "f32[\(dim)]")
        }
    }

    @Test func arithmeticLaws() {
        var random = SeededRandom(seed: 7)
        let values = ["h": 3, "n": 2, "w": 5]
        for _ in 0..<300 {
            let a = expression(2, values, &random).0, b = expression(2, values, &random).0, c = expression(2, values, &random).0
            #expect(a + b == b + a)
            #expect(a * b == b * a)
            #expect((a + b) + c == a + (b + c))
            #expect(a * (b + c) == a * b + a * c)
            #expect(a - a == 0)
            #expect(a + b - b == a)
        }
    }

    /// Extreme numbers saturate; nothing traps.
    @Test func overflowNeverTraps() {
        let extremes = [Int.min, Int.min + 1, -1, 0, 3, Int.max]
        for x in extremes {
            for y in extremes {
                let dims = [Dim(x), Dim(x) * n, Dim(x) * n + Dim(y), n + Dim(x), (n + Dim(x)).floorDivided(by: Dim(y))]
                for a in dims {
                    for b in dims {
                        for c in [a + b, a - b, a * b, a.floorDivided(by: b), a.remainder(by: b), .maximum(a, b), a.ceilDivided(by: b)] {
                            _ = (c.bounds(), c.bounds(["n": 0...Int.max]), c.description, a.exactQuotient(by: b))
                            _ = try? c.evaluate(["n": y])
                            var binding: Binding = [:]
                            try? c.bind(to: x, in: &binding)
                        }
                    }
                }
                #expect(floorRemainder(x, y) == 0 || (floorRemainder(x, y) < 0) == (y < 0))
            }
        }
    }
}
