extension Module {
    /// The module with the functions `names` alone, and the constants that they read.
    package func keeping(functions names: Set<String>) -> Module {
        var made = Module(name: name, stage: stage)
        made.metadata = metadata
        for graph in functions where names.contains(graph.name) { made.setFunction(graph) }
        for constant in constants.values { made.setConstant(constant) }
        made.removeUnusedConstants()
        return made
    }
}
