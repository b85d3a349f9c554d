import IR
import TestSupport
import Testing

@testable import FourM
@testable import FourMModels

/// Which guidance branches share a batch, and that sharing changes nothing but time.
@Suite(.serialized) struct BranchTests {
    private let model: FourMModel

    init() throws { model = try LoadedBundle(path: DemoBundle.folder).model() }

    /// A set of one row that shows so many depth tokens and asks for the classes of all patches.
    private func set(_ visible: Int, rows: Int = 1) throws -> ModalitySet {
        var set = ModalitySet()
        let count = try model.modality("tok_depth@224").maxTokens
        let ids = (0..<count).map { $0 * 7 % 200 }
        set["tok_depth@224"] = ModalityBatch(
            .tokens([[Int]](repeating: ids, count: rows)),
            inputMask: [[Bool]](repeating: (0..<count).map { $0 >= visible }, count: rows),
            targetMask: [[Bool]](repeating: [Bool](repeating: true, count: count), count: rows),
            decoderAttention: [[Int]](repeating: [Int](repeating: 0, count: count), count: rows))
        return set
    }

    @Test func setsOfLikeLengthShareABatch() throws {
        #expect(model.sharedBatches([try set(190), try set(196)]) == [[1, 0]])
        #expect(model.sharedBatches([try set(3), try set(1), try set(20)]) == [[2, 0, 1]])
    }

    @Test func aShortSetIsNotPaddedToALongOne() throws {
        #expect(model.sharedBatches([try set(196), try set(2)]) == [[0], [1]])
        #expect(model.sharedBatches([try set(2), try set(196), try set(3), try set(180)]) == [[1, 3], [2, 0]])
        #expect(model.sharedBatches([try set(40, rows: 8), try set(2, rows: 8)]) == [[0], [1]])
    }

    @Test func aSetThatSeesNothingStandsAlone() throws {
        #expect(model.sharedBatches([try set(3), try set(0), try set(3)]) == [[0], [1], [2]])
    }

    @Test func logitsComeInTheOrderOfTheSets() throws {
        let sets = [try set(2), try set(196), try set(5), try set(150)]
        let positions = [Array(0..<9)]
        let together = try model.branchLogits("tok_semseg@224", positions: positions, sets)
        #expect(together.count == sets.count)
        for (set, logits) in zip(sets, together) {
            let alone = try model.logits("tok_semseg@224", positions: positions, model.encode(set))
            #expect(logits.shape == alone.shape)
            #expect((zip(logits.floats, alone.floats).map { abs($0 - $1) }.max() ?? 1) < 1e-4)
        }
        #expect(together[0].floats != together[1].floats)
    }

    @Test func joinedStatesHideTheirPadding() throws {
        let sets = [try set(2), try set(196, rows: 2), try set(150)]
        let states = try model.branchStates(sets)
        #expect(states.count == 1)
        let state = try #require(states.first)
        #expect(state.batch == 4 && state.length == 196)
        let visible = (0..<4).map { row in (0..<196).filter { state.mask.bytes.buffer[row * 196 + $0] == 0 }.count }
        #expect(visible == [2, 196, 196, 150])
        #expect(state.modalityIDs.map { ids in ids.filter { $0 >= 0 }.count } == visible)
        let query = try model.queries("tok_semseg@224", positions: [[Int]](repeating: [4, 8], count: 4))
        let together = try model.decode(query, state)
        let alone = try model.decode(model.queries("tok_semseg@224", positions: [[4, 8]]), model.encode(sets[0]))
        #expect((zip(together.row(0).floats, alone.floats).map { abs($0 - $1) }.max() ?? 1) < 1e-4)
    }
}
