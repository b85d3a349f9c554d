import IR

/// Passes in order; each step says why it stands where it does.
package struct Pipeline: Sendable {
    package let name: String
    /// Stage that a module has afterwards.
    package let stage: Module.Stage
    package let steps: [Step]

    /// Rules that are applied together until none of them matches, or one pass over each function or the module.
    package struct Step: Sendable {
        package let name: String
        package let reason: String
        package let work: Work

        package enum Work: Sendable {
            case rules([any Rule])
            case pass(any Pass)
            case module(any ModulePass)
        }

        package init(_ name: String, _ rules: [any Rule], because reason: String) {
            self.name = name
            self.reason = reason
            work = .rules(rules)
        }

        package init(_ rule: any Rule, because reason: String) { self.init(rule.name, [rule], because: reason) }

        package init(_ pass: any Pass, because reason: String) {
            name = pass.name
            self.reason = reason
            work = .pass(pass)
        }

        package init(_ pass: any ModulePass, because reason: String) {
            name = pass.name
            self.reason = reason
            work = .module(pass)
        }

        package var transformations: [any Transformation] {
            switch work {
            case .rules(let rules): rules
            case .pass(let pass): [pass]
            case .module(let pass): [pass]
            }
        }
    }

    package init(_ name: String, stage: Module.Stage, _ steps: [Step]) {
        self.name = name
        self.stage = stage
        self.steps = steps
    }

    /// Every rule and pass once, in order of first use.
    package var transformations: [any Transformation] {
        var seen: Set<String> = []
        return steps.flatMap(\.transformations).filter { seen.insert($0.name).inserted }
    }

    /// A pipeline of one rule or pass of this one, for tests and experiments; nil if there is none of that name.
    package func only(_ name: String) -> Pipeline? {
        for step in steps {
            switch step.work {
            case .rules(let rules):
                guard let rule = rules.first(where: { $0.name == name }) else { continue }
                return Pipeline(name, stage: stage, [Step(rule, because: step.reason)])
            case .pass(let pass):
                guard pass.name == name else { continue }
                return Pipeline(name, stage: stage, [Step(pass, because: step.reason)])
            case .module(let pass):
                guard pass.name == name else { continue }
                return Pipeline(name, stage: stage, [Step(pass, because: step.reason)])
            }
        }
        return nil
    }
}
