import ArgumentParser
import Runtime

extension CompileCommand {
    /// `native`, or the name of an instruction set.
    enum Target: ExpressibleByArgument {
        case native
        case named(Machine.InstructionSet)

        init?(argument: String) {
            if argument == "native" {
                self = .native
            } else if let set = Machine.InstructionSet(name: argument) {
                self = .named(set)
            } else {
                return nil
            }
        }

        static var allValueStrings: [String] { ["native"] + Machine.InstructionSet.allCases.map(\.name) }

        var defaultValueDescription: String { "native" }

        var set: Machine.InstructionSet {
            switch self {
            case .native: Machine.active
            case .named(let set): set
            }
        }
    }
}
