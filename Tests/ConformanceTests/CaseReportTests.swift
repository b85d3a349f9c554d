import Conformance
import Foundation
import IR
import Testing

/// The comparer must be able to fail.
@Suite("Case reports") struct CaseReportTests {
    static let reference = Tensor([1, 2, 3, 4] as [Float], [2, 2])

    private func report(_ actual: Tensor?, _ expected: Tensor?, absolute: Double? = nil) -> CaseReport {
        var report = CaseReport(tolerance: Tolerance(absolute: 0.01, relative: 0.001))
        report.compare("x", actual, expected, absolute: absolute)
        return report
    }

    @Test func acceptsWhatIsWithinTheTolerance() {
        let close = report(Tensor([1.0109, 2, 3, 4] as [Float], [2, 2]), Self.reference)
        #expect(close.failures == [])
        #expect(close.comparisons == 4)
        #expect(close.largestError.name == "x")
        #expect(abs(close.largestError.value - 0.0109) < 1e-6)
    }

    @Test func refusesAWrongValue() {
        #expect(report(Tensor([1.012, 2, 3, 4] as [Float], [2, 2]), Self.reference).failures.count == 1)
        #expect(report(Tensor([1, 2, 3, 3.98] as [Float], [2, 2]), Self.reference).failures.count == 1)
    }

    @Test func anAbsoluteToleranceOfARunReplacesTheCase() {
        let actual = Tensor([1.05, 2, 3, 4] as [Float], [2, 2])
        #expect(report(actual, Self.reference).failures.count == 1)
        #expect(report(actual, Self.reference, absolute: 0.05).failures == [])
    }

    @Test func refusesAnotherShapeWithTheSameValues() {
        #expect(report(Tensor([1, 2, 3, 4] as [Float], [4]), Self.reference).failures.count == 1)
        #expect(report(Tensor([1, 2] as [Float], [1, 2]), Self.reference).failures.count == 1)
    }

    @Test func nonFiniteValuesMustBeTheSame() {
        let odd = Tensor([.nan, .infinity, -.infinity, 1] as [Float], [4])
        #expect(report(odd, odd).failures == [])
        let others: [[Float]] = [
            [0, .infinity, -.infinity, 1], [.nan, .nan, -.infinity, 1], [.nan, .infinity, .infinity, 1],
            [.nan, .infinity, -.infinity, .nan],
        ]
        for other in others {
            #expect(report(Tensor(other, [4]), odd).failures.count == 1)
        }
    }

    @Test func integersAndBooleansMustBeEqual() {
        let ids = Tensor(integers: [1, 2, 3], [3])
        #expect(report(Tensor(integers: [1, 2, 3], [3], as: .i32), ids).failures == [])
        #expect(report(Tensor(integers: [1, 2, 4], [3]), ids).failures.count == 1)
        #expect(report(Tensor([1, 2, 3] as [Float], [3]), ids).failures.count == 1)
        let flags = Tensor(bools: [true, false], [2])
        #expect(report(Tensor(bools: [true, true], [2]), flags).failures.count == 1)
    }

    @Test func missingTensorsFail() {
        #expect(report(nil, Self.reference).failures.count == 1)
        #expect(report(Self.reference, nil).failures.count == 1)
    }

    @Test func everyOutputMustBeCompared() {
        var report = CaseReport(tolerance: Tolerance(absolute: 0, relative: 0))
        report.compare("a", Self.reference, Self.reference)
        report.requireAll(["a": Self.reference])
        #expect(report.failures == [])
        report.requireAll(["a": Self.reference, "b": Self.reference])
        #expect(report.failures.count == 1)
    }

    @Test func checksAndForeignFindingsFail() {
        var report = CaseReport(tolerance: Tolerance(absolute: 0, relative: 0))
        report.check(true, "fine")
        report.add([], checks: 3)
        #expect(report.comparisons == 4)
        #expect(report.failures == [])
        report.check(false, "wrong")
        report.add(["worse"], checks: 1)
        report.accept("c", because: false, "bad")
        #expect(report.failures == ["wrong", "worse", "bad"])
    }
}

/// Cases as folders on disk: verdicts of the whole run.
@Suite("Case runs") struct CaseRunTests {
    private func run(_ files: [String: String]) throws -> CaseResult {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-case-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        return Conformance.run(folder)
    }

    @Test func aCaseThatComparesNothingFails() throws {
        let result = try run([
            "case.json": #"{"kind": "checkpoint_metadata", "parameters": {"file": "m.json"}}"#, "m.json": "[]",
        ])
        #expect(result.verdict == .fail)
        #expect(result.detail.contains("nothing was compared"))
    }

    @Test func rightAndWrongExpectations() throws {
        func verdict(_ value: String, _ type: String) throws -> CaseResult.Verdict {
            let entry = #"[{"text": "12:30", "value": \#(value), "type": "\#(type)"}]"#
            return try run([
                "case.json": #"{"kind": "checkpoint_metadata", "parameters": {"file": "m.json"}}"#, "m.json": entry,
            ]).verdict
        }
        #expect(try verdict("750", "int") == .pass)
        #expect(try verdict("751", "int") == .fail)
        #expect(try verdict("750", "float") == .fail)
        #expect(try verdict(#""12:30""#, "str") == .fail)
    }

    @Test func unknownKindsAreUnsupported() throws {
        #expect(try run(["case.json": #"{"kind": "poetry"}"#]).verdict == .unsupported)
    }

    @Test(arguments: [nil, "", "[]", "{}", "{\"kind\": 3}", "{"])
    func unreadableCasesFail(_ json: String?) throws {
        let result = try run(json.map { ["case.json": $0] } ?? [:])
        #expect(result.verdict == .fail)
        #expect(result.detail.contains("case.json"))
    }

    @Test(arguments: [
        "fm_forward", "generation_run", "generation_multi_guided", "generation_schedules", "sampling_filter", "schedulers",
        "text_tokenizer", "span_merge", "structures", "image_preprocess", "image_depth_normal", "tokenizer_vqvae",
        "tokenizer_divae", "checkpoint_load", "checkpoint_alias", "checkpoint_metadata", "checkpoint_corrupt", "checkpoint_pth",
    ])
    func everyKindFailsWithoutItsFiles(_ kind: String) throws {
        let result = try run(["case.json": #"{"kind": "\#(kind)", "parameters": {}}"#])
        #expect(result.verdict == .fail, "\(result.line)")
    }
}
