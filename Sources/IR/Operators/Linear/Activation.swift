/// Function that a fused operator applies to its sum; each is the unary operator of the same name.
package enum Activation: String, Sendable, CaseIterable {
    case none, relu, gelu, tanh, sigmoid, silu
    case geluTanh = "gelu_tanh"

    package func apply(_ x: Double) -> Double {
        switch self {
        case .none: x
        case .relu: Relu.apply(x)
        case .gelu: Gelu.apply(x)
        case .geluTanh: GeluTanh.apply(x)
        case .silu: Silu.apply(x)
        case .tanh: Tanh.apply(x)
        case .sigmoid: Sigmoid.apply(x)
        }
    }

    /// Floating point operations counted for one element.
    package var flops: Int {
        switch self {
        case .none: 0
        case .relu: Relu.flops
        case .gelu: Gelu.flops
        case .geluTanh: GeluTanh.flops
        case .silu: Silu.flops
        case .tanh: Tanh.flops
        case .sigmoid: Sigmoid.flops
        }
    }

    static let documentation = "'none' (default), 'relu', 'gelu', 'gelu_tanh', 'silu', 'tanh' or 'sigmoid'"
}
