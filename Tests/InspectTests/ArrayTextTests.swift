import Formats
import Foundation
import IR
import Passes
import Testing

@testable import Inspect

/// Numbers of tensors, as `inspect --weights --values` prints and saves them.
@Suite struct ArrayTextTests {
    @Test func smallTensorsAreShownWhole() {
        #expect(ArrayText(Tensor([1, -2.5, 0, 10], [2, 2]), most: 1000).text == "[[ 1.0 -2.5]\n [ 0.0 10.0]]")
        #expect(ArrayText(Tensor(integers: [7], []), most: 1000).text == "7")
        #expect(ArrayText(Tensor([1, -2.25], [2]), most: 1000).text == "[ 1.0  -2.25]")
        #expect(ArrayText(Tensor([0.1], [1], as: .f16), most: 1000).text == "[0.1]")
        #expect(ArrayText(Tensor([], [0, 3]), most: 1000).text == "[]")
        #expect(ArrayText(Tensor([Float.nan, .infinity], [2]), most: 1000).text == "[nan inf]")
        #expect(ArrayText(Tensor(bools: [true, false], [2]), most: 1000).text == "[ true false]")
        #expect(ArrayText(Tensor(strings: ["a", "b\n"], [2]), most: 1000).text.contains("\\u{A}"))
    }

    @Test func matricesStandApart() {
        #expect(ArrayText(Tensor(integers: [1, 2], [2, 1, 1]), most: 1000).text == "[[[1]]\n\n [[2]]]")
    }

    @Test func ofLargeTensorsTheEndsOfEachAxis() {
        let tensor = Tensor((0..<2000).map { Float($0) }, [20, 100])
        let lines = ArrayText(tensor, most: 1000).text.split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines.first == "[[   0.0    1.0    2.0 …   97.0   98.0   99.0]")
        #expect(lines[3].contains("…") && lines.last?.hasSuffix("1999.0]]") == true)
    }

    /// The ends of twelve axes would be all of it.
    @Test func manyAxesBecomeOne() {
        let text = ArrayText(Tensor(zeros: .u8, [Int](repeating: 2, count: 12)), most: 1000).text
        #expect(text == "as one axis: [0 0 0 … 0 0 0]")
    }

    @Test func elementsArePickedFromPackedTypes() {
        let packed = Tensor(integers: [1, -8, 7, 3, -1], [5], as: .i4)
        #expect(packed.picking([1, 4, 9]) == Tensor(integers: [-8, -1], [2], as: .i4))
        #expect(Tensor([1, 2, 3], [3]).picking([2, 0]) == Tensor([3, 1], [2]))
    }

    private static let module = """
        module @m stage(clean) {
          const @a.w : f32[2, 2] = [1.0, 2.0, 3.0, 4.0]
          func @f(%x: f32[n, 2]) -> (y: f32[n, 2]) {
            %0 = linear(%x, @a.w) : f32[n, 2] "a"
            return %0
          }
        }

        """

    @Test func valuesOfAModelAreSaved() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("values-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var values = try TensorValues(Module(parsing: Self.module), pattern: NamePattern("a.*"))
        #expect(values.tensors.first?.first == [.single(1), .single(2), .single(3), .single(4)] && values.tensors.first?.last == nil)
        #expect(values.text().hasPrefix("a.w: f32[2, 2]\n[[1.0 2.0]"))
        try values.save(to: folder.path)
        let file = try #require(values.tensors.first?.file)
        #expect(try NumpyFile.read(file) == Tensor([1, 2, 3, 4], [2, 2]))
        #expect(throws: WorkError.self) { try TensorValues(Module(parsing: Self.module), pattern: NamePattern("b")) }
    }

    @Test func keysBecomeNamesOfFiles() {
        #expect(TensorFileName.of("a.w", among: ["a.w"]) == "a.w")
        #expect(TensorFileName.of("/a/w", among: ["/a/w"]) == "a/w")
        #expect(TensorFileName.of("/a/w", among: ["/a/w", "a/w"]) == "%2Fa%2Fw")
        #expect(TensorFileName.of("../a", among: ["../a"]) == "%2E.%2Fa")
    }
}
