import IR
import Training

/// Small functions with a loss.
enum Models {
    /// loss = Σ w · g + Σ v · h: the gradients are g and h.
    static func linear() throws -> Module {
        try Module(
            parsing: """
                module @linear stage(imported) {
                  const @w : f32[5] = [0.5, -1.25, 2.0, 0.0, -0.75]
                  const @v : f32[1] = [3.0]
                  func @main(%g: f32[5], %h: f32[1]) -> (loss: f32[]) {
                    %0 = mul(@w, %g) : f32[5]
                    %1 = reduce_sum(%0) {axes: [0]} : f32[]
                    %2 = mul(@v, %h) : f32[1]
                    %3 = reduce_sum(%2) {axes: [0]} : f32[]
                    %4 = add(%1, %3) : f32[]
                    return %4
                  }
                }
                """)
    }

    /// Two dense layers with a tanh, the mean squared error over n rows, and a buffer that counts batches and keeps a mean of x.
    static func network() throws -> Module {
        var module = try Module(
            parsing: """
                module @network stage(imported) {
                  const @first.weight : f32[7, 3]
                  const @first.bias : f32[7]
                  const @second.weight : f32[2, 7]
                  const @mean : f32[3]
                  func @main(%x: f32[n, 3], %target: f32[n, 2]) -> (loss: f32[], mean: f32[3], output: f32[n, 2]) {
                    %0 = sub(%x, @mean) : f32[n, 3]
                    %1 = linear(%0, @first.weight, @first.bias) : f32[n, 7]
                    %2 = tanh(%1) : f32[n, 7]
                    %3 = linear(%2, @second.weight, _) : f32[n, 2]
                    %4 = sub(%3, %target) : f32[n, 2]
                    %5 = square(%4) : f32[n, 2]
                    %6 = reduce_mean(%5) {axes: [0, 1]} : f32[]
                    %7 = reduce_mean(%x) {axes: [0]} : f32[3]
                    %8 = fill() {dtype: f32, shape: [], value: 0.5} : f32[]
                    %9 = sub(%7, @mean) : f32[3]
                    %10 = mul(%9, %8) : f32[3]
                    %11 = add(@mean, %10) : f32[3]
                    return %6, %11, %3
                  }
                }
                """)
        let random = CounterRandom(seed: 5)
        for (stream, (key, shape)) in [("first.weight", [7, 3]), ("first.bias", [7]), ("second.weight", [2, 7])].enumerated() {
            let values = random.substream(UInt64(stream)).normals(shape.reduce(1, *))
            module.setConstant(Constant(key: key, Tensor(values, shape)))
        }
        module.setConstant(Constant(key: "mean", Tensor(zeros: .f32, [3])))
        return module
    }

    static let networkParameters = ["first.weight", "first.bias", "second.weight"]

    /// Batch number `index` of ``network()``.
    static func batch(_ index: Int, rows: Int = 4) -> [String: Tensor] {
        let random = CounterRandom(seed: 17).substream(UInt64(index))
        return [
            "x": Tensor(random.substream(0).normals(rows * 3), [rows, 3]),
            "target": Tensor(random.substream(1).normals(rows * 2), [rows, 2]),
        ]
    }

    static func trained(buffers: [String] = ["mean"]) throws -> TrainedFunction {
        TrainedFunction(
            try network(), name: "main",
            groups: [
                ParameterGroup(weightDecay: 0.1, parameters: ["first.weight", "second.weight"]),
                ParameterGroup(learningRateScale: 0.5, parameters: ["first.bias"]),
            ], buffers: buffers)
    }
}
