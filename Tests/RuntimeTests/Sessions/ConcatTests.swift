import IR
import Runtime
import TestSupport
import Testing

/// Concats whose operands are written in place, and enlarged pictures that convolutions read small.
@Suite struct ConcatTests {
    /// A skip connection that others read too, and a picture enlarged on the way back up.
    private static let unet = """
        module @m stage(clean) {
          const @first : f32[4, 4, 3, 3]
          const @down : f32[8, 4, 3, 3]
          const @middle : f32[6, 8, 3, 3]
          const @up : f32[6, 6, 3, 3]
          const @out : f32[3, 10, 3, 3]
          const @gamma : f32[6]
          func @main(%x: f32[n, 4, 2*k, 2*k]) -> (y: f32[n, 3, 2*k, 2*k], z: f32[n, 4, 2*k, 2*k]) {
            %0 = fused_conv(%x, @first) {activation: "silu", padding: [1, 1, 1, 1]} : f32[n, 4, 2*k, 2*k]
            %1 = conv(%0, @down) {padding: [1, 1, 1, 1], stride: [2, 2]} : f32[n, 8, k, k]
            %2 = conv(%1, @middle) {padding: [1, 1, 1, 1]} : f32[n, 6, k, k]
            %3 = resize(%2) {mode: "nearest", size: [2*k, 2*k]} : f32[n, 6, 2*k, 2*k]
            %4 = conv(%3, @up) {padding: [1, 1, 1, 1]} : f32[n, 6, 2*k, 2*k]
            %5 = group_norm(%4, @gamma) {eps: 0.1, groups: 2} : f32[n, 6, 2*k, 2*k]
            %6 = concat(%5, %0) {axis: 1} : f32[n, 10, 2*k, 2*k]
            %7 = conv(%6, @out) {padding: [1, 1, 1, 1]} : f32[n, 3, 2*k, 2*k]
            %8 = abs(%0) : f32[n, 4, 2*k, 2*k]
            return %7, %8
          }
        }
        """

    @Test(arguments: [(1, 3), (3, 3), (2, 6), (1, 1)])
    func skipConnectionsAndEnlargedPicturesAreNotCopied(_ batch: Int, _ half: Int) throws {
        let names = try tracedKernels(ConcatTests.unet, ["n": batch, "k": half])
        // The input and the two results, which callers have row-major. Pictures of one pixel lie both ways at once.
        if half > 1 { #expect(names.filter { $0 == "copy" }.count == 3, "\(names)") }
        #expect(!names.contains { $0.hasPrefix("resize") }, "\(names)")
    }

    /// Kernels of convolutions double pictures, no more: these are enlarged by a copy.
    @Test func otherFactorsAreCopied() throws {
        let tripled = ConcatTests.unet.replacing("2*k", with: "3*k").replacing("stride: [2, 2]", with: "stride: [3, 3]")
        let doubled = try tracedKernels(ConcatTests.unet, ["n": 1, "k": 2]), other = try tracedKernels(tripled, ["n": 1, "k": 2])
        #expect(other.count == doubled.count + 1, "\(other)")
    }

    @Test func rowsAreWrittenWhereTheyAreJoined() throws {
        let names = try tracedKernels(
            """
            module @m stage(clean) {
              const @w : f32[8, 8]
              func @main(%a: f32[1, n, 8], %b: f32[1, m, 8]) -> (y: f32[1, m + n, 8]) {
                %0 = linear(%a, @w) : f32[1, n, 8]
                %1 = tanh(%b) : f32[1, m, 8]
                %2 = abs(%0) : f32[1, n, 8]
                %3 = concat(%2, %1) {axis: 1} : f32[1, m + n, 8]
                return %3
              }
            }
            """, ["n": 3, "m": 5])
        #expect(!names.contains("copy"), "\(names)")
    }

    /// One operand twice, an operand that is a result too, and one that is read on.
    @Test func sharedOperandsKeepTheirValues() throws {
        let names = try tracedKernels(
            """
            module @m stage(clean) {
              func @main(%a: f32[1, 3], %b: f32[1, 3]) -> (y: f32[3, 3], z: f32[2, 3], t: f32[1, 3], u: f32[1, 3]) {
                %0 = tanh(%a) : f32[1, 3]
                %1 = abs(%b) : f32[1, 3]
                %2 = concat(%0, %0, %1) {axis: 0} : f32[3, 3]
                %3 = neg(%2) : f32[3, 3]
                %4 = sigmoid(%1) : f32[1, 3]
                %5 = concat(%4, %1) {axis: 0} : f32[2, 3]
                %6 = neg(%4) : f32[1, 3]
                %7 = exp(%1) : f32[1, 3]
                return %3, %5, %6, %7
              }
            }
            """, [:])
        // %0 twice into the first; %1, which lies there, into the second.
        #expect(names.filter { $0 == "copy" }.count == 3, "\(names)")
    }

    /// A part of which all other readers have a copy must not be overwritten in place through a view of it.
    @Test func partsAreKeptForTheirConcat() throws {
        _ = try tracedKernels(
            """
            module @m stage(clean) {
              const @w : f32[3, 3, 3, 3]
              func @main(%x: f32[1, 3, 4, 5]) -> (y: f32[2, 3, 4, 5], z: f32[1, 4, 5, 3], m: f32[1, 3, 4]) {
                %0 = conv(%x, @w) {padding: [1, 1, 1, 1]} : f32[1, 3, 4, 5]
                %1 = transpose(%0) {permutation: [0, 2, 3, 1]} : f32[1, 4, 5, 3]
                %2 = reduce_mean(%0) {axes: [3], keep_dims: false} : f32[1, 3, 4]
                %3 = tanh(%1) : f32[1, 4, 5, 3]
                %4 = concat(%0, %x) {axis: 0} : f32[2, 3, 4, 5]
                %5 = exp(%3) : f32[1, 4, 5, 3]
                return %4, %5, %2
              }
            }
            """, [:])
    }

    /// Pictures with gaps between pixels, read by all that keeps the order, and a concat of a concat.
    @Test(arguments: [1, 2])
    func partsAreReadBeforeTheyAreJoined(_ batch: Int) throws {
        _ = try tracedKernels(
            """
            module @m stage(clean) {
              const @w : f32[3, 3, 3, 3]
              const @v : f32[2, 12, 3, 3]
              func @main(%x: f32[n, 3, 4, 6], %e: f32[n, 0, 4, 6]) -> (y: f32[n, 2, 4, 6], z: f32[n, 3, 8, 12], t: f32[n, 3, 4, 6]) {
                %0 = conv(%x, @w) {padding: [1, 1, 1, 1]} : f32[n, 3, 4, 6]
                %1 = conv(%x, @w) {padding: [1, 1, 1, 1]} : f32[n, 3, 4, 6]
                %2 = silu(%0) : f32[n, 3, 4, 6]
                %3 = add(%0, %1) : f32[n, 3, 4, 6]
                %4 = resize(%0) {mode: "nearest", size: [8, 12]} : f32[n, 3, 8, 12]
                %5 = concat(%0, %1) {axis: 1} : f32[n, 6, 4, 6]
                %6 = concat(%e, %5, %2, %3) {axis: -3} : f32[n, 12, 4, 6]
                %7 = conv(%6, @v) {padding: [1, 1, 1, 1]} : f32[n, 2, 4, 6]
                %8 = tanh(%1) : f32[n, 3, 4, 6]
                return %7, %4, %8
              }
            }
            """, ["n": batch])
    }
}
