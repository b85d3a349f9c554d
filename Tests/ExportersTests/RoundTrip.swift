import Exporters
import Formats
import IR
import Importers
import Testing

/// A function written as ONNX, read back, and run by `evaluate`.
enum RoundTrip {
    static let opsets = [17, 21, 23]

    /// The module that comes back: through bytes, as from a file.
    static func module(_ module: Module, function: String = "main", opset: Int) throws -> Module {
        let bytes = ONNXWriter.bytes(try ONNXExporter.export(module, function: function, opset: opset))
        let memory = ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) })
        return try ONNXImporter.importModel(try ONNXModel(memory, path: "memory.onnx"))
    }

    /// Whether two values are the same, floats within what summing in another order changes.
    static func same(_ a: Datum?, _ b: Datum?, _ tolerance: Double = 1e-5) -> Bool {
        switch (a, b) {
        case (.tensor(let x)?, .tensor(let y)?): same(x, y, tolerance)
        case (.sequence(let x)?, .sequence(let y)?): x.count == y.count && zip(x, y).allSatisfy { same($0, $1, tolerance) }
        case (.optional(let x)?, .optional(let y)?): x == nil && y == nil || same(x, y, tolerance)
        default: false
        }
    }

    private static func same(_ a: Tensor, _ b: Tensor, _ tolerance: Double) -> Bool {
        guard a.dtype == b.dtype, a.shape == b.shape else { return false }
        guard a.dtype.isFloat else { return a == b }
        let steps: [DType: Double] = [.f16: 2e-3, .bf16: 2e-2]
        let (x, y) = (a.doubles, b.doubles)
        let scale = x.filter(\.isFinite).map(abs).max() ?? 0
        let room = max(tolerance, steps[a.dtype] ?? 0) * max(scale, 1)
        return zip(x, y).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) || abs($0 - $1) <= room }
    }
}
