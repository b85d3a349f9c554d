extension Module {
    /// Calls within each other at most: each takes some of the thread's stack.
    package static let deepestCalls = 256

    /// What is wrong with how functions call each other: a circle, or too deep a chain; nil if nothing is.
    package var callFault: String? {
        var depths = CallDepths(module: self)
        for graph in functions where depths.fault == nil { _ = depths.depth(graph.name) }
        return depths.fault
    }

    private struct CallDepths {
        let module: Module
        var known: [String: Int] = [:]
        var path: [String] = []
        var fault: String?

        /// How many functions run within each other from `name` on, itself included.
        mutating func depth(_ name: String) -> Int {
            if let depth = known[name] { return depth }
            if let start = path.firstIndex(of: name) {
                fault = fault ?? "functions call each other in a circle: \((path[start...] + [name]).joined(separator: " → "))"
            }
            guard fault == nil, let graph = module.function(name) else { return 0 }
            path.append(name)
            defer { path.removeLast() }
            var deepest = 0
            if path.count <= Module.deepestCalls {
                for called in graph.calledFunctions.sorted() { deepest = max(deepest, depth(called)) }
            }
            if deepest >= Module.deepestCalls || path.count > Module.deepestCalls {
                fault = fault ?? "functions call each other more than \(Module.deepestCalls) deep, from '\(path[0])' on"
            }
            known[name] = deepest + 1
            return deepest + 1
        }
    }
}
