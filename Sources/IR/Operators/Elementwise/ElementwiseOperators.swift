extension OperatorRegistry {
    /// Functions of the elements at one position.
    static let elementwise: [any Operator.Type] = [
        Unary<Neg>.self, Unary<Abs>.self, Unary<Exp>.self, Unary<Log>.self, Unary<Sqrt>.self, Unary<Rsqrt>.self,
        Unary<Reciprocal>.self, Unary<Tanh>.self, Unary<Erf>.self, Unary<Sigmoid>.self, Unary<Silu>.self, Unary<Gelu>.self,
        Unary<GeluTanh>.self, Unary<Relu>.self, Unary<Sin>.self, Unary<Cos>.self, Unary<Floor>.self, Unary<Ceil>.self,
        Unary<Round>.self, Unary<Square>.self, Unary<Sign>.self, Unary<Softplus>.self, Unary<Tan>.self, Unary<Asin>.self, Unary<Acos>.self,
        Unary<Atan>.self, Unary<Sinh>.self, Unary<Cosh>.self, Unary<Asinh>.self, Unary<Acosh>.self, Unary<Atanh>.self,
        IsNaN.self, Not.self, Cast.self, BitCast.self,
        Binary<Add>.self, Binary<Sub>.self, Binary<Mul>.self, Binary<Div>.self, Binary<Minimum>.self, Binary<Maximum>.self,
        Binary<Pow>.self, Binary<Mod>.self, Binary<Rem>.self, Comparison<Equal>.self, Comparison<NotEqual>.self, Comparison<Less>.self,
        Comparison<LessEqual>.self, Comparison<Greater>.self, Comparison<GreaterEqual>.self, Logical<And>.self,
        Logical<Or>.self, Logical<Xor>.self, Where.self, Shift<ShiftLeft>.self, Shift<ShiftRight>.self,
    ]
}
