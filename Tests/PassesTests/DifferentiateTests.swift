import IR
import Passes
import TestSupport
import Testing

@Suite("Gradients of functions") struct DifferentiateTests {
    static let cases = Case.all.filter { $0.rule == "differentiate" && !$0.isNearMiss }

    @Test("text cases in f64 agree with differences", arguments: cases)
    func agrees(_ fixture: Case) throws {
        let text = try fixture.read().before.replacing("f32", with: "f64")
        let before = try Module(parsing: text).withRandomConstants()
        // Everything that is a float; a codebook is a step one way and a straight line the other, so only what stands behind it.
        let asked = fixture.testDescription.contains("codebook") ? ["up"] : ["*"]
        let made = try PassManager.run(before, .gradient(GradientRequest(parameters: asked.map { NamePattern($0) }))).module
        let differences = Differences(module: made, function: "main", inputs: try made.randomInputs(of: "main"))
        let gradients = try differences.gradients()
        #expect(!differences.names.isEmpty)
        for name in differences.names {
            let deviation = try differences.largestDeviation(of: name, gradients)
            #expect(deviation < 1e-6, "\(name) deviates by \(deviation)")
        }
    }

    @Test("cleaned gradient functions give the same", arguments: cases)
    func isCleaned(_ fixture: Case) throws {
        let before = try Module(parsing: try fixture.read().before).withRandomConstants()
        let made = try PassManager.run(before, .gradient()).module
        let clean = try PassManager.run(made, .clean).module
        let inputs = try made.randomInputs(of: "main")
        let (expected, actual) = (
            try Interpreter.run(made, "gradient.main", inputs), try Interpreter.run(clean, "gradient.main", inputs)
        )
        #expect(expected.count > 1 && expected.keys.sorted() == actual.keys.sorted())
        for (name, tensor) in expected {
            let distance = deviation(try #require(actual[name]), tensor)
            #expect(distance <= 2e-5, "\(name) deviates by \(distance)")
        }
        #expect(!clean.functions.contains { $0.nodes.contains { $0.op is StopGradient || $0.op is StraightThrough } })
    }

    private func module(
        _ body: String, inputs: String = "%x: f64[3]", results: String = "loss: f64[]", constants: String = ""
    ) throws -> Module {
        try Module(
            parsing: "module @m stage(imported) {\n\(constants)\n  func @main(\(inputs)) -> (\(results)) {\n\(body)\n  }\n}\n")
    }

    private func gradient(_ module: Module, _ request: GradientRequest) throws -> Graph {
        try #require(try PassManager.run(module, .gradient(request)).module.function("gradient.main"))
    }

    private func refusal(_ module: Module, _ request: GradientRequest) -> String {
        do {
            _ = try PassManager.run(module, .gradient(request))
            return "nothing was refused"
        } catch { return "\(error)" }
    }

    private let ofX = GradientRequest(parameters: [NamePattern("%x")])

    @Test func operatorsWithoutDerivativeAreNamedWithTheirPlace() throws {
        let product = try module(
            """
                %0 = det(%x) : f64[] "volume"
                return %0
            """, inputs: "%x: f64[3, 3]")
        let text = refusal(product, ofX)
        #expect(text.contains("in function 'main' at det 'volume': it has no derivative"))
        #expect(text.contains("input %x") && text.contains("stop_gradient"))
    }

    @Test func onlyWhatLeadsToAGradientNeedsADerivative() throws {
        let body = """
                %0 = det(%x) : f64[] "volume"
                %1 = mul(%0, %y) : f64[3]
                %2 = reduce_sum(%1) {axes: [0]} : f64[]
                return %2
            """
        let both = try module(body, inputs: "%x: f64[3, 3], %y: f64[3]")
        let made = try gradient(both, GradientRequest(parameters: [NamePattern("%y")]))
        #expect(made.outputs.map(\.name) == ["loss", "grad.y"])
        let stopped = try module(
            body.replacing("%0 = det(%x)", with: "%s = stop_gradient(%x) : f64[3, 3]\n    %0 = det(%s)"),
            inputs: "%x: f64[3, 3], %y: f64[3]")
        #expect(try gradient(stopped, GradientRequest(parameters: [NamePattern("%*")])).outputs.map(\.name) == ["loss", "grad.y"])
    }

    @Test func integersEndTheWay() throws {
        let rounded = try module(
            """
                %0 = cast(%x) {to: i64} : i64[3]
                %1 = cast(%0) {to: f64} : f64[3]
                %2 = mul(%1, %x) : f64[3]
                %3 = reduce_sum(%2) {axes: [0]} : f64[]
                return %3
            """)
        let made = try PassManager.run(rounded, .gradient(ofX)).module
        let results = try Interpreter.run(made, "gradient.main", ["x": Tensor([1.5, -2.25, 3], [3], as: .f64)])
        #expect(results["grad.x"]?.doubles == [1, -2, 3])
    }

    @Test func whatTheLossDoesNotDependOnHasNoGradient() throws {
        let one = try module(
            """
                %0 = reduce_sum(%x) {axes: [0]} : f64[]
                return %0
            """, inputs: "%x: f64[3, 3], %y: f64[3]")
        #expect(try gradient(one, GradientRequest(parameters: [NamePattern("%*")])).outputs.map(\.name) == ["loss", "grad.x"])
        #expect(refusal(one, GradientRequest(parameters: [NamePattern("%y")])).contains("depends on nothing that is asked for"))
        #expect(refusal(one, GradientRequest(function: "main", parameters: [NamePattern("%z")])).contains("'%z'"))
        #expect(refusal(one, GradientRequest(function: "mian")).contains("no function 'mian'; it has main"))
        #expect(refusal(one, GradientRequest(function: "main", loss: "los")).contains("no result 'los'; it has loss"))
        #expect(refusal(one, GradientRequest(function: "main")).contains("no constant or input is asked for"))
    }

    @Test func aResultOfManyElementsIsNoLoss() throws {
        let vector = try module(
            """
                %0 = neg(%x) : f64[3]
                return %0
            """, results: "loss: f64[3]")
        #expect(refusal(vector, GradientRequest(function: "main")).contains("must be one float, not f64[3]"))
        #expect(try PassManager.run(vector, .gradient()).patchCount == 0)
    }

    @Test func straightThroughPassesByTheStep() throws {
        let rounded = try module(
            """
                %0 = mul(%x, %x) : f64[3]
                %1 = round(%0) : f64[3]
                %2 = straight_through(%1, %0) : f64[3]
                %3 = square(%2) : f64[3]
                %4 = reduce_sum(%3) {axes: [0]} : f64[]
                return %4
            """)
        let made = try PassManager.run(rounded, .gradient(ofX)).module
        let results = try Interpreter.run(made, "gradient.main", ["x": Tensor([1.25, -2, 0.5], [3], as: .f64)])
        // 2 · round(x²) · 2 · x
        #expect(results["grad.x"]?.doubles == [10, -32, 0])
    }

    @Test func parametersMayBecomeInputs() throws {
        let dense = try module(
            """
                %0 = linear(%x, @w) : f64[2]
                %1 = square(%0) : f64[2]
                %2 = reduce_sum(%1) {axes: [0]} : f64[]
                return %2
            """, constants: "  const @w : f64[2, 3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]")
        let made = try PassManager.run(dense, .gradient(GradientRequest(takesParameters: true))).module
        let graph = try #require(made.function("gradient.main"))
        #expect(graph.inputs.map { graph.inputName(of: $0) } == ["x", "w"] && graph.usedConstants.isEmpty)
        let x = Tensor([1, 0, -1], [3], as: .f64)
        let w = Tensor([1, 1, 2, 0, 1, 3], [2, 3], as: .f64)
        let results = try Interpreter.run(made, "gradient.main", ["x": x, "w": w])
        // y = (-1, -3), dw = 2 · y · xᵀ
        #expect(results["loss"]?.doubles == [10] && results["grad.w"]?.doubles == [-2, 0, 2, -6, 0, 6])
    }

    @Test func sharedValuesAreComputedOnceAndTheRestIsLeftOut() throws {
        let text = try #require(try DifferentiateTests.cases.first { $0.testDescription.contains("functions") }?.read().before)
        let made = try gradient(try Module(parsing: text), GradientRequest())
        #expect(made.nodes.filter { $0.op is Random }.count == 1)
        #expect(!made.usedConstants.contains("shift") && made.outputs.map(\.name) == ["loss", "grad.scale"])
        let all = try gradient(try Module(parsing: text), GradientRequest(keepsResults: true))
        #expect(all.usedConstants.contains("shift") && all.outputs.map(\.name) == ["loss", "other", "grad.scale"])
    }
}
