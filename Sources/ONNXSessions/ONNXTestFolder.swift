import Files
import Formats
import Foundation
import IR
import Importers

/// A folder of the ONNX backend tests: `model.onnx`, and `test_data_set_N` with `input_K.pb` and `output_K.pb`.
package struct ONNXTestFolder {
    package let path: String

    package struct Result: Sendable {
        package enum Verdict: String, Sendable { case pass = "PASS", fail = "FAIL", unsupported = "UNSUPPORTED" }

        package let verdict: Verdict
        package let reason: String
    }

    /// Whether `path` looks like one.
    package static func isOne(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path + "/model.onnx") }

    package init(_ path: String) { self.path = path }

    /// Runs every data set in one session.
    /// - Parameter outputs: a folder to write results to, as `NAME/test_data_set_N/output_K.pb`.
    package func run(outputs: String? = nil) -> Result {
        do {
            let tolerance = try ONNXTolerance(besides: path)
            let session = ONNXSession(try ONNXModel(path: path + "/model.onnx"))
            for set in try dataSets() {
                let results = try run(set, session)
                if let outputs { try write(results, session, set, to: outputs) }
                if let problem = try compare(results, session, set, tolerance) { return Result(verdict: .fail, reason: problem) }
            }
            return Result(verdict: .pass, reason: "")
        } catch let error as ONNXImportError where error.meansUnsupported {
            return Result(verdict: .unsupported, reason: ONNXTestFolder.line(error))
        } catch {
            return Result(verdict: .fail, reason: ONNXTestFolder.line(error))
        }
    }

    private static func line(_ error: any Error) -> String {
        "\(error)".split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " | ")
    }

    private func dataSets() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix("test_data_set_") }
        return names.sorted { ($0.count, $0) < ($1.count, $1) }
    }

    private func run(_ set: String, _ session: ONNXSession) throws -> [Datum] {
        var given: [String: Datum] = [:]
        for (index, input) in session.inputs.enumerated() {
            let file = "\(path)/\(set)/input_\(index).pb"
            guard FileManager.default.fileExists(atPath: file) else { continue }
            given[input.name] = try ONNXValueFile.read(file, as: input.type ?? .unknown)
        }
        return try session.run(given)
    }

    private func write(_ results: [Datum], _ session: ONNXSession, _ set: String, to outputs: String) throws {
        let name = URL(fileURLWithPath: path).lastPathComponent
        let folder = "\(outputs)/\(name)/\(set)"
        try Folders.make(folder)
        for (index, value) in results.enumerated() {
            try OutputFile.write(Array(ONNXValueFile.bytes(value, named: session.outputs[index].name)), to: "\(folder)/output_\(index).pb")
        }
    }

    /// What differs, or nil.
    private func compare(_ results: [Datum], _ session: ONNXSession, _ set: String, _ tolerance: ONNXTolerance) throws -> String? {
        for (index, output) in session.outputs.enumerated() {
            let file = "\(path)/\(set)/output_\(index).pb"
            guard FileManager.default.fileExists(atPath: file) else { continue }
            let reference = try ONNXValueFile.read(file, as: output.type ?? .unknown)
            if let problem = tolerance.difference(results[index], reference) {
                return "\(set) output \(index) '\(output.name)': \(problem)"
            }
        }
        return nil
    }
}

extension ONNXImportError {
    /// Whether the reason is what is not supported, rather than a fault of file or inputs.
    package var meansUnsupported: Bool {
        switch self {
        case .unsupported, .needsValues, .needsTypes: true
        case .node, .model: false
        }
    }
}

/// How close results must be: `tolerance.json` of a test folder.
struct ONNXTolerance {
    var relative = 1e-3
    var absolute = 1e-7
    var relativeNorm: Double?
    var shapeOnly = false

    init(besides folder: String) throws {
        let path = folder + "/tolerance.json"
        guard FileManager.default.fileExists(atPath: path) else { return }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        guard let fields = try JSONSerialization.jsonObject(with: data) as? [String: Any] else { return }
        if let value = fields["rtol"] as? Double { relative = value }
        if let value = fields["atol"] as? Double { absolute = value }
        relativeNorm = fields["rel_l2"] as? Double
        shapeOnly = fields["shape_only"] as? Bool ?? false
    }

    /// How `found` differs from `reference`; nil if it does not.
    func difference(_ found: Datum, _ reference: Datum) -> String? {
        switch (found, reference) {
        case (.tensor(let a), .tensor(let b)): return difference(a, b)
        case (.sequence(let a), .sequence(let b)):
            guard a.count == b.count else { return "\(a.count) items, not \(b.count)" }
            for (index, pair) in zip(a, b).enumerated() {
                if let problem = difference(pair.0, pair.1) { return "item \(index): \(problem)" }
            }
            return nil
        case (.optional(let a), .optional(let b)):
            switch (a, b) {
            case (nil, nil): return nil
            case (let a?, let b?): return difference(a, b)
            default: return a == nil ? "nothing, where a value is expected" : "a value, where nothing is expected"
            }
        default: return "\(found.kind), not \(reference.kind)"
        }
    }

    private func difference(_ a: Tensor, _ b: Tensor) -> String? {
        guard a.dtype == b.dtype, a.shape == b.shape else { return "\(a.type), not \(b.type)" }
        if shapeOnly { return nil }
        if a.dtype == .string {
            let wrong = zip(a.strings, b.strings).first { $0 != $1 }
            return wrong.map { "'\($0)', not '\($1)'" }
        }
        let relative = a.dtype == .bf16 ? max(relative, 0x1p-6) : relative
        let (x, y) = (a.doubles, b.doubles)
        var (worst, place) = (0.0, -1)
        for index in x.indices {
            let (p, q) = (x[index], y[index])
            if p == q || (p.isNaN && q.isNaN) { continue }
            let excess = p.isFinite && q.isFinite ? abs(p - q) - (absolute + relative * abs(q)) : .infinity
            if excess > 0, excess > worst || place < 0 { (worst, place) = (excess, index) }
        }
        if place < 0 { return nil }
        if a.dtype.isFloat, let relativeNorm, ONNXTolerance.relativeDistance(x, y) <= relativeNorm { return nil }
        return "\(x[place]) at \(place), not \(y[place])"
    }

    private static func relativeDistance(_ x: [Double], _ y: [Double]) -> Double {
        let distance = zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        let norm = y.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? distance / norm : distance
    }
}
