import Foundation
import Testing

@testable import Conformance
@testable import FourMSampling

@Suite struct ScheduleTests {
    @Test(needsShared)
    func goldenSchedules() throws {
        let caseJSON = try SchedulingGoldens.json("generation/schedules/case.json")
        let schedules = try SchedulingGoldens.json("generation/schedules/schedules.json")
        let outcome = ScheduleConformance.run(schedules: schedules, tolerance: .init(caseJSON: caseJSON))
        #expect(outcome.failures.isEmpty)
        #expect(outcome.checks > 1000)
    }

    @Test(needsShared)
    func conformanceNoticesAWrongValue() throws {
        var schedules = try SchedulingGoldens.json("generation/schedules/schedules.json")
        var raw = try #require(schedules["raw"] as? [[String: Any]])
        raw[0]["cosine"] = [7.0, 21, 32, 38, 38, 32, 22, 6.0]
        schedules["raw"] = raw
        let outcome = ScheduleConformance.run(
            schedules: schedules, tolerance: .init(absolute: 1e-9, relative: 1e-9))
        #expect(outcome.failures.count == 1)
        #expect(outcome.largestError == 1)
    }

    @Test(arguments: [(300, 196), (50, 16), (8, 784), (1, 1), (7, 5)])
    func executableCountsDecodeEverythingOnce(steps: Int, tokens: Int) throws {
        for schedule in TokenSchedule.allCases {
            let counts = try schedule.counts(steps: steps, tokens: tokens)
            let executable = TokenSchedule.executable(counts, total: tokens)
            #expect(executable.reduce(0, +) == tokens)
            #expect(executable.allSatisfy { $0 > 0 })
        }
    }

    @Test func executableChainKeepsTotalsAndSequences() throws {
        let chain = try ChainedSchedule(
            conditions: ["rgb@224"],
            targets: [
                TargetPlan(
                    target: "tok_depth@224", tokens: 196, scheme: .maskgit, steps: 300, tokenSchedule: .cosine),
                TargetPlan(target: "caption", tokens: 256, scheme: .autoregressive),
            ])
        let executable = chain.executable()
        #expect(chain.steps.contains { ($0.numTokens ?? 1) <= 0 })
        #expect(executable.steps.compactMap(\.numTokens).reduce(0, +) == 196)
        #expect(executable.targets == ["tok_depth@224", "caption"])
    }

    @Test func shortTemperatureListsLoseNoTokens() throws {
        let chain = try ChainedSchedule(
            conditions: [],
            targets: [
                TargetPlan(
                    target: "tok_depth@224", tokens: 5, scheme: .maskgit, steps: 7, tokenSchedule: .cosine,
                    temperature: 3, temperatureSchedule: .oneOverX(minimum: 0.5, power: 0.5))
            ])
        #expect(chain.steps.count == 7)
        #expect(chain.steps.compactMap(\.numTokens).reduce(0, +) == 5)
        #expect(chain.steps.suffix(2).allSatisfy { $0.temperature == 0.5 })
    }

    @Test func wholeNumberGuidanceIsAccepted() throws {
        let plan = try JSONDecoder().decode(GuidanceScale.self, from: Data("2".utf8))
        #expect(plan == .single(2))
        #expect(try JSONDecoder().decode(GuidanceScale.self, from: Data("[2, -1]".utf8)) == .weights([2, -1]))
        #expect(!GuidanceScale.single(1).isActive && plan.isActive)
    }

    @Test func schedulesRefuseWhatCannotBe() {
        #expect(throws: ScheduleError.stepCount(target: nil, steps: 0)) {
            try TokenSchedule.cosine.counts(steps: 0, tokens: 4)
        }
        #expect(throws: ScheduleError.tokenCount(target: "tok_rgb@224", tokens: -1)) {
            try TargetPlan(target: "tok_rgb@224", tokens: -1, scheme: .roar, steps: 2).counts()
        }
        #expect(throws: ScheduleError.malformedOneOverX("onex:0.5")) { try TemperatureSchedule(name: "onex:0.5") }
        #expect(throws: ScheduleError.guidanceScheduleNotSupported(target: "t", name: "cosine")) {
            try GuidanceSchedule(name: "cosine", target: "t")
        }
        #expect(throws: ScheduleError.schemeNotAllowed(target: "caption", scheme: .roar)) {
            try ChainedSchedule(
                conditions: [], targets: [TargetPlan(target: "caption", tokens: 4, scheme: .roar, steps: 2)],
                isSequence: { $0 == "caption" })
        }
        #expect(throws: ScheduleError.missing(what: "a token schedule (cosine or linear)", target: "t")) {
            try TargetPlan(target: "t", tokens: 4, scheme: .maskgit, steps: 2).counts()
        }
    }

    @Test(arguments: ["constant", "linear", "onex:0.5:0.25"])
    func temperatureNamesRoundTrip(name: String) throws {
        let schedule = try TemperatureSchedule(name: name)
        #expect(schedule.description == name)
        let data = try JSONEncoder().encode([schedule])
        #expect(try JSONDecoder().decode([TemperatureSchedule].self, from: data) == [schedule])
    }
}
