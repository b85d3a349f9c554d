import IR
import Passes
import Runtime
import TestSupport
import Testing

/// Gradient functions that compute parts of the way there again, to fit a budget.
@Suite struct MemoryBudgetTests {
    /// `blocks` residual blocks of a norm, a layer, an activation and a layer; or of norms, SiLU and convolutions.
    static func module(blocks: Int, pictures: Bool) throws -> Module {
        var (constants, body, next) = ("", "", 0)
        var x = "%x"
        let type = pictures ? "f32[n, 32, 24, 24]" : "f32[n, 64]"
        func line(_ text: String, _ type: String, _ name: String) -> String {
            body += "    %\(next) = \(text) : \(type) \"\(name)\"\n"
            next += 1
            return "%\(next - 1)"
        }
        for block in 0..<blocks {
            let (a, b) = ("@b\(block).a", "@b\(block).b")
            if pictures {
                constants += "  const \(a) : f32[32, 32, 3, 3]\n  const \(b) : f32[32, 32, 3, 3]\n"
                let norm = line("group_norm(\(x)) {eps: 1e-05, groups: 2}", type, "b\(block).norm")
                let act = line("silu(\(norm))", type, "b\(block).act")
                let up = line("conv(\(act), \(a)) {padding: [1, 1, 1, 1]}", type, "b\(block).conv1")
                let down = line("conv(\(up), \(b)) {padding: [1, 1, 1, 1]}", type, "b\(block).conv2")
                x = line("add(\(x), \(down))", type, "b\(block).sum")
            } else {
                constants += "  const \(a) : f32[256, 64]\n  const \(b) : f32[64, 256]\n"
                let norm = line("layer_norm(\(x)) {eps: 1e-05}", type, "b\(block).norm")
                let up = line("linear(\(norm), \(a))", "f32[n, 256]", "b\(block).fc1")
                let act = line("gelu(\(up))", "f32[n, 256]", "b\(block).act")
                let down = line("linear(\(act), \(b))", type, "b\(block).fc2")
                x = line("add(\(x), \(down))", type, "b\(block).sum")
            }
        }
        let square = line("square(\(x))", type, "square")
        let loss = line("reduce_mean(\(square)) {axes: [\(pictures ? "0, 1, 2, 3" : "0, 1")]}", "f32[]", "loss")
        return try Module(
            parsing: "module @m stage(imported) {\n\(constants)  func @main(%x: \(type)) -> (loss: f32[]) {\n\(body)    return \(loss)\n  }\n}\n"
        ).withRandomConstants()
    }

    static func gradient(blocks: Int, pictures: Bool) throws -> Module {
        let made = try PassManager.run(module(blocks: blocks, pictures: pictures), .gradient()).module
        return try PassManager.run(made, .clean).module
    }

    @Test(arguments: [true, false])
    func theBitsStayAndThePeakFits(pictures: Bool) throws {
        let module = try MemoryBudgetTests.gradient(blocks: 12, pictures: pictures)
        let binding = ["n": pictures ? 2 : 64]
        let unbounded = try MemoryBudget(bytes: .max, of: "gradient.main", binding: binding).fit("gradient.main", of: module)
        #expect(unbounded.share == 0)
        let inputs = ["x": Tensor.random(.f32, pictures ? [2, 32, 24, 24] : [64, 64], seed: "x")]
        let expected = try Session(try Plan(module)).run("gradient.main", inputs)
        let fixed = unbounded.bytesBefore - (try MemoryBudgetTests.arena(module, binding))
        for share in pictures ? [0.85, 0.7] : [0.8, 0.6, 0.45] {
            let bytes = fixed + Int(Double(unbounded.bytesBefore - fixed) * share)
            let fitted = try MemoryBudget(bytes: bytes, of: "gradient.main", binding: binding).fit("gradient.main", of: module)
            #expect(fitted.bytes <= bytes && fitted.share > 0 && fitted.share < 1.2, "\(fitted.bytes) of \(bytes), \(fitted.share)")
            try fitted.module.verify()
            #expect(fixed + (try MemoryBudgetTests.arena(fitted.module, binding)) <= bytes)
            #expect(try Session(try Plan(fitted.module)).run("gradient.main", inputs) == expected, "\(share)")
        }
    }

    @Test func whatFitsNoWayIsRefusedWithTheLeastThatWillDo() throws {
        let module = try MemoryBudgetTests.gradient(blocks: 8, pictures: false)
        func fit(_ bytes: Int) throws -> MemoryBudget.Fitted {
            try MemoryBudget(bytes: bytes, of: "gradient.main", binding: ["n": 64]).fit("gradient.main", of: module)
        }
        do {
            _ = try fit(1000)
            Issue.record("it fits a thousand bytes")
        } catch let error as MemoryBudgetError {
            #expect(error.least < error.whole && error.description.contains("the least that will do"))
            #expect(try fit(error.least).bytes <= error.least)
        }
    }

    @Test func unknownFunctionsAndSizesAreNamed() throws {
        let module = try MemoryBudgetTests.gradient(blocks: 1, pictures: false)
        #expect(throws: PassError.self) { _ = try MemoryBudget(bytes: 1, of: "other", binding: [:]).fit("other", of: module) }
        #expect(throws: (any Error).self) {
            _ = try MemoryBudget(bytes: 1, of: "gradient.main", binding: [:]).fit("gradient.main", of: module)
        }
    }

    /// Bytes of working memory of the gradient function.
    private static func arena(_ module: Module, _ binding: Binding) throws -> Int {
        try Session(try Plan(module)).arenaPlans("gradient.main", binding: binding).reduce(0) { $0 + $1.bytes }
    }
}
