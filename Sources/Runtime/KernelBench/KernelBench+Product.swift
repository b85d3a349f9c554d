import CKernels
import IR

extension KernelBench {
    /// Times a dense layer, y [m, n] = x [m, k] · weight [n, k]ᵀ.
    /// - Parameter runs: timed calls of each candidate.
    /// - Throws: ``RuntimeError`` if a kernel refuses the sizes.
    package static func product(m: Int, n: Int, k: Int, runs: Int = 15) throws -> KernelBench {
        try SettingsLock.shared.whileUnchanged {
            let operations = 2 * Double(m) * Double(n) * Double(k)
            return try KernelBench(try Contender.products(m, n, k), operations: operations, runs: runs)
        }
    }
}

extension KernelBench.Contender {
    fileprivate static func products(_ m: Int, _ n: Int, _ k: Int) throws -> [Self] {
        let x = Tensor((0..<m * k).map { Float($0 % 31) * 0.06 - 0.9 }, [m, k])
        let formats: [(String, tk_weight_format, DType)] = [
            ("f32", TK_WEIGHT_F32, .f32), ("bf16", TK_WEIGHT_BF16, .bf16), ("f16", TK_WEIGHT_F16, .f16), ("w8", TK_WEIGHT_W8, .i8),
            ("w4", TK_WEIGHT_W4, .i4),
            ("w4a8", TK_WEIGHT_W4A8, .i4), ("i8", TK_WEIGHT_I8, .i8), ("i7", TK_WEIGHT_I7, .i8),
        ]
        return try plainProducts(m, n, k)
            + formats.flatMap { type, format, dtype in
                let weight = Tensor((0..<n * k).map { dtype == .i4 ? Double($0 % 15) - 7 : Double($0 % 29) - 14 }, [n, k], as: dtype)
                guard let packed = PackedWeight(weight.bytes, format, rows: n, columns: k, for: Machine.active) else {
                    throw RuntimeError("a weight \(n)×\(k) of \(type) cannot be packed")
                }
                return [(TK_PATH_FEW_ROWS, "few_rows"), (TK_PATH_PANELS, "panels")].map { path, name in
                    Self(type: type, kernel: name, isPicked: tk_packed_path_for(format, m) == path, run: call(x, packed, path, m, n, k))
                }
            }
    }

    /// OpenBLAS in f32, against our own kernels, and in f64, which has no others.
    private static func plainProducts(_ m: Int, _ n: Int, _ k: Int) -> [Self] {
        [DType.f32, .f64].map { dtype in
            let x = Tensor((0..<m * k).map { Double($0 % 31) * 0.06 - 0.9 }, [m, k], as: dtype)
            let weight = Tensor((0..<n * k).map { Double($0 % 29) - 14 }, [n, k], as: dtype)
            let y = StateTensor(zeros: dtype, [m, n])
            let product = BlasProduct(linear: dtype, m: m, n: n, k: k, xRows: k, weightRows: k)
            return Self(type: dtype.rawValue, kernel: "openblas", isPicked: dtype == .f64) {
                withExtendedLifetime((x, weight, y)) { product.run(x.bytes.pointer, weight.bytes.pointer, y.bytes.pointer) }
            }
        }
    }

    private static func call(
        _ x: Tensor, _ weight: PackedWeight, _ path: tk_packed_path, _ m: Int, _ n: Int, _ k: Int
    ) -> () -> tk_status {
        let (y, scale) = (StateTensor(zeros: .f32, [m, n]), Tensor([Float](repeating: 0.01, count: n), [n]))
        let groups = Tensor([Double](repeating: 0.01, count: (k / Int(TK_W4_GROUP) + 1) * n), [k / Int(TK_W4_GROUP) + 1, n], as: .bf16)
        var arguments = tk_packed_linear_args()
        (arguments.m, arguments.n, arguments.k, arguments.ldx, arguments.ldy) = (m, n, k, k, n)
        (arguments.format, arguments.path) = (weight.format, path)
        let scratch = Bytes(zeroed: tk_packed_linear_scratch(&arguments, tk_max_threads()))
        return {
            var arguments = arguments
            arguments.x = x.bytes.pointer.assumingMemoryBound(to: Float.self)
            arguments.main.weight = UnsafeRawPointer(weight.bytes.pointer)
            arguments.main.scale = scale.bytes.pointer.assumingMemoryBound(to: Float.self)
            arguments.main.group_scale = UnsafeRawPointer(groups.bytes.pointer)
            arguments.y = y.bytes.pointer.assumingMemoryBound(to: Float.self)
            return withExtendedLifetime((x, weight, y, scale, groups, scratch)) { tk_packed_linear(&arguments, scratch.pointer) }
        }
    }
}
