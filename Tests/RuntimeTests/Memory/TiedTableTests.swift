import CKernels
import IR
import Passes
import TestSupport
import Testing

@testable import Runtime

/// A table of which rows are picked and which a dense layer multiplies with is kept once, in 8 bits.
@Suite struct TiedTableTests {
    private static let (rows, columns) = (1100, 72)

    private static func module(_ weight: Tensor) throws -> Module {
        var module = try Module(
            parsing: """
                module @tied stage(imported) {
                  const @w : f32[\(rows), \(columns)]
                  func @embed(%ids: i64[n]) -> (y: f32[n, \(columns)]) {
                    %0 = gather(@w, %ids) : f32[n, \(columns)] "embed"
                    return %0
                  }
                  func @logits(%x: f32[n, \(columns)]) -> (y: f32[n, \(rows)]) {
                    %0 = linear(%x, @w) : f32[n, \(rows)] "head"
                    return %0
                  }
                }
                """)
        module.setConstant(Constant(key: "w", weight))
        return module
    }

    /// Rows of one large weight are what has a rest beyond half range.
    private static let weights: [Tensor] = {
        var draw = SampleTensors(seed: 81)
        let plain = draw.floats([rows, columns])
        let spiky = draw.floats([rows, columns], -0.1...0.1).floats.enumerated().map { $0 % (columns * 9) == 5 ? 1 : $1 }
        return [plain, Tensor(spiky, [rows, columns])]
    }()

    @Test(arguments: [0, 1], [false, true]) func isKeptOnce(which: Int, halfRange: Bool) throws {
        let weight = TiedTableTests.weights[which]
        let rounded = try PassManager.run(TiedTableTests.module(weight), [.clean, .precision(.int8, halfRange: halfRange)]).module
        let keys = rounded.constants.keys.filter { $0.hasPrefix("w#") }.sorted()
        let key = "w#i8\(halfRange ? "(half)" : "")"
        #expect(keys == [key, "\(key).scale"])
        let packed = try PackedModule(rounded, for: Machine.active)
        #expect(packed.weights.count == 1 && packed.byteCount < 3 * TiedTableTests.rows * TiedTableTests.columns / 2)
        // What is read from panels is what the integers stand for.
        let levels = try #require(rounded.constants[key]?.tensor).integers,
            scale = try #require(rounded.constants["\(key).scale"]?.tensor).floats
        let ids = [0, 1099, 15, 16, 17, 500, 1088, 500]
        let made = try Session(Plan(rounded)).run("embed", ["ids": Tensor(integers: ids, [ids.count])])
        let columns = TiedTableTests.columns
        let expected = ids.flatMap { row in (0..<columns).map { Float(levels[row * columns + $0]) * scale[row] } }
        #expect(made["y"]?.floats == expected)
    }

    @Test func rowsThatAreNotThereAreRefused() throws {
        let rounded = try PassManager.run(TiedTableTests.module(TiedTableTests.weights[0]), [.clean, .precision(.int8)]).module
        let session = Session(try Plan(rounded))
        for bad in [-1, TiedTableTests.rows] {
            #expect(throws: RuntimeError.self) { try session.run("embed", ["ids": Tensor(integers: [3, bad], [2])]) }
        }
    }
}
