import IR
import Runtime

/// Functions that run one after the other and are timed as one: an output feeds later inputs of its name.
final class BenchUnit {
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

    let session: Session
    private let binding: Binding
    private var calls: [Call] = []
    /// What the last run gave.
    private(set) var results: [String: Tensor] = [:]
    /// Floating point operations of one run.
    private(set) var flops = 0

    /// - Parameters:
    ///   - given: inputs by name; those it lacks get seeded random numbers (integers and masks zeros).
    ///   - feeds: for inputs that take an earlier output of another name, that name.
    /// - Throws: ``RuntimeError`` or `BindingError` naming function and input.
    init(_ session: Session, _ functions: [String], _ binding: Binding, given: [String: Tensor], feeds: [String: String]) throws {
        self.session = session
        self.binding = binding
        var computed: Set<String> = []
        for name in functions {
            let graph = try session.plan.function(name)
            let outputs = Set(graph.outputList.map(\.name))
            var (inputs, fed, states): ([String: Tensor], [String: String], [String: StateTensor]) = ([:], [:], [:])
            for (input, type) in graph.inputList {
                let source = feeds[input] ?? input
                if computed.contains(source) {
                    fed[input] = source
                } else {
                    let tensor = try given[input] ?? BenchUnit.sample(type, binding, seed: input)
                    if outputs.contains(input) { states[input] = StateTensor(tensor) } else { inputs[input] = tensor }
                }
            }
            computed.formUnion(outputs)
            let symbols = graph.symbols
            let sizes = binding.filter { symbols.contains($0.key) }
            calls.append(Call(function: name, inputs: inputs, fed: fed, states: states, sizes: sizes))
            flops += try CallCost(graph, sizes).flops
        }
    }

    /// Lowers every function, so that the first run only computes.
    func prepare() throws {
        for call in calls { try session.prepare(call.function, states: Set(call.states.keys), binding: call.sizes) }
    }

    func run() throws {
        var results: [String: Tensor] = [:]
        for call in calls {
            var inputs = call.inputs
            for (input, source) in call.fed { inputs[input] = results[source] }
            let made = try session.run(call.function, inputs, states: call.states, binding: call.sizes)
            results.merge(made) { $1 }
        }
        self.results = results
    }

    /// Size of each symbol.
    var sizes: Binding { binding }

    private static func sample(_ type: TensorType, _ binding: Binding, seed: String) throws -> Tensor {
        let shape = try type.sizes(binding)
        guard type.dtype.isFloat else { return Tensor(zeros: type.dtype, shape) }
        var state = seed.utf8.reduce(UInt64(1_469_598_103_934_665_603)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        let count = shape.reduce(1, *)
        let values = (0..<count).map { _ -> Double in
            // xorshift64*; sums of four are near enough to normal, with variance 1.
            (0..<4).reduce(0) { sum, _ in
                state ^= state >> 12
                state ^= state << 25
                state ^= state >> 27
                return sum + (Double((state &* 0x2545_F491_4F6C_DD1D) >> 11) * 0x1p-53 - 0.5) * 1.732
            }
        }
        return Tensor(values, shape, as: type.dtype)
    }
}
