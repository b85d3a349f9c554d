import Formats
import Foundation
import HTTPTypes
import NIOCore
import Serving
import Tessera
import Testing

@testable import HTTPServer

@Suite struct GenerateAnswerTests {
    @Test(arguments: [
        (nil, AnswerForm.json), ("", .json), ("*/*", .json), ("application/json", .json), ("image/png", .png), ("image/*", .png),
        ("text/event-stream", .events), ("text/event-stream, */*;q=0.1", .events), ("image/png;q=0.5, application/json;q=0.4", .png),
        ("application/json;q=0, */*", .events), ("TEXT/Event-Stream ; q=1", .events),
    ]) func theBestFormIsTaken(_ accept: String?, _ form: AnswerForm) throws {
        #expect(try AnswerForm(accept: accept) == form)
    }

    @Test func otherFormsAreNotAcceptable() {
        for accept in ["text/html", "image/jpeg", "application/json;q=0"] {
            #expect(throws: AnswerError.self) { try AnswerForm(accept: accept) }
        }
    }

    /// An error in a stream says what its answer would have.
    @Test func errorsHaveTheStatusOfTheirCategory() {
        func status(_ error: any Error) -> Int? { GenerateAnswer.failure(error)["status"]?.int }
        #expect(status(ServingError.unknownModel("x")) == 404)
        #expect(status(ServingError.deadlineExceeded(model: "x")) == 504)
        #expect(status(ServingError.queueFull(model: "x", retryAfter: .seconds(1))) == 429)
        #expect(status(AnswerError(.contentTooLarge, "x")) == 413)
        for category in ErrorCategory.allCases { #expect(status(TesseraError(category, "x")) == category.httpStatus) }
    }

    @Test func headersAreReadAsTheyAreWritten() {
        #expect(HeaderText.main(" Multipart/Form-Data ; boundary=x") == "multipart/form-data")
        #expect(HeaderText.parameter("boundary", of: #"multipart/form-data; charset=utf-8; Boundary="a\"b;c""#) == #"a"b;c"#)
        #expect(HeaderText.parameter("filename", of: "form-data; name=x") == nil)
        #expect(HeaderText.parameter("name", of: "form-data; filename=\"name=y\"; name=x") == "x")
    }

    /// Nothing is lost of what was put, and room comes back with what the client took.
    @Test func eventsThatWaitAreCounted() async {
        let queue = EventQueue()
        let event = ByteBuffer(repeating: 0, count: 1 << 20)
        var count = 0
        while !queue.isFull, count < 100 {
            queue.put(event)
            count += 1
        }
        #expect(count == 9)
        queue.put(event)
        queue.finish()
        var taken = 0
        for await event in queue.events {
            queue.took(event)
            taken += 1
            if taken == 2 { #expect(!queue.isFull) }
        }
        #expect(taken == 10 && !queue.isFull)
    }
}
