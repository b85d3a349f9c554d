import Foundation
import IR
import Passes
import Runtime
import Testing

@testable import Inspect

/// Looking at what nodes give, and holding two variants against each other.
@Suite struct StepTests {
    private static let text = """
        module @m stage(clean) {
          const @w : f32[4, 4] = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
          func @f(%x: f32[n, 4]) -> (y: f32[n, 4]) {
            %0 = linear(%x, @w) : f32[n, 4] "fc"
            %1 = log(%0) : f32[n, 4] "log"
            %2 = softmax(%1) {axis: 1} : f32[n, 4] "soft"
            return %2
          }
        }
        """

    private func session() throws -> Session { Session(try Plan(Module(parsing: Self.text))) }

    @Test func statistics() {
        let s = TensorStatistics([0, 3, -4, .nan, .infinity, 0])
        #expect(s.count == 6 && s.low == -4 && s.high == 3 && s.zeros == 2 && s.nans == 1 && s.infinities == 1)
        #expect(s.mean == -0.25 && s.rootMeanSquare == 2.5 && s.trouble == "1 NaN and 1 infinite")
        let empty = TensorStatistics([Double]())
        #expect(empty.low == nil && empty.mean == nil && empty.trouble == nil)
    }

    @Test func theFirstThatIsNotFiniteIsNamed() throws {
        let session = try session()
        StepWatch(stopsAtNonFinite: true).listen(to: session)
        #expect(try session.run("f", ["x": Tensor([1, 2, 3, 4], [1, 4])])["y"] != nil)
        let error = #expect(throws: NonFiniteResult.self) { try session.run("f", ["x": Tensor([1, 0, 3, 4], [1, 4])]) }
        #expect(error?.node == "log" && error?.description.contains("1 infinite of 4") == true)
    }

    @Test func watchedAndSaved() throws {
        let folder = try Scratch()
        let session = try session()
        let watch = StepWatch(watching: [NamePattern("s*")], savingTo: folder.path)
        var told: [String] = []
        watch.onRow = { told.append($0.node) }
        watch.listen(to: session)
        _ = try session.run("f", ["x": Tensor([1, 2, 3, 4], [1, 4])])
        #expect(told == ["soft"] && watch.rows.map(\.node) == ["fc", "log", "soft"])
        for row in watch.rows { #expect(FileManager.default.fileExists(atPath: folder.path + "/" + (try #require(row.file)))) }
    }

    @Test func comparisons() throws {
        func trace(_ x: [Float]) throws -> NodeTrace {
            let (session, trace) = (try session(), NodeTrace())
            trace.listen(to: session, function: "f")
            _ = try session.run("f", ["x": Tensor(x, [1, 4])])
            return trace
        }
        let same = NodeComparison(try trace([1, 2, 3, 4]), try trace([1, 2, 3, 4]))
        #expect(same.rows.map(\.node) == ["fc", "log", "soft"] && same.rows.allSatisfy { $0.error == 0 } && same.unmatched.isEmpty)
        #expect(same.firstDivergence(0) == nil && same.rows.allSatisfy { $0.milliseconds > 0 })
        let other = NodeComparison(try trace([1, 2, 3, 4]), try trace([2, 4, 6, 8]))
        #expect(abs(try #require(other.rows.first).error - 1) < 1e-6 && other.firstDivergence(0.5)?.node == "fc")
        // Softmax of logarithms keeps shares.
        #expect(try #require(other.rows.last).error < 1e-6)
        let recorded = NodeTrace(recorded: ["log": Tensor([0, 1, 2, 3], [1, 4]), "soft": Tensor([1], [1])])
        let against = NodeComparison(try trace([1, 2, 3, 4]), recorded)
        #expect(against.rows.map(\.node) == ["log"] && against.unmatched == ["fc", "soft"])
        #expect(NodeComparison.difference(Tensor(integers: [1, 2, 3, 4], [4]), Tensor(integers: [1, 2, 3, 5], [4])) == (0.25, 1))
        #expect(NodeComparison.difference(Tensor([.nan, 1], [2]), Tensor([.nan, 1], [2])).error == 0)
        #expect(NodeComparison.difference(Tensor([.nan, 1], [2]), Tensor([0, 1], [2])).error == .infinity)
    }
}
