import Formats
import Foundation
import IR
import Inspect

/// Samples as rows of named arrays: those of a `.npz`, `.npy` or `.safetensors` file, or of a folder of such. The first dimension counts samples.
struct RowData: Sendable {
    /// As the user gave it.
    let path: String
    let arrays: [String: Tensor]
    /// Samples.
    let count: Int

    /// - Parameter wanted: names of the inputs; arrays of other names are passed over.
    /// - Throws: ``WorkError`` for arrays that are missing or differ in their first dimension; as `TensorFolder.read`.
    init(_ path: String, wanted: [Signature.Item], note: (String) -> Void) throws {
        let all = try TensorFolder.read(path)
        let missing = wanted.map(\.name).filter { all[$0] == nil }
        guard missing.isEmpty else {
            let have = all.isEmpty ? "no arrays" : all.keys.sorted().joined(separator: ", ")
            throw WorkError(
                "\(path) lacks \(missing.joined(separator: ", ")); it holds \(have), and the training reads:\n\(InputFitting.list(wanted))",
                .content)
        }
        for name in all.keys.sorted() where !wanted.contains(where: { $0.name == name }) { note("'\(name)' of \(path) is not used") }
        let arrays = all.filter { entry in wanted.contains { $0.name == entry.key } }
        let counts = arrays.mapValues { $0.shape.first ?? 0 }
        guard let first = counts.min(by: { $0.key < $1.key }), first.value > 0 else {
            throw WorkError("\(path) holds no samples: the first dimension of each array counts them", .content)
        }
        if let other = counts.sorted(by: { $0.key < $1.key }).first(where: { $0.value != first.value }) {
            throw WorkError(
                "\(path): '\(first.key)' has \(first.value) rows and '\(other.key)' \(other.value); the first dimension of each array "
                    + "counts samples", .content)
        }
        (self.path, self.arrays, count) = (path, arrays, first.value)
    }

    /// Samples `rows`, in their order.
    func batch(_ rows: [Int]) -> [String: Tensor] { arrays.mapValues { RowData.picked($0, rows) } }

    private static func picked(_ tensor: Tensor, _ rows: [Int]) -> Tensor {
        let width = tensor.bytes.count / max(tensor.shape[0], 1)
        return Tensor(tensor.dtype, [rows.count] + tensor.shape.dropFirst()) { target in
            withExtendedLifetime(tensor) {
                let source = tensor.bytes.buffer
                for (index, row) in rows.enumerated() where width > 0 {
                    UnsafeMutableRawBufferPointer(rebasing: target[index * width..<(index + 1) * width])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[row * width..<(row + 1) * width]))
                }
            }
        }
    }
}

extension RowData {
    private init(path: String, arrays: [String: Tensor], count: Int) { (self.path, self.arrays, self.count) = (path, arrays, count) }

    /// The arrays in the element types of `inputs`: integers of any width where i64 is wanted, floats of any width where floats are.
    /// - Throws: ``WorkError`` for an array of another type or shape than its input.
    func converted(to inputs: [Signature.Item], note: (String) -> Void) throws -> RowData {
        let made = try inputs.reduce(into: arrays) { made, input in
            guard let tensor = made[input.name], let type = input.type.tensor else { return }
            let dtype = type.dtype
            let fits =
                tensor.shape.count == type.rank
                && zip(type.shape, tensor.shape).dropFirst().allSatisfy { $0.value == nil || $0.value == $1 }
            guard fits else {
                throw WorkError("\(path): '\(input.name)' is \(tensor.type), and the training reads \(input.type)", .content)
            }
            if tensor.dtype == dtype { return }
            let widens = dtype == .i64 && tensor.dtype.isInteger && tensor.dtype != .u64
            guard widens || dtype.isFloat && (tensor.dtype.isFloat || tensor.dtype.isInteger || tensor.dtype == .bool) else {
                throw WorkError("\(path): '\(input.name)' is \(tensor.dtype.rawValue), and the training reads \(dtype.rawValue)", .content)
            }
            made[input.name] =
                widens ? Tensor(integers: tensor.integers, tensor.shape, as: .i64) : Tensor(tensor.doubles, tensor.shape, as: dtype)
            note("'\(input.name)' of \(path) was converted from \(tensor.dtype.rawValue) to \(dtype.rawValue)")
        }
        return RowData(path: path, arrays: made, count: count)
    }
}
