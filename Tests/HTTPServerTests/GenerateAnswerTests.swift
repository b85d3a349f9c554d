import Foundation
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
            #expect(throws: GenerateFailure.self) { try AnswerForm(accept: accept) }
        }
    }

    @Test func errorsHaveTheStatusOfTheirCategory() {
        let full = GenerateFailure(ServingError.queueFull(model: "shapes", retryAfter: .milliseconds(1200)))
        #expect(full.status.code == 429 && full.retryAfter == 2)
        #expect(GenerateFailure(ServingError.unknownModel("x")).status.code == 404)
        #expect(GenerateFailure(ServingError.deadlineExceeded(model: "x")).status.code == 504)
        #expect(GenerateFailure(ServingError.draining).status.code == 503)
        for category in ErrorCategory.allCases {
            #expect(GenerateFailure(TesseraError(category, "x")).status.code == category.httpStatus)
        }
    }

    @Test func headersAreReadAsTheyAreWritten() {
        #expect(HeaderText.main(" Multipart/Form-Data ; boundary=x") == "multipart/form-data")
        #expect(HeaderText.parameter("boundary", of: #"multipart/form-data; charset=utf-8; Boundary="a\"b;c""#) == #"a"b;c"#)
        #expect(HeaderText.parameter("filename", of: "form-data; name=x") == nil)
        #expect(HeaderText.parameter("name", of: "form-data; filename=\"name=y\"; name=x") == "x")
    }
}
