import IR

/// Operators that move elements or speak of sizes.
extension OperatorMapping {
    static let shapes: [OperatorMapping] =
        slices + repeats + [
            .one("Shape") { node in
                let shape = node.shape(try node.input(0))
                let rank = shape.count
                let bound = { (value: Int) in min(max(value < 0 ? value + rank : value, 0), rank) }
                let (start, end) = (bound(try node.int("start", 0)), bound(try node.int("end", rank)))
                return try node.vector(Array(shape[start..<max(start, end)]))
            },
            .one("Size") { node in
                let count = node.type(try node.input(0)).elementCount
                return try node.reshape(try node.vector([count]), [])
            },
            .one("Reshape") { node in
                let x = try node.input(0)
                let zeroStays = try !node.flag("allowzero", false)
                if node.version < 5 {
                    return try node.reshape(
                        x, try shape(try node.ints("shape")?.map { Dim($0) } ?? [], of: node.shape(x), zeroStays: zeroStays))
                }
                let wanted = try node.input(1)
                if let known = node.known(wanted) { return try node.reshape(x, try shape(known, of: node.shape(x), zeroStays: zeroStays)) }
                return try node.reshape(x, try node.dims(try resolved(&node, wanted, node.shape(x), zeroStays: zeroStays)))
            },
            .one("Flatten") { node in
                let x = try node.input(0)
                let (shape, rank) = (node.shape(x), node.rank(x))
                let given = try node.int("axis", 1)
                let axis = given < 0 ? given + rank : given
                guard (0...rank).contains(axis) else { throw NodeProblem("axis \(given) does not exist in \(rank) dimensions") }
                return try node.reshape(x, [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)])
            },
            .one("Squeeze") { node in
                let x = try node.input(0)
                let shape = node.shape(x)
                let given = try node.ints("axes", before: 13, input: 1)
                if given == nil, let open = shape.first(where: { $0.value == nil && !($0 - 2).isNeverNegative }) {
                    throw NodeProblem("whether \(open) is 1 decides its result's rank")
                }
                let axes = try given.map { try node.axes($0, of: shape.count) } ?? shape.indices.filter { shape[$0].value == 1 }
                return try node.reshape(x, shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
            },
            .one("Unsqueeze") { node in
                let x = try node.input(0)
                guard let given = try node.ints("axes", before: 13, input: 1) else { throw NodeProblem("axes are missing") }
                let rank = node.rank(x) + given.count
                let axes = Set(try node.axes(given, of: rank))
                var rest = node.shape(x)[...]
                return try node.reshape(x, (0..<rank).map { axes.contains($0) ? 1 : rest.popFirst() ?? 1 })
            },
            .one("Transpose") { node in
                let x = try node.input(0)
                return try node.transpose(x, try node.ints("perm") ?? Array((0..<node.rank(x)).reversed()))
            },
            .one("Concat") { node in
                let parts = try node.allInputs()
                guard let first = parts.first else { throw NodeProblem("it has no inputs") }
                let axis = try node.axis(try node.int("axis", 1), of: node.rank(first))
                return try node.concat(try node.matched(parts, besides: axis), axis: axis)
            },
            .one("Expand") { node in
                let x = try node.input(0)
                return try expand(&node, x, try node.dims(try node.input(1)))
            },
            .one("Gather") { node in
                let (x, indices) = (try node.input(0), try node.input(1))
                let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
                let wrapped = try nonNegative(&node, indices, below: node.shape(x)[axis])
                return try node.emit(Gather(axis: axis), x, wrapped)
            },
        ]

    /// The shape that Reshape asks for: 0 keeps a size, -1 takes what is left.
    static func shape(_ wanted: [Dim], of shape: [Dim], zeroStays: Bool) throws -> [Dim] {
        var result = try wanted.enumerated().map { index, size -> Dim in
            guard zeroStays, size == 0 else { return size }
            guard index < shape.count else { throw NodeProblem("size 0 at \(index) has no counterpart in \(shape)") }
            return shape[index]
        }
        let open = result.indices.filter { result[$0] == -1 }
        guard open.count < 2 else { throw NodeProblem("more than one size is -1") }
        guard let index = open.first else { return result }
        let (all, rest) = (shape.reduce(1, *), result.enumerated().filter { $0.offset != index }.map(\.element).reduce(1, *))
        if rest == 0 { throw NodeProblem("a size of -1 beside sizes of 0 cannot be told") }
        result[index] = all.exactQuotient(by: rest) ?? all.floorDivided(by: rest)
        return result
    }

    /// The same for a shape that is computed when the model runs, as a tensor.
    private static func resolved(
        _ node: inout NodeImport, _ wanted: ValueID, _ shape: [Dim], zeroStays: Bool
    ) throws -> ValueID {
        guard let count = node.shape(wanted).first?.value, node.rank(wanted) == 1 else {
            throw NodeProblem("\(node.scope.graph.origin(of: wanted)) must be a vector of known length")
        }
        var sizes = try node.cast(wanted, to: .i64)
        if zeroStays, count <= shape.count {
            let own = try node.vector(Array(shape.prefix(count)))
            sizes = try node.choose(try node.compare(Equal.self, sizes, 0), own, sizes)
        }
        let isOpen = try node.compare(Equal.self, sizes, -1)
        let rest = try node.reduce(ReduceProd.self, try node.choose(isOpen, try node.scalar(1), sizes), [0], keepDims: true)
        let all = try node.vector([shape.reduce(1, *)])
        // Nothing is divided by 0 where a size is 0: no size is open then.
        let open = try node.binary(Div.self, all, try node.binary(Maximum.self, rest, 1))
        return try node.choose(isOpen, open, sizes)
    }

    /// NumPy's expansion: sizes of 1 in `wanted` keep those of `x`.
    static func expand(_ node: inout NodeImport, _ x: ValueID, _ wanted: [Dim]) throws -> ValueID {
        let own = node.shape(x)
        let rank = max(own.count, wanted.count)
        let takesEqual = node.scope.builder.special.takesSizesAsEqual
        let target = try (0..<rank).map { index -> Dim in
            let (a, b) = (index - (rank - own.count), index - (rank - wanted.count))
            guard a >= 0 else { return wanted[b] }
            guard b >= 0, wanted[b] != own[a] else { return own[a] }
            if wanted[b].value == 1 { return own[a] }
            if own[a].value == 1 { return wanted[b] }
            if let p = own[a].value, let q = wanted[b].value { throw NodeProblem("size \(p) does not stretch to \(q)") }
            if own[a].value != nil { return own[a] }
            return takesEqual || wanted[b].value != nil ? wanted[b] : .maximum(own[a], wanted[b])
        }
        return try node.expand(x, target)
    }

    /// Indices that count from the end, from the front instead.
    static func nonNegative(_ node: inout NodeImport, _ indices: ValueID, below size: Dim) throws -> ValueID {
        let dtype = node.dtype(indices)
        if let tensor = node.scope.constantTensor(indices) {
            if tensor.integers.allSatisfy({ $0 >= 0 }) { return indices }
            if let size = size.value {
                return try node.constant(Tensor(integers: tensor.integers.map { $0 < 0 ? $0 + size : $0 }, tensor.shape, as: dtype))
            }
        }
        let isNegative = try node.compare(Less.self, indices, 0)
        let length = try node.cast(try node.reshape(try node.vector([size]), []), to: dtype)
        return try node.choose(isNegative, try node.binary(Add.self, indices, length), indices)
    }
}
