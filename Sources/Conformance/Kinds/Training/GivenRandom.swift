import Foundation
import FourMTraining

/// Random numbers that a case lists, in the order in which the reference drew them.
struct GivenRandom: MaskingRandom {
    private var vectors: [[Float]] = []
    private var probabilities: [Double] = []
    private var choices: [Double] = []
    private var indices: [[Int]] = []
    private var shares: [[Float]] = []

    /// - Parameter json: `torch_rand`, `uniform`, `choice`, `randint`, each a list; those that nothing was drawn from may lack.
    init(_ json: Parameters) {
        vectors = GivenRandom.floats(json["torch_rand"])
        probabilities = json["uniform"] as? [Double] ?? []
        choices = json["choice"] as? [Double] ?? []
        indices = json["randint"] as? [[Int]] ?? []
    }

    init(vector: [Float]) { vectors = [vector] }

    init(shares: [[Float]]) { self.shares = shares }

    static func floats(_ json: Any?) -> [[Float]] { (json as? [[NSNumber]] ?? []).map { $0.map(\.floatValue) } }

    /// Numbers that were not asked for.
    var rest: Int { vectors.count + probabilities.count + choices.count + indices.count + shares.count }

    mutating func uniforms(_ count: Int) throws -> [Float] {
        let vector = try GivenRandom.taken(&vectors, "vectors of uniform numbers")
        guard vector.count == count else { throw ConformanceError("asks for \(count) uniform numbers, the reference for \(vector.count)") }
        return vector
    }

    mutating func keepProbability() throws -> Double { try GivenRandom.taken(&probabilities, "keep probabilities") }

    mutating func keepsAll() throws -> Bool { try GivenRandom.taken(&choices, "choices") == 1 }

    mutating func index(below count: Int) throws -> Int {
        let pair = try GivenRandom.taken(&indices, "indices")
        guard pair.count == 2, pair[0] == count, (0..<count).contains(pair[1]) else {
            throw ConformanceError("draws one of \(count), the reference one of \(pair.first ?? 0)")
        }
        return pair[1]
    }

    mutating func shares(_ shapes: [Double]) throws -> [Float] {
        let drawn = try GivenRandom.taken(&shares, "draws of shares")
        guard drawn.count == shapes.count else {
            throw ConformanceError("asks for \(shapes.count) shares, the reference for \(drawn.count)")
        }
        return drawn
    }

    private static func taken<Value>(_ values: inout [Value], _ what: String) throws -> Value {
        guard !values.isEmpty else { throw ConformanceError("asks for more \(what) than the reference") }
        return values.removeFirst()
    }
}
