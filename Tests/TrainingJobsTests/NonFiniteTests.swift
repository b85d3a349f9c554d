import Files
import Foundation
import IR
import Inspect
import Testing

@testable import TrainingJobs

/// A loss that is no number stops the training, and is traced to where it came up.
@Suite struct NonFiniteTests {
    private func failure(_ shop: Workshop, _ options: GraphOptions, _ ear: Ear = Ear()) throws -> (WorkError, NonFiniteReport) {
        let error = #expect(throws: WorkError.self) { try shop.train(options, shop.settings(), ear) }
        let report = try JSONDecoder().decode(NonFiniteReport.self, from: Data(shop.bytes("out/\(NonFiniteReport.name)")))
        return (try #require(error), report)
    }

    /// Batches until a row is in one.
    private func batch(of row: Int, _ options: GraphOptions) throws -> Int {
        let task = try GraphTask(options) { _ in }
        return try #require((0..<task.schedule.count).first { try task.batch($0).rows.contains(row) }) + 1
    }

    @Test func anInputIsNamed() throws {
        let shop = try Workshop { arrays in
            var values = arrays["x"]?.floats ?? []
            values[11 * 3 + 1] = .nan
            arrays["x"] = Tensor(values, [Workshop.rows, 3])
        }
        let options = try shop.options(steps: 40)
        let (error, report) = try failure(shop, options)
        #expect(try report.batch == batch(of: 11, options))
        #expect(report.origin == NonFiniteOrigin(op: "input", name: "x", value: "nan"))
        #expect(report.samples.contains("row 11") && report.samples.count == 5)
        #expect(error.cause == .content && error.description.contains("batch \(report.batch): the loss is nan; input 'x' holds nan"))
        #expect(error.description.contains("row 11"))
    }

    /// The loss is finite until a weight makes the argument of the logarithm negative.
    @Test func aNodeIsNamed() throws {
        let shop = try Workshop { arrays in arrays["x"] = Tensor([Float](repeating: 0.5, count: Workshop.rows * 3), [Workshop.rows, 3]) }
        var options = try shop.options("logarithm", steps: 400)
        options.parameters = ["b.weight"]
        options.learningRate = 0.02
        let positive = try Workshop.positive(shop)
        options.model = positive
        let (error, report) = try failure(shop, options)
        #expect(report.batch > 4, "some steps went well: \(error)")
        #expect(report.origin?.op == "log" && report.origin?.name.contains("head.log") == true, "\(String(describing: report.origin))")
        #expect(["nan", "-inf"].contains(report.origin?.value))
        let last = (report.batch - 1) / 4 * 4
        #expect(shop.names("out/checkpoints").last == CheckpointFolder.name(last))
        #expect(error.description.contains("the checkpoint after batch \(last) is as it was"), "\(error)")
        #expect(shop.names("out").contains("model") == false)
    }
}

extension Workshop {
    /// The model with results that are above 0 at first.
    static func positive(_ shop: Workshop) throws -> String {
        var text = Workshop.text.replacing("tanh(%0)", with: "sigmoid(%0)")
        text = text.replacing("@mlp", with: "@positive")
        var module = try Module(parsing: text)
        for constant in module.constants.values {
            let shape = constant.type.staticShape ?? []
            module.setConstant(Constant(key: constant.key, Tensor([Float](repeating: 0.2, count: shape.reduce(1, *)), shape)))
        }
        let path = shop.file("positive.ir")
        try OutputFile.write(module.text(inlining: 1000), to: path)
        return path
    }
}
