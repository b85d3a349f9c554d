import IR
import Passes
import Testing

/// Which scheme each layer gets.
@Suite struct PrecisionPolicyTests {
    @Test(arguments: [
        ("*", "anything", true), ("*", "", true), ("a", "a", true), ("a", "ab", false), ("a*", "ab", true), ("*b", "ab", true),
        ("a*b", "ab", true), ("a*b", "a", false), ("ab*ba", "aba", false), ("*.fc1", "decoder.0.mlp.fc1", true),
        ("decoder.*.q", "decoder.0.cross_attn.q", true), ("*a*b*a*", "xaybza", true), ("*a*b*a*", "abb", false), ("a**b", "a.b", true),
        ("", "", true), ("", "a", false),
    ])
    func patternsFit(pattern: String, name: String, fits: Bool) { #expect(NamePattern(pattern).fits(name) == fits) }

    @Test func anExactNameIsNoPattern() {
        #expect(NamePattern(exactly: "a*").fits("a*") && !NamePattern(exactly: "a*").fits("ab") && !NamePattern(exactly: "a*").isOfMany)
    }

    private static let text = """
        module @case stage(clean) {
          const @w : f32[64, 64]
          const @v : f32[64, 64]
          func @f(%x: f32[n, 64]) -> (y: f32[n, 64], codes: i64[n]) {
            %0 = linear(%x, @w) : f32[n, 64] "first"
            %1 = linear(%0, @v) : f32[n, 64] "second"
            %2 = linear(%0, @v) : f32[n, 64] "search"
            %3 = arg_max(%2) {axis: -1} : i64[n] "codes"
            return %1, %3
          }
        }
        """

    private func module() throws -> Module {
        var module = try Module(parsing: Self.text)
        for key in ["w", "v"] {
            module.setConstant(Constant(key: key, Tensor((0..<4096).map { Float(($0 * 37) % 101) / 50 - 1 }, [64, 64])))
        }
        return module
    }

    /// The weight of each dense layer and, if it is rounded, whether x is too, by name of the node.
    private func layers(_ policy: PrecisionPolicy) throws -> [String: String] {
        let pipeline = try #require(policy.pipeline(halfRange: true))
        let module = try PassManager.run(try module(), pipeline).module
        let graph = try #require(module.function("f"))
        return Dictionary(
            graph.nodes.filter { $0.op is Linear }.map { node in
                func levels(_ index: Int) -> Node? {
                    node.inputs[index].flatMap { graph.producer(of: $0) }.flatMap { $0.op is Dequantize ? $0 : nil }
                }
                let weight = (levels(1)?.inputs ?? [node.inputs[1]])[0].flatMap { graph.constantKey(of: $0) } ?? ""
                let rounded = levels(1) == nil ? "" : levels(0) == nil ? " weights" : " both"
                return (node.name, "\(weight)\(rounded)")
            }
        ) { $1 }
    }

    @Test func everyLayerHasThePrecisionButSearches() throws {
        let made = try layers(PrecisionPolicy(.int8))
        #expect(made["first"] == "w#i8(half) both")
        #expect(made["second"] == "v#i8(half) both")
        #expect(made["search"] == "v")
    }

    @Test func theLastOverrideCounts() throws {
        let policy = PrecisionPolicy(
            .int8,
            overrides: [
                .init(NamePattern("*"), .bf16), .init(NamePattern("s*"), .int4), .init(NamePattern("search"), .w8),
            ])
        #expect(
            try layers(policy) == [
                "first": "w#cast(bf16)", "second": "v#i4 both", "search": "v#i8 weights",
            ])
        #expect(policy.description == "int8, *=bf16, s*=int4, search=w8")
    }

    /// A pattern that fits all layers does not mean a search.
    @Test func searchesAreOverriddenByNameAlone() throws {
        let made = try layers(PrecisionPolicy(.f32, overrides: [.init(NamePattern("*"), .int8Full)]))
        #expect(made["search"] == "v" && made["second"] == "v#i8 both")
    }

    @Test func fullRangeAndF32() throws {
        let policy = PrecisionPolicy(
            .f32, overrides: [.init(NamePattern("first"), .int8Full), .init(NamePattern("second"), .f32)])
        #expect(
            try layers(policy) == ["first": "w#i8 both", "second": "v", "search": "v"])
    }

    @Test func whatChangesNothingHasNoPipeline() {
        #expect(PrecisionPolicy.f32.pipeline(halfRange: false) == nil)
        #expect(PrecisionPolicy(.f32, overrides: [.init(NamePattern("*"), .f32)]).pipeline(halfRange: false) == nil)
    }

    /// Rules take the integers that they are given.
    @Test func roundedWeightsAreTaken() throws {
        var policy = PrecisionPolicy(.int8)
        let levels = Tensor(.i8, [64, 64]) { $0.initializeMemory(as: UInt8.self, repeating: 7) }
        policy.rounded["w#i8"] = .init(levels: levels, scales: Tensor([Float](repeating: 0.5, count: 64), [64]))
        let pipeline = try #require(policy.pipeline(halfRange: false))
        let made = try PassManager.run(try module(), pipeline).module
        #expect(made.constants["w#i8"]?.bytes?.buffer.allSatisfy { $0 == 7 } == true)
        #expect(made.constants["w#i8.scale"]?.tensor?.floats.first == 0.5)
        #expect(made.constants["v#i8"]?.bytes?.buffer.allSatisfy { $0 == 7 } == false)
    }
}
