import IR

extension Module {
    /// The sizes that callers decide.
    package var openSizes: Set<String> { entryPoints.reduce(into: []) { $0.formUnion($1.symbols) } }

    /// With those of the largest sizes that it has.
    /// - Throws: ``CompilationError`` for more than it was compiled for before.
    package func limited(to sizes: Binding) throws -> Module {
        let known = openSizes
        var made = self
        for (name, size) in sizes.sorted(by: { $0.key < $1.key }) where known.contains(name) {
            if let before = largestSizes[name], before < size {
                throw CompilationError(
                    "\(name)=\(size): '\(self.name)' was compiled for \(name) up to \(before); give the model that it was compiled from")
            }
            made.largestSizes[name] = size
        }
        return made
    }
}
