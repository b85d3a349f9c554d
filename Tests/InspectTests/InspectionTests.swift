import Foundation
import IR
import Inspect
import Passes
import Runtime
import Testing

/// Reports of `inspect` on a small module.
@Suite struct InspectionTests {
    private static let text = """
        module @toy stage(clean) {
          const @"block.2.w" : f32[2, 2] = [1.0, 2.0, 3.0, 4.0]
          const @"block.10.w" : f32[2, 2] = [1.0, nan, 3.0, 4.0]

          func @f(%x: f32[n, 2]) -> (y: f32[n, 2]) {
            %0 = linear(%x, @"block.2.w") : f32[n, 2] "block.2.fc"
            %1 = silu(%0) : f32[n, 2] "block.2.act"
            %2 = linear(%1, @"block.10.w") : f32[n, 2] "block.10.fc"
            return %2
          }
          func @g(%x: f32[m, 2]) -> (y: f32[m, 2]) {
            %0 = silu(%x) : f32[m, 2] "act"
            return %0
          }
        }

        """

    private let peaks = MachinePeaks(f32Flops: 1e6, bf16Flops: nil, i8Ops: nil, bytesPerSecond: 1e6, threads: 1)

    private func module() throws -> Module { try Module(parsing: Self.text) }

    private func sizes(_ texts: String...) throws -> [SizeBinding] { try texts.map { try #require(SizeBinding($0)) } }

    @Test func costsAddUp() throws {
        let report = try CostReport(module(), sizes: sizes("n=100", "m=1"), peaks: peaks)
        #expect(report.functions.map(\.name) == ["f", "g"])
        let details = try #require(report.details)
        #expect(details.function == "f", "the function that takes the longest")
        #expect(details.nodes.count == 3)
        #expect(abs(details.nodes.reduce(0) { $0 + $1.share } - 1) < 1e-9)
        #expect(details.nodes.map(\.share) == details.nodes.map(\.share).sorted(by: >))
        #expect(details.total.flops == details.nodes.reduce(0) { $0 + $1.cost.flops })
        let root = try #require(details.blocks.first)
        #expect(root.path.isEmpty && root.nodes == 3 && abs(root.share - 1) < 1e-9)
        #expect(details.blocks.contains { $0.path == "block.2" && $0.nodes == 2 })
        let text = report.text(top: 1)
        #expect(text.contains("2 others") && text.contains("memory"))
    }

    @Test func unknownSizesAreNamed() throws {
        #expect(throws: WorkError.self) { try CostReport(module(), sizes: sizes("k=3"), peaks: peaks) }
    }

    private static let decided = """
        module @m {
          private func @twice(%x: f32[k]) -> (y: f32[2*k]) {
            %0 = concat(%x, %x) {axis: 0} : f32[2*k]
            return %0
          }
          private func @once(%x: f32[k]) -> (y: f32[k]) {
            return %x
          }
          func @main(%flag: bool[1], %x: f32[rows]) -> (y: f32[n0]) {
            %0 = if(%flag, %x) {else: @once, then: @twice} sizes(n0) : f32[n0] "choice"
            %1 = add(%0, %0) : f32[n0]
            return %1
          }
        }

        """

    /// Of a call whose sizes data decide there is no cost, but for sizes that are supposed.
    @Test func sizesThatDataDecideAreSaid() throws {
        let module = try Module(parsing: Self.decided)
        let sizes = try sizes("rows=4")
        let model = try ModelReport(module, of: module, files: [], sizes: sizes)
        #expect(model.functions.map(\.costProblem) == ["data decide n0 while it runs; --bind n0=SIZE supposes one"])
        #expect(model.text().contains("cost unknown: data decide n0 while it runs"))
        let cost = try CostReport(module, sizes: sizes, peaks: peaks)
        #expect(cost.functions.first?.problem?.hasPrefix("data decide n0 while it runs") == true)
        let operators = try OperatorReport(module, sizes: sizes)
        #expect(operators.total.allSatisfy { $0.flops == nil }, "the work of bodies alone is no total")
        let open = try CostReport(module, sizes: [], peaks: peaks)
        #expect(open.functions.first?.problem?.contains("rows is not known; give it with --bind") == true)
        let supposed = try CostReport(module, sizes: self.sizes("rows=4", "n0=8"), peaks: peaks)
        #expect(supposed.functions.first?.total != nil && supposed.functions.first?.problem == nil)
        let page = PageBuilder(title: "").data(of: module, model)
        #expect(page.functions.count == 3 && page.functions.first?.name == "main" && page.metrics.isEmpty)
    }

    @Test func operatorsAreCounted() throws {
        let report = try OperatorReport(module(), sizes: sizes("n=10", "m=10"))
        #expect(report.total.first { $0.op == "silu" }?.nodes == 2)
        #expect(report.total.first { $0.op == "linear" }?.flops == 160.0)
        #expect(report.total.compactMap(\.flops) == report.total.compactMap(\.flops).sorted(by: >), "the most work first")
        #expect(report.functions.first { $0.name == "g" }?.operators.map(\.op) == ["silu"])
        #expect(report.text(isEach: true).contains("linear"))
    }

    @Test func strangeWeightsStandFirst() throws {
        let report = try WeightReport(module())
        #expect(report.tensors.map(\.key) == ["block.10.w", "block.2.w"])
        #expect(report.nonFinite == 1)
        #expect(report.text().contains("1 NaN"))
        #expect(try WeightReport(module(), pattern: NamePattern("block.2*")).tensors.map(\.key) == ["block.2.w"])
        #expect(throws: WorkError.self) { try WeightReport(module(), pattern: NamePattern("nothing")) }
    }

    @Test func keysAreSortedAsPeopleDo() {
        let keys = ["b.10.w", "b.2.w", "a", "b.2", "b.02.w"]
        #expect(keys.sorted(by: KeyOrder.precedes) == ["a", "b.2", "b.02.w", "b.2.w", "b.10.w"])
    }

    @Test func barsAndCurves() {
        #expect(Bars.bar(0.5, width: 4) == "██")
        #expect(Bars.bar(0.0001, width: 4) == "▏")
        #expect(Bars.bar(0, width: 4).isEmpty)
        #expect(Bars.row([0, 1, 8]) == " ▁█")
        #expect(Bars.curve([1, 2], height: 2) == [" █", "██"])
        #expect(Bars.squeezed([1, 5, 2, 3], to: 2) == [5, 3])
        #expect(Bars.squeezed([1, 2], to: 9) == [1, 2])
    }

    @Test func memoryOfACall() throws {
        let session = Session(try Plan(module()))
        let report = try MemoryReport(session, function: "f", sizes: sizes("n=1000"))
        let part = try #require(report.parts.first)
        #expect(part.peakBytes == part.bytesPerStep.max())
        #expect(part.arena.bytes >= part.peakBytes)
        #expect(report.callBytes == 2 * 1000 * 2 * 4)
        let svg = MemoryPicture(report, part: part).svg
        #expect(svg.hasPrefix("<svg"))
        #expect(svg.components(separatedBy: "class=\"b ").count - 1 == part.arena.buffers.count, "a rectangle for each buffer")
        #expect(svg.contains("prefers-color-scheme: dark"))
    }

    @Test func whatIsUnusualIsSaid() throws {
        var module = try module()
        module.metadata["strange_key"] = .string("x")
        let report = try ModelReport(module, of: module, files: [], peaks: peaks)
        #expect(report.notable.contains { $0.contains("strange_key") })
        #expect(report.functions.allSatisfy { $0.cost == nil || ($0.leastMilliseconds ?? 0) > 0 })
        #expect(try ModelReport(module, of: module, files: []).functions.allSatisfy { $0.leastMilliseconds == nil })
    }

    @Test func pixelsHaveARange() throws {
        var module = try module()
        module.metadata["normalization"] = .dictionary(["mean": .floats([0.5, 0.5, 0.5]), "std": .floats([0.5, 0.5, 0.25])])
        #expect(try ModelReport(module, of: module, files: []).text().contains("values -2 … 2"))
    }
}
