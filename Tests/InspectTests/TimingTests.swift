import IR
import Inspect
import Testing

@Suite struct TimingTests {
    /// As NumPy has them: `percentile`, and `std` with one degree of freedom less.
    @Test func figuresOfRuns() {
        let timing = Timing([4, 1, 3, 2, 10])
        #expect(timing.runs == 5 && timing.min == 1 && timing.median == 3 && timing.mean == 4)
        #expect(abs(timing.sd - 3.5355339) < 1e-6)
        #expect(abs(timing.p90 - 7.6) < 1e-9 && abs(timing.p99 - 9.76) < 1e-9)
        #expect(Timing([1, 2, 3, 4]).median == 2.5)
    }

    @Test func oneRunHasNoSpread() {
        let timing = Timing([7])
        #expect(timing.median == 7 && timing.p99 == 7 && timing.sd == 0)
        #expect(Timing([]).median == 0)
    }

    @Test func millisecondsHaveThreeDigits() {
        let texts = [0.2841, 9.994, 13.31, 275.68, 1204.2].map { Human.milliseconds($0) }
        #expect(texts == ["0.284", "9.994", "13.31", "275.7", "1204"])
    }
}

@Suite struct ProfileTests {
    /// A convolution may lay out its input first: two steps, one call.
    @Test func stepsOfANodeAreOneCall() {
        let profile = Profile()
        for (kernel, isFirst) in [("copy", true), ("conv", false), ("copy", true), ("conv", false)] {
            profile.add(kernel: kernel, node: "conv 'a'", isFirst: isFirst, nanoseconds: 5)
        }
        #expect(profile.nodes.map(\.calls) == [2] && profile.kernels.map(\.calls) == [2, 2])
    }
}
