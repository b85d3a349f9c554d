extension Module {
    /// Reads the canonical text of a module. Constants printed without data take theirs from `resolving`.
    /// - Throws: ``ParseError`` with line and column.
    package init(parsing text: String, resolving known: [String: Constant] = [:]) throws {
        var parser = Parser(lexer: try Lexer(text), known: known)
        self = try parser.module()
    }
}

/// Recursive descent over ``Lexer`` tokens. Nesting is bounded so that hostile text cannot exhaust the stack.
struct Parser {
    var lexer: Lexer
    var known: [String: Constant]
    var depth = 0
    /// What each function of the module takes and gives, so that functions may call those that follow.
    private var signatures: [String: Signature] = [:]

    init(lexer: Lexer, known: [String: Constant]) {
        self.lexer = lexer
        self.known = known
    }

    static let maximumDepth = 64
    /// Most terms a product in a dimension may have, so that short hostile text cannot blow up.
    static let maximumTerms = 256

    mutating func module() throws -> Module {
        try keyword("module")
        var module = Module(name: try symbol())
        if try accept(name: "stage") {
            try expect("(")
            let place = lexer
            let word = try name()
            guard let stage = Module.Stage(rawValue: word) else { throw place.error("'\(word)' is no stage") }
            module.stage = stage
            try expect(")")
        }
        try expect("{")
        if try accept(name: "metadata") { module.metadata = try attributes() }
        while try accept(name: "weights") { module.weightFiles.append(try weightFile()) }
        while try accept(name: "const") { module.setConstant(try constant()) }
        signatures = try headers()
        while lexer.token == .name("func") || lexer.token == .name("private") {
            let isPrivate = try accept(name: "private")
            try keyword("func")
            let place = lexer
            var graph = try function(module)
            graph.isPrivate = isPrivate
            guard module.function(graph.name) == nil else { throw place.error("function '\(graph.name)' is defined twice") }
            module.setFunction(graph)
        }
        try expect("}")
        guard lexer.token == .end else { throw lexer.error("nothing may follow the module") }
        return module
    }

    private mutating func weightFile() throws -> WeightFile {
        guard case .string(let path) = lexer.token, !path.isEmpty else {
            throw lexer.error("the path of a file, such as \"fm.safetensors\", is expected")
        }
        try lexer.advance()
        guard lexer.token == .punctuation("{") else { return WeightFile(path) }
        let place = lexer
        let fields = try attributes()
        guard case .string(let key)? = fields["state_key"], fields.count == 1 else { throw place.error("{state_key: \"…\"} is expected") }
        return WeightFile(path, stateKey: key)
    }

    private mutating func constant() throws -> Constant {
        let key = try symbol()
        try expect(":")
        let type = try tensorType()
        guard try accept("=") else {
            guard let given = known[key], given.type == type else { return Constant(key: key, type: type, bytes: nil) }
            return given
        }
        let place = lexer
        if type.dtype == .string { return try strings(key, type) }
        let values = try numberList()
        guard let shape = type.staticShape, Tensor.elementCount(shape) == values.count else {
            throw place.error("\(values.count) elements do not fill \(type)")
        }
        if let wrong = values.first(where: { !$0.fits(type.dtype) }) { throw place.error("\(wrong.text) is no \(type.dtype.rawValue)") }
        return Constant(key: key, type: type, bytes: Parser.tensor(values, shape, type.dtype).bytes)
    }

    private static func tensor(_ values: [Number], _ shape: [Int], _ dtype: DType) -> Tensor {
        if !dtype.isFloat, dtype.narrowFloat == nil { return Tensor(integers: values.map(\.int), shape, as: dtype) }
        let numbers = values.map(\.double)
        // Infinities stay what they are; f8e8m0 has none, and no 0.
        let tensor =
            dtype.narrowFloat.map { Tensor(numbers, shape, as: $0, dtype, saturating: $0 == .e8m0) } ?? Tensor(numbers, shape, as: dtype)
        guard values.contains(where: { $0.bits != nil }) else { return tensor }
        let width = dtype.byteWidth
        // Types narrower than a byte have no NaN.
        return Tensor(dtype, shape) { target in
            target.copyMemory(from: tensor.bytes.buffer)
            for (index, value) in values.enumerated() {
                guard let bits = value.bits else { continue }
                for byte in 0..<width { target[index * width + byte] = UInt8(truncatingIfNeeded: bits >> (8 * UInt64(byte))) }
            }
        }
    }

    private mutating func strings(_ key: String, _ type: TensorType) throws -> Constant {
        let place = lexer
        let values = try stringList()
        guard let shape = type.staticShape, Tensor.elementCount(shape) == values.count else {
            throw place.error("\(values.count) elements do not fill \(type)")
        }
        return Constant(key: key, Tensor(strings: values, shape))
    }

    /// Headers of the functions from here on; stays where it is.
    private func headers() throws -> [String: Signature] {
        var ahead = self
        var found: [String: Signature] = [:]
        while ahead.lexer.token == .name("func") || ahead.lexer.token == .name("private") {
            _ = try ahead.accept(name: "private")
            try ahead.keyword("func")
            let name = try ahead.symbol()
            found[name] = try ahead.header()
            try ahead.skipBlock()
        }
        return found
    }

