import IR
import Runtime
import TestSupport
import Testing

/// Elementwise steps that run as one.
@Suite struct ElementwiseChainTests {
    @Test(arguments: [(1, 1), (3, 7), (40, 500), (2, 5000)])
    func neighboursAreJoined(_ rows: Int, _ columns: Int) throws {
        let names = try tracedKernels(
            """
            module @m stage(clean) {
              const @half : f32[]
              func @main(%x: f32[r, c], %row: f32[c], %column: f32[r, 1]) -> (y: f32[r, c]) {
                %0 = add(%x, %row) : f32[r, c]
                %1 = tanh(%0) : f32[r, c]
                %2 = mul(%1, %column) : f32[r, c]
                %3 = max(%2, @half) : f32[r, c]
                %4 = mul(%x, %3) : f32[r, c]
                return %4
              }
            }
            """, ["r": rows, "c": columns])
        #expect(names == ["binary.add+unary.tanh+binary.mul+binary.max+binary.mul"], "\(names)")
    }

    /// The first row is read by every row, so no block may pass it before all have read it.
    @Test func whatIsReadElsewhereEndsAChain() throws {
        let names = try tracedKernels(
            """
            module @m stage(clean) {
              func @main(%x: f32[40, 300]) -> (y: f32[40, 300]) {
                %0 = tanh(%x) : f32[40, 300]
                %1 = slice(%0) {axis: 0, end: <1>, start: <0>} : f32[1, 300]
                %2 = add(%0, %1) : f32[40, 300]
                %3 = neg(%2) : f32[40, 300]
                return %3
              }
            }
            """, [:])
        #expect(names == ["unary.tanh", "binary.add+unary.neg"], "\(names)")
    }

    @Test func matricesOfOtherShapesAreApart() throws {
        let names = try tracedKernels(
            """
            module @m stage(clean) {
              func @main(%x: f32[6, 4], %a: f32[4], %b: f32[6]) -> (y: f32[4, 6]) {
                %0 = add(%x, %a) : f32[6, 4]
                %1 = reshape(%0) {shape: [4, 6]} : f32[4, 6]
                %2 = add(%1, %b) : f32[4, 6]
                return %2
              }
            }
            """, [:])
        #expect(names == ["binary.add", "binary.add"], "\(names)")
    }

    /// What one chain alone writes and reads has no memory but a block of it.
    @Test func intermediateResultsTakeNoMemory() throws {
        let module = try Module(
            parsing: """
                module @m stage(clean) {
                  func @main(%x: f32[n]) -> (y: f32[n], z: f32[n]) {
                    %0 = abs(%x) : f32[n]
                    %1 = neg(%x) : f32[n]
                    %2 = mul(%0, %1) : f32[n]
                    %3 = add(%2, %x) : f32[n]
                    %4 = sub(%2, %1) : f32[n]
                    return %3, %4
                  }
                }
                """)
        for count in [1, 5, 5000, 100_003] {
            let session = Session(try Plan(module))
            var draw = SampleTensors(seed: 9)
            let inputs = ["x": draw.floats([count])]
            #expect(try session.run("main", inputs) == Interpreter.run(module, "main", inputs))
            #expect(session.peakArenaBytes == 0)
        }
    }

    @Test func chainsHaveAnEnd() throws {
        let lines = (0..<19).map { "%\($0) = neg(%\($0 == 0 ? "x" : "\($0 - 1)")) : f32[5]" }
        let names = try tracedKernels(
            "module @m stage(clean) {\n func @main(%x: f32[5]) -> (y: f32[5]) {\n\(lines.joined(separator: "\n"))\nreturn %18\n}\n}", [:])
        #expect(names.map { $0.split(separator: "+").count } == [16, 3], "\(names)")
    }
}
