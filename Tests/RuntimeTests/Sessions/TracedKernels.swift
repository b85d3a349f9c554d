import IR
import Runtime
import TestSupport
import Testing

/// The kernels of a run of `main` with seeded inputs and weights, whose results must be those of the interpreter.
func tracedKernels(_ text: String, _ bindings: Binding) throws -> [String] {
    var (module, draw) = (try Module(parsing: text), SampleTensors(seed: 91))
    for constant in module.constants.values.sorted(by: { $0.key < $1.key }) {
        let shape = try #require(constant.type.staticShape)
        module.setConstant(Constant(key: constant.key, draw.floats(shape, -0.25...0.25)))
    }
    let function = try #require(module.function("main"))
    var inputs: [String: Tensor] = [:]
    for value in function.inputs {
        let name = try #require(function.inputName(of: value))
        inputs[name] = draw.floats(try function.type(of: value).sizes(bindings))
    }
    let session = Session(try Plan(module))
    var names: [String] = []
    session.observer = { kernel, _, _, _ in names.append(kernel) }
    let (results, expected) = (try session.run("main", inputs), try Interpreter.run(module, "main", inputs))
    #expect(results.count == expected.count)
    for (name, wanted) in expected {
        let actual = try #require(results[name])
        #expect(mismatch(actual, wanted, [Double](repeating: 1e-4, count: wanted.count)) == nil, "\(name)")
    }
    return names
}
