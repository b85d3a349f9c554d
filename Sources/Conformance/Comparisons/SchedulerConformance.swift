import FourMSampling

/// Compares diffusion schedulers with golden cases of kind `schedulers`.
package enum SchedulerConformance {
    /// - Parameters: the parsed `case.json` and the arrays of its `inputs.safetensors` and `outputs.safetensors`.
    package static func run(
        caseJSON: [String: Any], inputs: ConformanceArrays, outputs: ConformanceArrays
    ) -> ConformanceOutcome {
        var run = SchedulerRun(
            inputs: inputs, outputs: outputs, tolerance: Tolerance(caseJSON: caseJSON))
        let parameters = caseJSON["parameters"] as? [String: Any]
        for (index, item) in (parameters?["items"] as? [[String: Any]] ?? []).enumerated() {
            run.compare(item, index: index)
        }
        if run.outcome.checks == 0 { run.outcome.fail("schedulers", "parameters.items is missing") }
        return run.outcome
    }
}

private struct SchedulerRun {
    var inputs: ConformanceArrays
    var outputs: ConformanceArrays
    var tolerance: Tolerance
    var outcome = ConformanceOutcome()

    mutating func compare(_ item: [String: Any], index: Int) {
        let what = item["what"] as? String ?? "?"
        let output = item["output"] as? String ?? ""
        let name = "\(what) \(output.isEmpty ? "item \(index)" : output)"
        let failsInReference = item["official_error"] != nil
        do {
            let values = try values(what, item)
            if failsInReference {
                outcome.pass()
            } else if let expected = outputs[output] {
                outcome.close(name, values, expected.values, tolerance)
            } else {
                outcome.fail(name, "there is no such output")
            }
        } catch {
            if failsInReference || item["non_finite"] as? Bool == true {
                outcome.pass()
            } else {
                outcome.fail(name, "\(error)")
            }
        }
    }

    private func values(_ what: String, _ item: [String: Any]) throws -> [Double] {
        switch what {
        case "threshold": return try threshold(item)
        case "alphas_cumprod": return try scheduler(item).noiseTable.alphasCumprod.map { Double($0) }
        case "timesteps":
            var scheduler = try scheduler(item)
            let mode = TimestepMode(rawValue: item["mode"] as? String ?? "") ?? .leading
            return try scheduler.timesteps(count: integer("num_inference_steps", item), mode: mode).map { Double($0) }
        case "step": return try step(item)
        default: throw MissingItem(description: "unknown comparison '\(what)'")
        }
    }

    private func step(_ item: [String: Any]) throws -> [Double] {
        var scheduler = try scheduler(item)
        let timestep = try integer("timestep", item)
        _ = try scheduler.timesteps(
            count: integer("num_inference_steps", item),
            mode: scheduler.configuration.timestepSpacing ?? .leading)
        let noise = scheduler.needsNoise(at: timestep) ? try floats("noise") : nil
        return try scheduler.step(
            modelOutput: try floats("model_output"), timestep: timestep, sample: try floats("sample"),
            batch: inputs["sample"]?.shape.first ?? 1, noise: noise
        ).map { Double($0) }
    }

    private func threshold(_ item: [String: Any]) throws -> [Double] {
        var configuration = SchedulerConfiguration()
        configuration.prediction = .sample
        configuration.thresholding = true
        configuration.thresholdingRatio = try number("ratio", item)
        configuration.sampleMaxValue = try number("sample_max_value", item)
        let factor = Float(try number("sample_scale", item))
        let sample = try floats("sample").map { $0 * factor }
        var clean = CleanPrediction()
        let batch = max(inputs["sample"]?.shape.first ?? 1, 1)
        sample.withUnsafeBufferPointer {
            clean.predict(
                $0, outputStride: sample.count / batch, sample: $0, batch: batch, alpha: 0.5, configuration)
        }
        return clean.image.map { Double($0) }
    }

    private func scheduler(_ item: [String: Any]) throws -> any DiffusionScheduler {
        guard let kind = SchedulerKind(rawValue: item["scheduler"] as? String ?? "") else {
            throw MissingItem(description: "unknown scheduler")
        }
        var keywords = item["kwargs"] as? [String: Any] ?? [:]
        keywords["eta"] = item["eta"]
        return try SchedulerConfiguration(kind: kind, keywords: keywords).makeScheduler(kind)
    }

    private func floats(_ name: String) throws -> [Float] {
        guard let array = inputs[name] else { throw MissingItem(description: "input '\(name)' is missing") }
        return array.values.map { Float($0) }
    }

    private func integer(_ key: String, _ item: [String: Any]) throws -> Int {
        guard let value = item[key] as? Int else { throw MissingItem(description: "'\(key)' is missing") }
        return value
    }

    private func number(_ key: String, _ item: [String: Any]) throws -> Double {
        guard let value = item[key] as? Double else { throw MissingItem(description: "'\(key)' is missing") }
        return value
    }
}

private struct MissingItem: Error, CustomStringConvertible {
    var description: String
}
