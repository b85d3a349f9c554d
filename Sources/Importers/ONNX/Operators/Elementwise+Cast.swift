import Formats
import IR

/// Conversions of element types.
extension OperatorMapping {
    static let casts: [OperatorMapping] = [
        .one("Cast") { node in
            // Version 1 names the type.
            let named = node.version < 6 ? try node.string("to").flatMap { DType(onnxName: $0) } : nil
            guard let to = try named ?? node.dtypeAttribute("to") else { throw NodeProblem("attribute 'to' is missing or names no type") }
            return try convert(&node, try node.input(0), to: to)
        },
        .one("CastLike") { node in try convert(&node, try node.input(0), to: node.dtype(try node.input(1))) },
    ]

    /// As the node's attributes say where the target is a narrow float.
    private static func convert(_ node: inout NodeImport, _ x: ValueID, to: DType) throws -> ValueID {
        let from = node.dtype(x)
        if from == to { return x }
        if to.narrowFloat != nil {
            guard let rounding = NarrowFloat.Rounding(rawValue: try node.string("round_mode", "up")) else {
                throw NodeProblem("attribute 'round_mode' must be 'up', 'down' or 'nearest'")
            }
            return try node.emit(Cast(to: to, saturate: try node.flag("saturate", true), rounding: rounding), x)
        }
        // Numbers beyond a type of 4 or 2 bits are cut to it; what lies beyond a wider one is not defined.
        let isCut = to.isInteger && to.bits < 8 && (from.isFloat || from.narrowFloat != nil)
        return try node.cast(isCut ? try node.cast(x, to: .i32) : x, to: to)
    }
}
