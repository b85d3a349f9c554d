// Written by Scripts/onnx-schemas.py.

extension ONNXOperatorSchema {
    /// All parts of the table.
    static let facts = [facts1, facts2, facts3]
}
