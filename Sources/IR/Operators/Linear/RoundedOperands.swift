/// Products whose two operands are rounded to bf16, while their sums stay f32: the attribute `bf16` of dense layers and products.
enum RoundedOperands {
    static let attribute = "bf16"

    static let documentation = "round x and weight to bf16 as they come; sums are f32. Default false; all is f32 then"

    static func attributes(_ isRounded: Bool) -> Attributes { isRounded ? [attribute: .bool(true)] : [:] }

    /// - Throws: ``InferenceError`` unless all operands are f32.
    static func check(_ inputs: [TensorType?]) throws {
        for case let input? in inputs where input.dtype != .f32 {
            throw InferenceError("with \(attribute) operands are f32 before they are rounded, not \(input)")
        }
    }

    /// `inputs` with the first two as `evaluate` multiplies them.
    static func values(_ inputs: [Tensor?], _ isRounded: Bool) -> [Tensor?] {
        guard isRounded else { return inputs }
        return inputs.enumerated().map { index, input in index < 2 ? input.map(rounded) : input }
    }

    private static func rounded(_ x: Tensor) -> Tensor { Tensor(Tensor(x.doubles, x.shape, as: .bf16).doubles, x.shape, as: .f32) }

    /// - Throws: ``DerivativeError`` if `isRounded`: a function of steps has no derivative.
    static func refuse(_ isRounded: Bool) throws {
        if isRounded { throw DerivativeError("rounded operands have no derivative; differentiate the module before its products are rounded") }
    }
}
