import Exporters
import Formats
import IR
import Importers
import TestSupport
import Testing

/// Every sample of every operator, written as ONNX and read back, gives what it gave.
@Suite struct SampleRoundTripTests {
    /// Operators that standard ONNX has nothing for, or not in these versions.
    static let unsaid: Set<String> = [
        "pack", "bit_cast", "cum_prod", "tree_ensemble", "pairwise_coupling", "average_pool", "max_pool", "sample", "resize",
        "quantized_linear", "quantized_gated_linear", "string_concat", "cast", "eq", "ne", "lt", "le", "gt", "ge", "lookup", "where",
        "scatter_reduce", "and", "or", "xor", "not", "conv_weight_gradient", "turn_filter", "group_norm_gradient", "resize_gradient",
    ]

    /// `evaluate` is slow; large samples are there for kernels.
    static let mostElements = 3000

    @Test(arguments: RoundTrip.opsets)
    func samples(opset: Int) throws {
        for sample in OperatorSamples.all where sample.inputs.allSatisfy({ ($0?.count ?? 0) <= SampleRoundTripTests.mostElements }) {
            let (module, inputs) = try SampleRoundTripTests.module(sample)
            let expected = try Interpreter.run(module, "main", values: inputs)
            do {
                let back = try RoundTrip.module(module, opset: opset)
                let results = try Interpreter.run(back, ONNXImporter.functionName, values: inputs)
                // Products of 8-bit integers are exact in the exported model.
                let tolerance = sample.name.contains("int8") ? 0.2 : 1e-5
                for (name, value) in expected {
                    #expect(RoundTrip.same(value, results[name], tolerance), "\(sample) at \(opset): \(name)")
                }
            } catch let error as ONNXExportError {
                // Scales of rows have no form, and types and blocks came with later versions.
                let isQuantizer = ["quantize", "dequantize"].contains(sample.opName) && (opset < 21 || sample.name.contains("row"))
                #expect(SampleRoundTripTests.unsaid.contains(sample.opName) || isQuantizer, "\(sample) at \(opset): \(error)")
            } catch {
                Issue.record("\(sample) at \(opset): \(error)")
            }
        }
    }

    /// One application, with the sizes that the sample binds.
    static func module(_ sample: OperatorSample) throws -> (Module, [String: Datum]) {
        var (module, graph) = (Module(name: "sample", stage: .clean), Graph(name: "main"))
        var (operands, inputs): ([ValueID?], [String: Datum]) = ([], [:])
        for (index, tensor) in sample.inputs.enumerated() {
            guard let tensor else { operands.append(nil); continue }
            operands.append(try graph.addInput("x\(index)", tensor.type))
            inputs["x\(index)"] = .tensor(tensor)
        }
        let op = try sample.op.substituting(sample.binding.mapValues { Dim($0) })
        for (index, value) in try graph.add(op, operands, name: "node").enumerated() { try graph.addOutput("y\(index)", value) }
        module.setFunction(graph)
        return (module, inputs)
    }
}
