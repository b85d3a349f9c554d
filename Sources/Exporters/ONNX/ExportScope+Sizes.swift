import Formats
import IR

/// Where a size can be read when the model runs.
enum SizeSource {
    /// Dimension `axis` of a value is `factor · size + offset`.
    case dimension(String, axis: Int, factor: Int, offset: Int)
    /// Element `index` of an i64 vector of `count` is it.
    case element(String, index: Int, count: Int)
}

extension ExportScope {
    /// Remembers which inputs show the sizes that symbols stand for; plain ones before those that must be computed back.
    func noteInputSizes() {
        for isPlain in [true, false] {
            for value in graph.inputs { noteSizes(of: value, isPlain: isPlain, graph.valueType(of: value).symbols) }
        }
    }

    /// Remembers where sizes that `node` decides can be read.
    func noteSizes(of node: Node) {
        guard !node.sizes.isEmpty else { return }
        if node.op is Sizes, let x = node.inputs.first ?? nil, let name = try? name(of: x) {
            for (index, size) in node.sizes.enumerated() { sources[size] = .element(name, index: index, count: node.sizes.count) }
            return
        }
        for isPlain in [true, false] { for value in node.outputs { noteSizes(of: value, isPlain: isPlain, Set(node.sizes)) } }
    }

    private func noteSizes(of value: ValueID, isPlain: Bool, _ symbols: Set<String>) {
        guard let type = graph.valueType(of: value).tensor, let name = try? name(of: value) else { return }
        for (axis, dim) in type.shape.enumerated() {
            guard let (factor, symbol) = dim.linear, symbols.contains(symbol), sources[symbol] == nil, factor > 0 else { continue }
            guard !isPlain || dim.soleSymbol != nil else { continue }
            sources[symbol] = .dimension(name, axis: axis, factor: factor, offset: dim.constant)
        }
    }

    /// An i64[1] that holds `dim`.
    func size(_ dim: Dim) throws -> String {
        if let value = dim.value { return number(value) }
        if let known = computed[dim] { return known }
        let name = try dim.soleSymbol.map(size(ofSymbol:)) ?? polynomial(dim)
        computed[dim] = name
        return name
    }

    /// An i64[n] that holds `dims`.
    func sizes(_ dims: [Dim]) throws -> String {
        let values = dims.compactMap(\.value)
        if values.count == dims.count { return model.constant(Tensor(integers: values, [dims.count]), "shape") }
        if let vector = vector(of: dims) { return vector }
        var parts: [String] = []
        var run: [Int] = []
        func close() {
            if !run.isEmpty { parts.append(model.constant(Tensor(integers: run, [run.count]), "shape")) }
            run = []
        }
        for dim in dims {
            if let value = dim.value { run.append(value); continue }
            close()
            parts.append(try size(dim))
        }
        close()
        return parts.count == 1 ? parts[0] : step("Concat", parts, [.int("axis", 0)])
    }

    /// The vector whose elements `dims` are, all of them in order.
    private func vector(of dims: [Dim]) -> String? {
        var found: String?
        for (place, dim) in dims.enumerated() {
            guard case .element(let vector, place, dims.count)? = dim.soleSymbol.flatMap({ sources[$0] }), found ?? vector == vector else {
                return nil
            }
            found = vector
        }
        return found
    }

    /// An i64[] that holds `dim`.
    func scalarSize(_ dim: Dim) throws -> String {
        if let value = dim.value { return model.constant(Tensor(integers: [value], []), "number") }
        return step("Squeeze", [try size(dim), number(0)])
    }

    private func number(_ value: Int) -> String { model.constant(Tensor(integers: [value], [1]), "number") }

    private func step(_ op: String, _ inputs: [String], _ attributes: [ONNXAttribute] = []) -> String {
        let output = model.freshValue("size/\(op)")
        append(op, named: model.freshNode("size/\(op)"), inputs, outputs: [output], attributes)
        return output
    }

    private func size(ofSymbol name: String) throws -> String {
        switch sources[name] {
        case .element(let vector, let index, _): return step("Gather", [vector, number(index)], [.int("axis", 0)])
        case .dimension(let value, let axis, let factor, let offset):
            let size = step("Shape", [value], [.int("start", axis), .int("end", axis + 1)])
            let shifted = offset == 0 ? size : step("Sub", [size, number(offset)])
            return factor == 1 ? shifted : step("Div", [shifted, number(factor)])
        case nil: throw ExportProblem("no input shows the size '\(name)'")
        }
    }

    private func polynomial(_ dim: Dim) throws -> String {
        var terms: [String] = []
        for term in dim.terms {
            var factors = try term.factors.map(atom)
            if term.coefficient != 1 { factors.append(number(term.coefficient)) }
            terms.append(factors.dropFirst().reduce(factors[0]) { step("Mul", [$0, $1]) })
        }
        if dim.constant != 0 { terms.append(number(dim.constant)) }
        return terms.dropFirst().reduce(terms[0]) { step("Add", [$0, $1]) }
    }

    private func atom(_ atom: Dim.Atom) throws -> String {
        switch atom {
        case .symbol(let name): return try size(.symbol(name))
        case .maximum(let a, let b): return step("Max", [try size(a), try size(b)])
        case .minimum(let a, let b): return step("Min", [try size(a), try size(b)])
        case .remainder(let a, let b): return step("Mod", [try size(a), try size(b)])
        case .floorDivision(let a, let b):
            let (x, y) = (try size(a), try size(b))
            // Div cuts towards zero, which is downwards where nothing is negative.
            if let low = a.bounds().lower, low >= 0, let divisor = b.bounds().lower, divisor > 0 { return step("Div", [x, y]) }
            return step("Div", [step("Sub", [x, step("Mod", [x, y])]), y])
        }
    }
}
