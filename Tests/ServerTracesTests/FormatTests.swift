import Formats
import Foundation
import Testing
import Tracing

@testable import ServerTraces

/// Lines of the file against OTLP's JSON form.
@Suite struct FormatTests {
    private struct Failure: Error {}

    @Test func aLineIsARequestToExport() throws {
        let file = TracedFile()
        let tracer = try file.tracer()
        tracer.span("one").end()
        tracer.forceFlush()
        let lines = try file.lines()
        let resource = try #require(lines.first?["resourceSpans"]?.array?.first)
        #expect(lines.count == 1 && resource["resource"]?.attribute("service.name")?["stringValue"]?.string == "tessera")
        #expect(resource["resource"]?.attribute("service.version")?["stringValue"]?.string == "1.2.3")
        #expect(resource["resource"]?.attribute("process.pid")?["intValue"]?.string == "\(getpid())")
        let scope = try #require(resource["scopeSpans"]?.array?.first)
        #expect(scope["scope"]?["name"]?.string == "tessera-serve" && scope["spans"]?.array?.count == 1)
        #expect(scope["schemaUrl"]?.string?.hasPrefix("https://opentelemetry.io/schemas/") == true)
    }

    @Test func spansHaveNumbersTimesAndStatus() throws {
        let file = TracedFile()
        let tracer = try file.tracer()
        let parent = tracer.span("parent", .server)
        let child = tracer.startSpan(
            "child", context: parent.context, ofKind: .internal,
            at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 1_700_000_000_123_456_789),
            function: #function, file: #fileID, line: #line)
        child.recordError(Failure())
        child.addLink(SpanLink(context: parent.context, attributes: [:]))
        child.setStatus(SpanStatus(code: .error, message: "no"))
        child.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 1_700_000_000_123_456_790))
        // What comes behind the end counts no more.
        child.operationName = "late"
        child.end()
        parent.end()
        tracer.forceFlush()
        let spans = try file.spans()
        try #require(spans.count == 2)
        let (inner, outer) = (spans[0], spans[1])
        #expect(inner["traceId"]?.string?.wholeMatch(of: /[0-9a-f]{32}/) != nil && inner["traceId"]?.string == outer["traceId"]?.string)
        #expect(inner["spanId"]?.string?.wholeMatch(of: /[0-9a-f]{16}/) != nil && inner["parentSpanId"]?.string == outer["spanId"]?.string)
        #expect(outer["parentSpanId"] == nil && outer["kind"]?.int == 2 && inner["kind"]?.int == 1 && inner["name"]?.string == "child")
        #expect(inner["startTimeUnixNano"]?.string == "1700000000123456789" && inner["endTimeUnixNano"]?.string == "1700000000123456790")
        #expect(inner["status"]?["code"]?.int == 2 && inner["status"]?["message"]?.string == "no" && outer["status"] == nil)
        #expect(inner["flags"]?.int == 0x101)
        let event = try #require(inner["events"]?.array?.first)
        #expect(event["name"]?.string == "exception" && event["timeUnixNano"]?.string != nil)
        #expect(event.attribute("exception.type")?["stringValue"]?.string == "Failure")
        #expect(inner["links"]?.array?.first?["spanId"]?.string == outer["spanId"]?.string)
    }

    @Test func valuesHaveTheirTypes() throws {
        let file = TracedFile()
        let tracer = try file.tracer()
        let span = tracer.span("values")
        span.attributes = [
            "text": .string("a\"\n/é"), "long": .string(String(repeating: "x", count: 5000)), "flag": .bool(true),
            "large": .int64(Int64.min), "small": .int32(7), "number": .double(0.5), "nan": .double(.nan), "infinite": .double(-.infinity),
            "texts": .stringArray(["a", "b"]), "integers": .int64Array([1, 2]),
        ]
        span.end()
        tracer.forceFlush()
        let told = try #require(try file.spans().first)
        #expect(told.attribute("text")?["stringValue"]?.string == "a\"\n/é")
        #expect(told.attribute("long")?["stringValue"]?.string?.count == 1024)
        #expect(told.attribute("flag")?["boolValue"]?.bool == true && told.attribute("small")?["intValue"]?.string == "7")
        #expect(told.attribute("large")?["intValue"]?.string == "-9223372036854775808")
        #expect(told.attribute("number")?["doubleValue"]?.double == 0.5)
        #expect(told.attribute("nan")?["doubleValue"]?.string == "NaN")
        #expect(told.attribute("infinite")?["doubleValue"]?.string == "-Infinity")
        #expect(told.attribute("texts")?["arrayValue"]?["values"]?.array?.map { $0["stringValue"]?.string } == ["a", "b"])
        #expect(told.attribute("integers")?["arrayValue"]?["values"]?.array?.last?["intValue"]?.string == "2")
    }
}
