import IR

extension Pipeline {
    /// Adds gradient functions to a module. Before `clean`, which drops what the way back needs to know: `stop_gradient`, `straight_through`.
    /// - Parameter stage: of the module, which it keeps.
    package static func gradient(_ request: GradientRequest = GradientRequest(), stage: Module.Stage = .imported) -> Pipeline {
        Pipeline(
            "gradient", stage: stage,
            [Step(Differentiate(request), because: "Only plain operators and those that stand for some have derivatives.")])
    }
}
