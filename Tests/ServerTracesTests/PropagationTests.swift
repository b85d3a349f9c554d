import Testing
import Tracing

@testable import ServerTraces

/// W3C's Trace Context, and which traces are recorded.
@Suite struct PropagationTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test func theParentIsTheClients() throws {
        let file = TracedFile()
        let tracer = try file.tracer(share: 0)
        let headers = ["traceparent": "00-\(Self.trace)-\(Self.span)-01", "tracestate": "a=1"]
        let span = tracer.span("request", below: tracer.context(headers), .server)
        #expect(span.isRecording)
        var sent: [String: String] = [:]
        tracer.inject(span.context, into: &sent, using: Carrier())
        span.end()
        tracer.forceFlush()
        let told = try #require(try file.spans().first)
        #expect(told["traceId"]?.string == Self.trace && told["parentSpanId"]?.string == Self.span && told["traceState"]?.string == "a=1")
        #expect(told["flags"]?.int == 0x301)
        let own = try #require(told["spanId"]?.string)
        #expect(own != Self.span && sent == ["traceparent": "00-\(Self.trace)-\(own)-01", "tracestate": "a=1"])
    }

    @Test func whatTheClientDoesNotRecordIsNotRecorded() throws {
        let file = TracedFile()
        let tracer = try file.tracer(share: 1)
        let span = tracer.span("request", below: tracer.context(["traceparent": "00-\(Self.trace)-\(Self.span)-00"]))
        let child = tracer.span("child", below: span.context)
        #expect(!span.isRecording && !child.isRecording)
        var sent: [String: String] = [:]
        tracer.inject(child.context, into: &sent, using: Carrier())
        // The trace goes on all the same.
        #expect(sent["traceparent"]?.hasPrefix("00-\(Self.trace)-") == true && sent["traceparent"]?.hasSuffix("-00") == true)
        child.end()
        span.end()
        tracer.forceFlush()
        #expect(try file.lines().isEmpty)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-01-x", "ff-\(trace)-\(span)-01", "00-\(trace)-\(span)-0g",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-\(span)-01",
        "00_\(trace)_\(span)_01", "01-\(trace)-\(span)-01x", " 0-\(trace)-\(span)-01",
    ])
    func damagedParentsAreNone(header: String) {
        #expect(TraceIdentity(header: header, state: nil) == nil)
    }

    @Test func laterVersionsMaySayMore() {
        let found = TraceIdentity(header: "cc-\(Self.trace)-\(Self.span)-03-more", state: String(repeating: "x", count: 600))
        #expect(found?.header == "00-\(Self.trace)-\(Self.span)-01" && found?.state == "")
    }

    @Test func aShareOfTracesIsRecorded() {
        let (none, all, some) = (TraceSampler(share: 0), TraceSampler(share: 1), TraceSampler(share: 0.25))
        let edge = UInt64(1) << 56
        #expect(!none.samples(edge - 1) && !none.samples(UInt64.max) && all.samples(0) && all.samples(edge))
        #expect(some.samples(edge - 1) && some.samples(edge / 4 * 3) && !some.samples(edge / 4 * 3 - 1) && !some.samples(0))
    }
}
