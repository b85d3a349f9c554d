import IR
import Passes
import Testing

@testable import Runtime

@Suite struct ArenaPlanTests {
    /// Three products of which no two results are needed after the next.
    private static let chain = """
        module @m stage(clean) {
          func @f(%x: f32[n, 64], %w: f32[64, 64]) -> (y: f32[n, 64]) {
            %0 = matmul(%x, %w) : f32[n, 64] "first"
            %1 = matmul(%0, %w) : f32[n, 64] "second"
            %2 = matmul(%1, %w) : f32[n, 64] "third"
            %3 = matmul(%2, %w) : f32[n, 64] "last"
            return %3
          }
        }

        """

    private func plan(_ text: String, _ binding: Binding) throws -> ArenaPlan {
        let session = Session(try Plan(Module(parsing: text)))
        return try #require(session.arenaPlans("f", binding: binding).first)
    }

    @Test func valuesHaveTheNamesOfTheirNodes() throws {
        let plan = try plan(Self.chain, ["n": 10])
        let values = plan.buffers.filter(\.isValue)
        #expect(values.map(\.name) == ["first", "second", "third"], "what a caller gets lies in no arena")
        #expect(values.allSatisfy { $0.type == "f32[10, 64]" && $0.bytes == 10 * 64 * 4 })
        #expect(plan.steps.map(\.node).contains("last"))
    }

    @Test func buffersOfOneStepLieApart() throws {
        let plan = try plan(Self.chain, ["n": 33])
        for (index, a) in plan.buffers.enumerated() {
            #expect(a.offset >= 0 && a.offset + a.bytes <= plan.bytes)
            for b in plan.buffers[..<index] where a.firstStep <= b.lastStep && b.firstStep <= a.lastStep {
                #expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset, "\(a.name) and \(b.name)")
            }
        }
    }

    @Test func whatIsAliveAddsUp() throws {
        let plan = try plan(Self.chain, ["n": 16])
        #expect(plan.bytesPerStep.count == plan.steps.count)
        for (step, bytes) in plan.bytesPerStep.enumerated() {
            let alive = plan.buffers.filter { $0.firstStep <= step && step <= $0.lastStep }
            #expect(bytes == alive.reduce(0) { $0 + MemoryPlanner.align($1.bytes) })
        }
        #expect((plan.bytesPerStep.max() ?? 0) <= plan.bytes)
    }

    /// A run takes the arena that the plan tells of.
    @Test func theArenaIsThatOfARun() throws {
        let session = Session(try Plan(Module(parsing: Self.chain)))
        let plan = try #require(session.arenaPlans("f", binding: ["n": 10]).first)
        _ = try session.run("f", ["x": Tensor(zeros: .f32, [10, 64]), "w": Tensor(zeros: .f32, [64, 64])])
        #expect(plan.bytes == session.peakArenaBytes)
    }

    @Test func statesAreUpdatedInPlace() throws {
        let text = """
            module @m stage(clean) {
              func @f(%cache: f32[64, 8], %row: f32[1, 8], %position: i64[1]) -> (cache: f32[64, 8]) {
                %0 = update_slice(%cache, %row, %position) {axis: 0, offsets: [0, 0]} : f32[64, 8]
                return %0
              }
            }

            """
        let session = Session(try Plan(Module(parsing: text)))
        #expect(try session.plan.function("f").stateNames == ["cache"])
        #expect(try session.arenaPlans("f", binding: [:]).first?.bytes == 0)
    }

    @Test func sizesMustBeKnown() throws {
        let session = Session(try Plan(Module(parsing: Self.chain)))
        #expect(throws: (any Error).self) { try session.arenaPlans("f", binding: [:]) }
    }

    @Test func bandwidthIsMeasured() { #expect(Machine.measuredBandwidth() > 0) }
}
