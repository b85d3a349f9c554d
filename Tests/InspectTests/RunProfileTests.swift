import Foundation
import IR
import Passes
import Runtime
import Testing

@testable import Inspect

/// Where the time of runs went.
@Suite struct RunProfileTests {
    private static let text = """
        module @m stage(clean) {
          const @w : f32[4, 4] = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
          func @f(%x: f32[n, 4]) -> (y: f32[n, 4]) {
            %0 = linear(%x, @w) : f32[n, 4] "block.0.fc"
            %1 = softmax(%0) {axis: 1} : f32[n, 4] "block.0.soft"
            %2 = linear(%1, @w) : f32[n, 4] "block.1.fc"
            return %2
          }
        }
        """

    private static let peaks = MachinePeaks(f32Flops: 1e9, bf16Flops: nil, i8Ops: nil, bytesPerSecond: 1e9, threads: 1)

    private func recorded(runs: Int) throws -> (BenchUnit, StepRecorder) {
        let session = Session(try Plan(Module(parsing: Self.text)))
        let unit = try BenchUnit(session, ["f"], ["n": 3], given: [:], feeds: [:])
        let recorder = StepRecorder()
        recorder.listen(to: unit)
        for _ in 0..<runs { try recorder.run { try unit.run() } }
        return (unit, recorder)
    }

    private func profile(runs: Int = 3) throws -> (RunProfile, StepRecorder) {
        let (unit, recorder) = try recorded(runs: runs)
        let settings = RunProfile.Settings(precision: "f32", peaks: Self.peaks, counterNotice: "no counters")
        return (RunProfile(unit, recorder, counted: nil, settings), recorder)
    }

    @Test func nodesKeepTheirNamesAndOrder() throws {
        let (profile, recorder) = try profile()
        #expect(profile.runs == 3 && recorder.runs.count == 3 && profile.functions == ["f"] && profile.sizes == ["n": 3])
        let names = profile.nodes.map(\.name)
        #expect(names.filter { $0.hasPrefix("block") } == ["block.0.fc", "block.0.soft", "block.1.fc"])
        #expect(profile.nodes.allSatisfy { $0.function == "f" && $0.steps > 0 && $0.figures.milliseconds > 0 })
        #expect(abs(profile.operators.reduce(0) { $0 + $1.figures.share } - 1) < 0.5)
        #expect(profile.nodes(by: .name).map(\.name) == names.sorted())
        #expect(profile.text(top: 1, by: .time).contains("more nodes; --top N shows more"))
    }

    /// 2 · 3 · 4 · 4 operations a layer, by its own account.
    @Test func workComesFromTheOperators() throws {
        let (profile, _) = try profile()
        let layer = try #require(profile.nodes.first { $0.name == "block.1.fc" })
        #expect(layer.figures.flops == 96 && layer.figures.bytes > 0 && layer.bound != nil)
        let time = layer.figures.milliseconds / 1e3
        #expect(abs(layer.figures.gflops - 96 / time / 1e9) < 1e-6 * layer.figures.gflops)
    }

    @Test func blocksHoldTheirNodes() throws {
        let (profile, _) = try profile()
        let blocks = Dictionary(profile.blocks.map { ($0.path, $0) }) { first, _ in first }
        #expect(profile.blocks.first?.parent == -1 && profile.blocks.first?.count == profile.nodes.count)
        #expect(blocks["block.0"]?.count == 2 && blocks["block.1"]?.count == 1)
    }

    @Test func timesForPages() throws {
        let (profile, _) = try profile()
        let times = NodeTimes(profile)
        let known = try #require(times.secondsByName["f"])
        #expect((known["block.0.soft"] ?? 0) > 0 && known["stranger"] == nil)
        #expect(times.seconds["f"]?.count == Set(profile.nodes.map(\.number)).count)
    }

    /// Nodes may have one name: they take their steps in order.
    @Test func placesOfEqualNames() throws {
        let module = try Module(
            parsing: """
                module @m stage(clean) {
                  func @f(%x: f32[n, 4]) -> (y: f32[n, 4]) {
                    %0 = exp(%x) : f32[n, 4] "same"
                    %1 = exp(%0) : f32[n, 4] "same"
                    return %1
                  }
                }
                """)
        var places = Places(try #require(module.function("f")))
        for _ in 0..<2 {
            places.restart()
            #expect(places.row(of: "exp 'same'", isFirst: true) == 0)
            #expect(places.row(of: "exp 'same'", isFirst: false) == 0)
            #expect(places.row(of: "exp 'same'", isFirst: true) == 1)
            #expect(places.row(of: "outputs", isFirst: true) == 2)
        }
        #expect(places.names == ["same", "same", "outputs"] && places.ops[2] == "copy" && places.nodeCount == 2)
    }

    /// Events of a track lie within each other or apart, and JSON is JSON.
    @Test func traces() throws {
        let (profile, recorder) = try profile(runs: 2)
        let text = try TraceFile(recorder, profile).text(profile)
        let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let events = try #require(json["traceEvents"] as? [[String: Any]])
        #expect((json["tessera"] as? [String: Any])?["runs"] as? Int == 2)
        let complete = events.filter { $0["ph"] as? String == "X" }
        #expect(complete.filter { $0["cat"] as? String == "run" }.count == 2)
        #expect(complete.filter { $0["name"] as? String == "block.0" }.count == 2)
        for track in [1, 2] {
            var open: [Double] = []
            let own = complete.filter { $0["tid"] as? Int == track }.compactMap { event -> (Double, Double)? in
                guard let start = event["ts"] as? Double, let length = event["dur"] as? Double else { return nil }
                return (start, start + length)
            }
            #expect(!own.isEmpty)
            for (start, end) in own.sorted(by: { ($0.0, -$0.1) < ($1.0, -$1.1) }) {
                while let last = open.last, last <= start + 1e-6 { open.removeLast() }
                #expect(end <= (open.last ?? .infinity) + 1e-6)
                open.append(end)
            }
        }
        let node = try #require(complete.first { $0["name"] as? String == "block.0.fc" })
        let arguments = try #require(node["args"] as? [String: Any])
        #expect(arguments["flops"] as? Double == 96 && arguments["kernel"] != nil)
    }

    @Test func countersAddUpOrSayWhyNot() throws {
        let counters = ThreadCounters()
        let before = counters.read()
        var sum = 0.0
        for number in 0..<100_000 { sum += Double(number).squareRoot() }
        let spent = counters.read().since(before)
        #expect(sum > 0)
        if let instructions = spent.instructions { #expect(instructions > 100_000) }
        if spent.instructions == nil { #expect(counters.refusal?.contains("instructions") == true) }
        #expect(counters.isEmpty == (spent == CounterValues()))
    }

    @Test func sumsOfCounters() {
        let (a, b) = (CounterValues(cycles: 4, instructions: 8), CounterValues(cycles: 1, instructions: 10, pageFaults: 3))
        #expect(a.adding(b) == CounterValues(cycles: 5, instructions: 18))
        #expect(a.since(b) == CounterValues(cycles: 3, instructions: 0) && a.perCycle == 2 && CounterValues().perCycle == nil)
    }
}
