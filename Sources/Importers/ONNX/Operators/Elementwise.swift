import IR

extension OperatorMapping {
    static let elementwise: [OperatorMapping] =
        unaries + binaries + comparisons + activations + bits + casts + [
            .one("Identity") { try $0.input(0) },
            .one("Not") { try $0.emit(Not(), try $0.input(0)) },
            .one("IsNaN") { try $0.emit(IsNaN(), try computable(&$0, try $0.input(0))) },
            .one("IsInf") { node in try isInfinite(&node) },
            .one("Where") { try $0.choose(try $0.input(0), try $0.input(1), try $0.input(2)) },
            .one("Clip") { node in try clip(&node) },
            .one("HardSigmoid") { node in
                let x = try node.input(0)
                return try hardSigmoid(&node, x, alpha: try node.float("alpha", 0.2), beta: try node.float("beta", 0.5))
            },
            .one("HardSwish") { node in
                let x = try node.input(0)
                return try node.binary(Mul.self, x, try hardSigmoid(&node, x, alpha: 1 / 6, beta: 0.5))
            },
            .one("LeakyRelu") { node in
                let x = try node.input(0)
                let scaled = try node.binary(Mul.self, x, try node.float("alpha", 0.01))
                return try node.choose(try node.compare(Less.self, x, 0), scaled, x)
            },
            .one("Gelu") { node in
                let x = try node.input(0)
                return try node.string("approximate", "none") == "tanh" ? try node.unary(GeluTanh.self, x) : try node.unary(Gelu.self, x)
            },
        ]

    private static func unary<Function: UnaryFunction>(_ name: String, _ function: Function.Type) -> OperatorMapping {
        .one(name) { try $0.unary(function, try $0.input(0)) }
    }

    private static let unaries: [OperatorMapping] = [
        unary("Acos", Acos.self), unary("Acosh", Acosh.self), unary("Asin", Asin.self), unary("Asinh", Asinh.self),
        unary("Atan", Atan.self), unary("Atanh", Atanh.self), unary("Cosh", Cosh.self), unary("Sinh", Sinh.self), unary("Tan", Tan.self),
        unary("Ceil", Ceil.self), unary("Cos", Cos.self), unary("Erf", Erf.self), unary("Exp", Exp.self),
        unary("Floor", Floor.self), unary("Log", Log.self), unary("Reciprocal", Reciprocal.self),
        unary("Round", Round.self), unary("Sigmoid", Sigmoid.self),
        unary("Sin", Sin.self), unary("Softplus", Softplus.self), unary("Sqrt", Sqrt.self), unary("Tanh", Tanh.self),
    ]

    /// Before version 7 the second operand was aligned by the attributes `broadcast` and `axis`.
    static func operands(_ node: inout NodeImport) throws -> (ValueID, ValueID) {
        let (a, b) = (try node.input(0), try node.input(1))
        guard node.version < 7, try node.flag("broadcast", false), let axis = try node.int("axis"), axis >= 0 else { return (a, b) }
        let trailing = node.rank(a) - axis - node.rank(b)
        guard trailing >= 0 else { throw NodeProblem("axis \(axis) does not fit \(node.type(a)) and \(node.type(b))") }
        return (a, try node.reshape(b, node.shape(b) + [Dim](repeating: 1, count: trailing)))
    }

    private static func binary<Function: BinaryFunction>(_ name: String, _ function: Function.Type) -> OperatorMapping {
        .one(name) { node in
            let (a, b) = try operands(&node)
            return try node.binary(function, a, b)
        }
    }

    /// Operators of any number of operands.
    private static func folded<Function: BinaryFunction>(_ name: String, _ function: Function.Type) -> OperatorMapping {
        .one(name) { node in
            let operands = try node.allInputs()
            guard var result = operands.first else { throw NodeProblem("it has no inputs") }
            for operand in operands.dropFirst() { result = try node.binary(function, result, operand) }
            return result
        }
    }

    private static let binaries: [OperatorMapping] = [
        binary("Add", Add.self), binary("Sub", Sub.self), binary("Mul", Mul.self), binary("Div", Div.self),
        folded("Max", Maximum.self), folded("Min", Minimum.self), folded("Sum", Add.self),
        .one("Mean") { node in
            let operands = try node.allInputs()
            guard var sum = operands.first else { throw NodeProblem("it has no inputs") }
            for operand in operands.dropFirst() { sum = try node.binary(Add.self, sum, operand) }
            return try node.binary(Div.self, sum, Double(operands.count))
        },
    ]

    private static func comparison<Function: ComparisonFunction>(_ name: String, _ function: Function.Type) -> OperatorMapping {
        .one(name) { node in
            let (a, b) = try operands(&node)
            return try node.compare(function, a, b)
        }
    }

    private static func logical<Function: LogicalFunction>(_ name: String, _ function: Function.Type) -> OperatorMapping {
        .one(name) { node in
            let (a, b) = try operands(&node)
            let aligned = try node.aligned([a, b])
            return try node.emit(Logical<Function>(), aligned)
        }
    }

    private static let comparisons: [OperatorMapping] = [
        comparison("Equal", Equal.self), comparison("Less", Less.self), comparison("LessOrEqual", LessEqual.self),
        comparison("Greater", Greater.self), comparison("GreaterOrEqual", GreaterEqual.self), logical("And", And.self),
        logical("Or", Or.self), logical("Xor", Xor.self),
    ]

    /// Floats of 8 bits and fewer as f32.
    static func computable(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        node.dtype(x).narrowFloat == nil ? x : try node.cast(x, to: .f32)
    }

    private static func isInfinite(_ node: inout NodeImport) throws -> ValueID {
        let x = try computable(&node, try node.input(0))
        switch (try node.flag("detect_negative", true), try node.flag("detect_positive", true)) {
        case (true, true): return try node.compare(Equal.self, try node.unary(Abs.self, x), .infinity)
        case (true, false): return try node.compare(Equal.self, x, -.infinity)
        case (false, true): return try node.compare(Equal.self, x, .infinity)
        case (false, false): return try node.emit(Fill(shape: node.shape(x), value: 0, dtype: .bool))
        }
    }

    private static func clip(_ node: inout NodeImport) throws -> ValueID {
        var x = try node.input(0)
        var (low, high) = (node.optional(1), node.optional(2))
        if node.version < 11 {
            low = try node.float("min").map { try node.scalar($0, node.dtype(x)) }
            high = try node.float("max").map { try node.scalar($0, node.dtype(x)) }
        }
        if let low { x = try node.binary(Maximum.self, x, low) }
        if let high { x = try node.binary(Minimum.self, x, high) }
        return x
    }

    static func hardSigmoid(_ node: inout NodeImport, _ x: ValueID, alpha: Double, beta: Double) throws -> ValueID {
        let line = try node.binary(Add.self, try node.binary(Mul.self, x, alpha), beta)
        return try node.binary(Minimum.self, try node.binary(Maximum.self, line, 0), 1)
    }
}
