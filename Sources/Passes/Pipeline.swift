import IR

/// Passes in order; each step says why it stands where it does.
public struct Pipeline: Sendable {
    public let name: String
    /// Stage that a module has afterwards.
    public let stage: Module.Stage
    public let steps: [Step]

    /// Rules that are applied together until none of them matches, or one whole-function pass.
    public struct Step: Sendable {
        public let name: String
        public let reason: String
        public let work: Work

        public enum Work: Sendable {
            case rules([any Rule])
            case pass(any Pass)
        }

        public init(_ name: String, _ rules: [any Rule], because reason: String) {
            self.name = name
            self.reason = reason
            work = .rules(rules)
        }

        public init(_ rule: any Rule, because reason: String) { self.init(rule.name, [rule], because: reason) }

        public init(_ pass: any Pass, because reason: String) {
            name = pass.name
            self.reason = reason
            work = .pass(pass)
        }

        public var transformations: [any Transformation] {
            switch work {
            case .rules(let rules): rules
            case .pass(let pass): [pass]
            }
        }
    }

    public init(_ name: String, stage: Module.Stage, _ steps: [Step]) {
        self.name = name
        self.stage = stage
        self.steps = steps
    }

    /// Every rule and pass once, in order of first use.
    public var transformations: [any Transformation] {
        var seen: Set<String> = []
        return steps.flatMap(\.transformations).filter { seen.insert($0.name).inserted }
    }

    /// A pipeline of one rule or pass of this one, for tests and experiments; nil if there is none of that name.
    public func only(_ name: String) -> Pipeline? {
        for step in steps {
            switch step.work {
            case .rules(let rules):
                guard let rule = rules.first(where: { $0.name == name }) else { continue }
                return Pipeline(name, stage: stage, [Step(rule, because: step.reason)])
            case .pass(let pass):
                guard pass.name == name else { continue }
                return Pipeline(name, stage: stage, [Step(pass, because: step.reason)])
            }
        }
        return nil
    }
}
