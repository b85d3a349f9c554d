import CKernels
import COpenBLAS
import IR

/// A plain product by OpenBLAS: f64, and f32 where this machine has no vector instructions that our own kernels know.
struct BlasProduct {
    private var arguments: tk_product_args
    private let gemm: tk_gemm

    /// Whether products of `dtype` go to OpenBLAS here.
    static func isPreferred(_ dtype: DType) -> Bool { dtype == .f64 || (dtype == .f32 && Machine.active == .generic) }

    /// - Parameter sizes: those of the product, of which `alpha` is 1.
    init(_ sizes: tk_matmul_args, _ dtype: DType) {
        arguments = tk_product_args()
        arguments.element_size = dtype.byteWidth
        (arguments.m, arguments.n, arguments.k) = (sizes.m, sizes.n, sizes.k)
        (arguments.transpose_a, arguments.transpose_b) = (sizes.transpose_a, sizes.transpose_b)
        (arguments.lda, arguments.ldb, arguments.ldc) = (sizes.lda, sizes.ldb, sizes.ldc)
        (arguments.batch_outer, arguments.batch_inner) = (sizes.batch_outer, sizes.batch_inner)
        (arguments.a_outer, arguments.a_inner) = (sizes.a_outer, sizes.a_inner)
        (arguments.b_outer, arguments.b_inner) = (sizes.b_outer, sizes.b_inner)
        (arguments.c_outer, arguments.c_inner) = (sizes.c_outer, sizes.c_inner)
        gemm = dtype == .f64 ? co_dgemm : co_sgemm
    }

    /// x [m, k] · weight [n, k]ᵀ, rows apart as given.
    init(linear dtype: DType, m: Int, n: Int, k: Int, xRows: Int, weightRows: Int) {
        var sizes = tk_matmul_args()
        (sizes.m, sizes.n, sizes.k, sizes.transpose_b) = (m, n, k, 1)
        (sizes.lda, sizes.ldb, sizes.ldc) = (max(xRows, 1), max(weightRows, 1), max(n, 1))
        (sizes.batch_outer, sizes.batch_inner) = (1, 1)
        self.init(sizes, dtype)
    }

    func emit(_ context: LoweringContext, _ a: View, _ b: View, _ y: View) {
        let (x0, x1, out, template, gemm) = (a.ref, b.ref, y.ref, arguments.boxed, gemm)
        context.emit("product.openblas", [a, b, y]) { memory in
            var arguments = template.value
            (arguments.a, arguments.b, arguments.c) = (UnsafeRawPointer(memory.raw(x0)), UnsafeRawPointer(memory.raw(x1)), memory.raw(out))
            return Outcome(tk_product(&arguments, gemm))
        }
    }

    /// One product of given operands, for benchmarks.
    func run(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ y: UnsafeMutableRawPointer) -> tk_status {
        var arguments = arguments
        (arguments.a, arguments.b, arguments.c) = (a, b, y)
        return tk_product(&arguments, gemm)
    }
}
