import IR
import Runtime

/// Functions that run one after the other and are timed as one: an output feeds later inputs of its name.
package final class BenchUnit {
    private struct Call {
        let function: String
        /// Inputs that no earlier call computes.
        let inputs: [String: Tensor]
        /// Inputs that earlier calls compute, and the outputs that they are.
        let fed: [String: String]
        /// Inputs that are also outputs: caches, updated in place.
        let states: [String: StateTensor]
        /// Sizes of its symbols.
        let sizes: Binding
    }

    package let session: Session
    private let binding: Binding
    private let seed: UInt64
    private var calls: [Call] = []
    /// Told of the function of each call before it begins.
    package var onCall: ((Graph) -> Void)?
    /// What the last run gave.
    package private(set) var results: [String: Tensor] = [:]

    /// - Parameters:
    ///   - given: inputs by name; those it lacks are ``RandomInputs`` of `seed`.
    ///   - feeds: for inputs that take an earlier output of another name, that name.
    /// - Throws: ``RuntimeError`` or `BindingError` naming function and input; ``WorkError`` for names in `given` and `feeds` that
    ///   no function uses.
    package init(
        _ session: Session, _ functions: [String], _ binding: Binding, given: [String: Tensor], feeds: [String: String], seed: UInt64 = 0
    ) throws {
        (self.session, self.binding, self.seed) = (session, binding, seed)
        var names = Names()
        for name in functions { try add(name, given, feeds, &names) }
        try names.check(given, feeds, functions)
    }

    /// What calls so far compute and keep, and which names were of use.
    private struct Names {
        var computed: Set<String> = []
        var states: [String: StateTensor] = [:]
        var used: Set<String> = []
        var fed: Set<String> = []

        /// Why the output `source` is fed to no input `stranger`.
        private func reason(_ stranger: String, _ source: String, _ functions: [String], _ list: String) -> String {
            if !used.contains(stranger), !computed.contains(stranger) { return "no input of \(list) is called '\(stranger)'" }
            if !computed.contains(source) { return "no output of \(list) is called '\(source)'" }
            if functions.count < 2 { return "one function alone feeds nothing; name the one that takes '\(stranger)' after it" }
            return "'\(stranger)' is taken before '\(source)' is computed; name the functions in the order of their work"
        }

        func check(_ given: [String: Tensor], _ feeds: [String: String], _ functions: [String]) throws {
            let list = functions.joined(separator: ", ")
            if let stranger = given.keys.sorted().first(where: { !used.contains($0) }) {
                throw WorkError("'\(stranger)' is given, but is no input of \(list) that is not computed before", .content)
            }
            if let stranger = feeds.keys.sorted().first(where: { !fed.contains($0) }), let source = feeds[stranger] {
                throw WorkError("\(stranger)=\(source): \(reason(stranger, source, functions, list))")
            }
        }
    }

    private func add(_ name: String, _ given: [String: Tensor], _ feeds: [String: String], _ names: inout Names) throws {
        let graph = try session.plan.function(name)
        let outputs = Set(graph.signature.outputs.map(\.name))
        let random = RandomInputs(graph, in: session.plan.module, binding, seed: seed)
        var (inputs, fed, states): ([String: Tensor], [String: String], [String: StateTensor]) = ([:], [:], [:])
        for item in graph.signature.inputs {
            let input = item.name
            let source = feeds[input] ?? input
            if names.computed.contains(source) {
                fed[input] = source
                if source != input { names.fed.insert(input) }
                continue
            }
            names.used.insert(input)
            let known = outputs.contains(input) ? names.states[input] : nil
            let tensor = try known == nil ? given[input] ?? random.make(input).tensor : nil
            if outputs.contains(input) { states[input] = known ?? tensor.map { StateTensor($0) } } else { inputs[input] = tensor }
        }
        names.states.merge(states) { $1 }
        names.computed.formUnion(outputs.subtracting(states.keys))
        let symbols = graph.symbols
        let sizes = binding.filter { symbols.contains($0.key) }
        calls.append(Call(function: name, inputs: inputs, fed: fed, states: states, sizes: sizes))
    }

    /// Floating point operations of one run.
    /// - Throws: `BindingError` for sizes that do not fit.
    package func flops() throws -> Int {
        try calls.reduce(0) { $0 + (try CallCost(session.plan.function($1.function), $1.sizes).flops) }
    }

    /// In the order of their calls.
    package var functions: [String] { calls.map(\.function) }

    /// Of the nodes of each call; nil where data decide sizes.
    package var costs: [FunctionCosts?] { calls.map { call in try? FunctionCosts(session.plan.function(call.function), call.sizes) } }

    /// Lowers every function, so that the first run only computes.
    package func prepare() throws {
        for call in calls { try session.prepare(call.function, states: Set(call.states.keys), binding: call.sizes) }
    }

    package func run() throws {
        var results: [String: Tensor] = [:]
        for call in calls {
            var inputs = call.inputs
            for (input, source) in call.fed { inputs[input] = results[source] }
            if let onCall { onCall(try session.plan.function(call.function)) }
            let made = try session.run(call.function, inputs, states: call.states, binding: call.sizes)
            results.merge(made) { $1 }
        }
        self.results = results
    }

    /// Size of each symbol.
    package var sizes: Binding { binding }
}