    /// `(%x: type, …) -> (y: type, …)`
    private mutating func header() throws -> Signature {
        var inputs: [Signature.Item] = []
        try expect("(")
        try list(until: ")") { parser in
            let place = parser.lexer
            guard case .value(let name) = place.token else { throw place.error("an input such as '%x' is expected") }
            guard !inputs.contains(where: { $0.name == name }) else { throw place.error("the function has two inputs named '\(name)'") }
            try parser.lexer.advance()
            try parser.expect(":")
            inputs.append(Signature.Item(name: name, type: try parser.valueType()))
        }
        guard lexer.token == .arrow else { throw lexer.error("'->' is expected") }
        try lexer.advance()
        try expect("(")
        var outputs: [Signature.Item] = []
        try list(until: ")") { parser in
            let name = try parser.key()
            try parser.expect(":")
            outputs.append(Signature.Item(name: name, type: try parser.valueType()))
        }
        return Signature(inputs: inputs, outputs: outputs)
    }

    private mutating func skipBlock() throws {
        try expect("{")
        var open = 1
        while open > 0 {
            switch lexer.token {
            case .punctuation("{"): open += 1
            case .punctuation("}"): open -= 1
            case .end: throw lexer.error("'}' is expected")
            default: break
            }
            try lexer.advance()
        }
    }

    private mutating func function(_ module: Module) throws -> Graph {
        var graph = Graph(name: try symbol())
        var values: [String: ValueID] = [:]
        let place = lexer
        let header = try header()
        for input in header.inputs {
            do { values[input.name] = try graph.addInput(input.name, input.type) } catch { throw place.error("\(error)") }
        }
        try expect("{")
        while lexer.token != .name("return") { try node(&graph, &values, module) }
        try lexer.advance()
        try returns(&graph, values, module, header.outputs)
        try expect("}")
        return graph
    }

    private mutating func returns(
        _ graph: inout Graph, _ values: [String: ValueID], _ module: Module, _ results: [Signature.Item]
    ) throws {
        for (index, result) in results.enumerated() {
            if index > 0 { try expect(",") }
            let place = lexer
            guard let value = try operand(&graph, values, module) else { throw place.error("a result cannot be absent") }
            guard graph.valueType(of: value) == result.type else {
                throw place.error("result '\(result.name)' is declared \(result.type) but is \(graph.valueType(of: value))")
            }
            do { try graph.addOutput(result.name, value) } catch { throw place.error("\(error)") }
        }
    }

    private mutating func node(_ graph: inout Graph, _ values: inout [String: ValueID], _ module: Module) throws {
        let place = lexer
        let left = try results(values)
        let opName = try name()
        try expect("(")
        var operands: [ValueID?] = []
        try list(until: ")") { parser in operands.append(try parser.operand(&graph, values, module)) }
        let fields = lexer.token == .punctuation("{") ? try attributes() : [:]
        var sizes: [String] = []
        if try accept(name: "sizes") {
            try expect("(")
            try list(until: ")") { parser in sizes.append(try parser.key()) }
        }
        var declared: [ValueType] = []
        if !left.isEmpty {
            try expect(":")
            repeat { declared.append(try valueType()) } while try accept(",")
        }
        var hints: NodeHints = []
        while case .name(let word) = lexer.token, let hint = NodeHints.words.first(where: { $0.word == word })?.hint {
            hints.formUnion(hint)
            try lexer.advance()
        }
        var nodeName = ""
        if case .string(let text) = lexer.token { nodeName = text; try lexer.advance() }
        do {
            let signatures = signatures
            let outputs = try graph.add(
                try OperatorRegistry.make(opName, fields), operands, name: nodeName, sizes: sizes, callees: Callees { signatures[$0] })
            guard outputs.map({ graph.valueType(of: $0) }) == declared, outputs.count == left.count else {
                let inferred = outputs.map { graph.valueType(of: $0).description }.joined(separator: ", ")
                throw GraphError("results infer as \(inferred), which is not what is declared")
            }
            for (name, id) in zip(left, outputs) { values[name] = id }
            if !hints.isEmpty, let last = graph.order.last { graph.addHints(hints, to: last) }
        } catch { throw place.error("\(error)") }
    }

    /// `%0, %1 =`, or nothing for an operator without results.
    private mutating func results(_ values: [String: ValueID]) throws -> [String] {
        if case .name(let word) = lexer.token, OperatorRegistry.type(named: word) != nil { return [] }
        var left: [String] = []
        repeat {
            guard case .value(let name) = lexer.token else { throw lexer.error("'%result = operator(…)' or 'return' is expected") }
            guard values[name] == nil, !left.contains(name) else { throw lexer.error("%\(name) is defined twice") }
            left.append(name)
            try lexer.advance()
        } while try accept(",")
        try expect("=")
        return left
    }

    private mutating func operand(_ graph: inout Graph, _ values: [String: ValueID], _ module: Module) throws -> ValueID? {
        let place = lexer
        switch lexer.token {
        case .name("_"):
            try lexer.advance()
            return nil
        case .value(let name):
            try lexer.advance()
            guard let id = values[name] else { throw place.error("%\(name) is not defined above") }
            return id
        case .symbol(let key):
            try lexer.advance()
            guard let constant = module.constants[key] else { throw place.error("the module has no constant @\(key)") }
            do { return try graph.constant(key, constant.type) } catch { throw place.error("\(error)") }
        default: throw place.error("an operand is expected: %value, @constant, or _ for an absent one")
        }
    }
}
