import FourMSampling

/// Compares filtered probabilities with golden cases of kind `sampling_filter`.
package enum SamplingConformance {
    /// - Parameters: the parsed `case.json` and the arrays of its `inputs.safetensors` and `outputs.safetensors`.
    package static func run(
        caseJSON: [String: Any], inputs: ConformanceArrays, outputs: ConformanceArrays
    ) -> ConformanceOutcome {
        var outcome = ConformanceOutcome()
        let tolerance = Tolerance(caseJSON: caseJSON)
        let parameters = caseJSON["parameters"] as? [String: Any]
        for item in parameters?["cases"] as? [[String: Any]] ?? [] {
            compare(item, inputs, outputs, tolerance, &outcome)
        }
        if outcome.checks == 0 { outcome.fail("sampling_filter", "parameters.cases is missing") }
        return outcome
    }

    private static func compare(
        _ item: [String: Any], _ inputs: ConformanceArrays, _ outputs: ConformanceArrays,
        _ tolerance: Tolerance, _ outcome: inout ConformanceOutcome
    ) {
        let name = item["output"] as? String ?? "?"
        guard let logits = inputs[item["logits"] as? String ?? ""], let expected = outputs[name],
            let vocabulary = logits.shape.last, vocabulary > 0, let temperature = item["temperature"] as? Double,
            let topP = item["top_p"] as? Double, let topK = topK(item)
        else { return outcome.fail(name, "its logits, its output or a setting is missing") }
        do {
            let filter = try SamplingFilter(temperature: temperature, topK: topK, topP: topP)
            var sampler = RowSampler(filter: filter)
            var values: [Double] = []
            for start in stride(from: 0, to: logits.values.count - vocabulary + 1, by: vocabulary) {
                let row = logits.values[start..<start + vocabulary].map { Float($0) }
                values += try sampler.probabilities(row).map { Double($0) }
            }
            outcome.close(name, values, expected.values, tolerance)
        } catch {
            outcome.fail(name, "\(error)")
        }
    }

    private static func topK(_ item: [String: Any]) -> TopKLimit? {
        guard let value = item["top_k"] as? Double else { return nil }
        guard value > 0 else { return .off }
        return item["top_k_type"] as? String == "int" ? .count(Int(min(value, 0x1p40))) : .fraction(value)
    }
}
