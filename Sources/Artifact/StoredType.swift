import Formats
import IR

/// How a constant lies in a safetensors file: packed types, narrow floats and texts as bytes.
struct StoredType {
    private let type: TensorType

    init(_ type: TensorType) { self.type = type }

    /// - Parameter bytes: how many there are.
    func type(bytes: Int) -> TensorType {
        type.dtype.safeTensorsName != nil ? TensorType(type.dtype, type.shape) : TensorType(.u8, [Dim(bytes)])
    }
}
