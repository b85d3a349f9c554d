import Foundation
import IR
import Passes
import Runtime
import Testing

@testable import Inspect

/// Parts of a job.
@Suite struct TimelineTests {
    private struct Failure: Error {}

    private func recorded(_ most: Int = 1000) -> Timeline {
        let timeline = Timeline("job", most: most)
        timeline.record {
            TimeSpan.measure(.load, "model") { TimeSpan.measure(.compile) {} }
            for _ in 0..<3 {
                TimeSpan.measure(.step, "caption") {
                    TimeSpan.measure(.call, "decode_step") {}
                    TimeSpan.count(2)
                }
            }
            // A part that throws ends too.
            do { try TimeSpan.measure(.write) { throw Failure() } } catch {}
        }
        return timeline
    }

    @Test func partsOfOneNameAreOne() {
        let job = TimelineReport(recorded()).job
        #expect(job.kind == .job && job.name == "job" && job.tokens == 6 && job.share == 1)
        #expect(job.parts.map(\.kind) == [.load, .step, .write] && job.parts.map(\.calls) == [1, 3, 1])
        #expect(job.parts[0].parts.map(\.kind) == [.compile] && job.parts[1].parts.map(\.calls) == [3])
        #expect(job.parts[1].tokens == 6 && job.parts[1].tokensPerSecond != nil && job.parts[0].tokensPerSecond == nil)
        #expect(job.seconds >= job.parts.reduce(0) { $0 + $1.seconds })
    }

    @Test func nothingIsHeardOutside() {
        TimeSpan.measure(.load, "before") {}
        let timeline = Timeline("job")
        timeline.record {}
        TimeSpan.measure(.load, "after") {}
        TimeSpan.count(5)
        #expect(timeline.entries.count == 1 && timeline.entries[0].tokens == 0)
    }

    /// What is not kept begins and ends without a trace, and what is open goes on.
    @Test func partsBeyondTheMostAreNotKept() {
        let entries = recorded(4).entries
        #expect(entries.map(\.span.kind) == [.job, .load, .compile, .step])
        #expect(entries.map(\.parent) == [-1, 0, 1, 0] && entries[0].tokens == 6)
        #expect(entries.allSatisfy { $0.end >= $0.start })
    }

    @Test func sessionsTellOfCallsAndPlans() throws {
        let text = """
            module @m stage(clean) {
              func @f(%x: f32[n, 4]) -> (y: f32[n, 4]) {
                %0 = exp(%x) : f32[n, 4] "e"
                return %0
              }
            }
            """
        let session = Session(try Plan(Module(parsing: text)))
        let timeline = Timeline("job")
        try timeline.record { for _ in 0..<2 { _ = try session.run("f", ["x": Tensor([1, 2, 3, 4], [1, 4])]) } }
        #expect(timeline.entries.map(\.span) == [TimeSpan(.job, "job"), TimeSpan(.plan, "f"), TimeSpan(.call, "f"), TimeSpan(.call, "f")])
    }

    @Test func textAndTrace() throws {
        let timeline = recorded()
        let report = TimelineReport(timeline)
        let text = report.text(least: 0)
        #expect(text.contains("\n  step caption") && text.contains("\n    call decode_step"))
        let json = try #require(JSONSerialization.jsonObject(with: Data(TraceFile(timeline).text(report).utf8)) as? [String: Any])
        let events = try #require(json["traceEvents"] as? [[String: Any]]).filter { $0["ph"] as? String == "X" }
        #expect(events.count == timeline.entries.count && events.contains { $0["name"] as? String == "step caption" })
        let job = (json["tessera"] as? [String: Any])?["job"] as? [String: Any]
        #expect(job?["tokens"] as? Int == 6)
    }
}
