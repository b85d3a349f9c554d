import IR

/// What operators of attention share: heads, and the bodies of loops.
extension NodeImport {
    /// - Throws: ``NodeProblem`` unless each of `values` that is there has `rank` dimensions.
    func require(_ values: [ValueID?], rank: Int, _ what: String) throws { try require(values, rank: rank...rank, what) }

    func require(_ values: [ValueID?], rank: ClosedRange<Int>, _ what: String) throws {
        for value in values {
            guard let value, !rank.contains(self.rank(value)) else { continue }
            let wanted = rank.count > 1 ? "\(rank.lowerBound) to \(rank.upperBound)" : "\(rank.lowerBound)"
            throw NodeProblem("\(what) must have \(wanted) dimensions, not \(type(value))")
        }
    }

    /// A size divided by a number that it is a multiple of.
    func part(_ size: Dim, of count: Int, _ what: String) throws -> Dim {
        guard count > 0 else { throw NodeProblem("\(what): \(count) heads") }
        if let value = size.value, value % count != 0 { throw NodeProblem("\(what): \(value) channels are no multiple of \(count) heads") }
        return size.exactQuotient(by: Dim(count)) ?? size.floorDivided(by: Dim(count))
    }

    /// `[b, n, count · d]` as `[b, count, n, d]`.
    mutating func splitHeads(_ x: ValueID, _ count: Int, _ what: String) throws -> ValueID {
        let shape = shape(x)
        guard shape.count == 3 else { throw NodeProblem("\(what) must have 3 dimensions, not \(shape.count)") }
        let depth = try part(shape[2], of: count, what)
        return try transpose(try reshape(x, [shape[0], shape[1], Dim(count), depth]), [0, 2, 1, 3])
    }

    /// `[b, h, n, d]` as `[b, n, h · d]`.
    mutating func mergeHeads(_ x: ValueID) throws -> ValueID {
        let shape = shape(x)
        return try reshape(try transpose(x, [0, 2, 1, 3]), [shape[0], shape[2], shape[1] * shape[3]])
    }

    /// Heads `[b, h, m, d]` each repeated, so that there are `count`: h0, h0, h1, h1, ….
    mutating func repeatHeads(_ x: ValueID, to count: Dim, _ what: String) throws -> ValueID {
        let shape = shape(x)
        if shape[1] == count { return x }
        guard let wanted = count.value, let own = shape[1].value, own > 0, wanted % own == 0 else {
            throw NodeProblem("\(what) has \(shape[1]) heads, of which \(count) is no multiple")
        }
        let grouped = try expand(try unsqueeze(x, 2), [shape[0], shape[1], Dim(wanted / own), shape[2], shape[3]])
        return try reshape(grouped, [shape[0], count, shape[2], shape[3]])
    }

    /// A range of positions 0, 1, … along dimension `axis` of `rank`, i64.
    mutating func positions(_ size: Dim, axis: Int, of rank: Int) throws -> ValueID {
        var sizes = [Dim](repeating: 1, count: rank)
        sizes[axis] = size
        return try reshape(try emit(Iota(size: size)), sizes)
    }

    /// A size as an i64 without dimensions.
    mutating func number(_ size: Dim) throws -> ValueID {
        if let value = size.value { return try scalar(value) }
        return try reshape(try vector([size]), [])
    }

    /// Both conditions; nil is true.
    mutating func both(_ a: ValueID?, _ b: ValueID?) throws -> ValueID? {
        guard let a, let b else { return a ?? b }
        let operands = try aligned([a, b])
        return try emit(Logical<And>(), operands)
    }

    /// Writes a private function as the body of a loop, whose inputs are like `values` and, behind them, what `write` captures.
    /// - Returns: its name, and the values outside that it captures.
    mutating func body(
        _ values: [TensorType], _ write: (inout NodeImport, [ValueID]) throws -> [ValueID]
    ) throws -> (name: String, captures: [ValueID]) {
        let inner = ONNXScope(scope.builder, name: scope.builder.functionName(like: source.title), opsets: scope.opsets, parent: scope)
        let inputs = try values.enumerated().map { index, type in
            try inner.graph.addInput("x\(index)", inner.localType(of: .tensor(type)))
        }
        var node = NodeImport(source: source, version: version, place: place, inputs: [], scope: inner)
        for (index, output) in try write(&node, inputs).enumerated() { try inner.graph.addOutput("y\(index)", output) }
        inner.sources.nodes = Dictionary(inner.graph.order.map { ($0, place) }, uniquingKeysWith: { first, _ in first })
        scope.builder.keep(inner)
        return (inner.graph.name, inner.captures)
    }

    /// In a body: a value of the function around.
    func captured(_ value: ValueID, _ name: String) throws -> ValueID {
        guard let parent = scope.parent else { return value }
        return try scope.capture(value, of: parent, name)
    }
}
