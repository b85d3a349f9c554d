extension Module {
    /// The module with the functions `names`, those that they call, and the constants that these read, alone.
    package func keeping(functions names: Set<String>) -> Module {
        var made = Module(name: name, stage: stage)
        made.metadata = metadata
        made.weightFiles = weightFiles
        let needed = reachable(from: names)
        for graph in functions where needed.contains(graph.name) { made.setFunction(graph) }
        for constant in constants.values { made.setConstant(constant) }
        made.removeUnusedConstants()
        return made
    }
}
