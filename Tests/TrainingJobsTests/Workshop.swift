import Files
import Formats
import Foundation
import IR
import Inspect
import Synchronization
import Testing

@testable import TrainingJobs

/// A folder with a small model, data for it and outputs, which is removed when the object goes.
final class Workshop: Sendable {
    let path: String

    static let rows = 24

    /// y = b · tanh(a · x + c), and a head that takes the logarithm of y.
    static let text = """
        module @mlp stage(imported) {
          const @a.weight : f32[6, 3]
          const @a.bias : f32[6]
          const @b.weight : f32[2, 6]
          func @main(%x: f32[n, 3]) -> (y: f32[n, 2], logarithm: f32[n, 2]) {
            %0 = linear(%x, @a.weight, @a.bias) : f32[n, 6] "a"
            %1 = tanh(%0) : f32[n, 6] "hidden"
            %2 = linear(%1, @b.weight) : f32[n, 2] "b"
            %3 = log(%2) : f32[n, 2] "head.log"
            return %2, %3
          }
        }
        """

    /// - Parameter change: of the arrays of the data.
    init(_ change: (inout [String: Tensor]) -> Void = { _ in }) throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-train-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        path = URL(fileURLWithPath: place).resolvingSymlinksInPath().path
        var module = try Module(parsing: Self.text)
        let random = CounterRandom(seed: 7)
        for (stream, constant) in module.constants.values.sorted(by: { $0.key < $1.key }).enumerated() {
            let shape = constant.type.staticShape ?? []
            module.setConstant(Constant(key: constant.key, Self.normal(shape, random.substream(UInt64(stream)))))
        }
        try IRTextWriter.write(module, to: file("mlp.ir"))
        let x = Self.normal([Self.rows, 3], random.substream(100))
        let target = x.floats.indices.filter { $0 % 3 < 2 }.map { x.floats[$0] * 0.5 - 0.25 }
        var arrays = ["x": x, "target": Tensor(target, [Self.rows, 2])]
        arrays["class"] = Tensor(integers: (0..<Self.rows).map { $0 % 2 }, [Self.rows])
        change(&arrays)
        try NumpyArchive.write(arrays, to: file("data.npz"))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private static func normal(_ shape: [Int], _ random: CounterRandom) -> Tensor {
        let count = shape.reduce(1, *)
        return Tensor((0..<count).map { Float(random.uniform(at: UInt64($0)) * 2 - 1) }, shape)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func bytes(_ name: String) throws -> [UInt8] { try InputFile.bytes(file(name)) }

    func names(_ folder: String) -> [String] { OutputFolder.names(in: file(folder)).sorted() }

    func options(_ loss: String = "mse(y,target)", steps: Int = 12) throws -> GraphOptions {
        var options = GraphOptions(model: file("mlp.ir"), loss: try LossFormula(loss), data: file("data.npz"))
        options.length = .steps(steps)
        options.batch = 5
        options.learningRate = 0.05
        return options
    }

    func settings(_ output: String = "out") -> TrainingJobSettings {
        var settings = TrainingJobSettings(output: file(output))
        settings.checkpointEvery = 4
        settings.logEvery = 2
        return settings
    }

    @discardableResult
    func train(
        _ options: GraphOptions, _ settings: TrainingJobSettings, _ listener: Ear = Ear(),
        until stop: @escaping (Int) -> Bool = { _ in false }
    ) throws -> TrainingReport {
        let task = try GraphTask(options) { listener.note($0) }
        var asked = 0
        return try TrainingJob(task, settings, listener: listener).run {
            defer { asked += 1 }
            return stop(asked)
        }
    }
}

/// Hears what a job says.
final class Ear: JobListener, Sendable {
    private let heard = Mutex<[String]>([])

    var notes: [String] { heard.withLock { $0 } }

    func says(_ part: String) -> Bool { notes.contains { $0.contains(part) } }

    func note(_ text: String) { heard.withLock { $0.append(text) } }
    func detail(_ text: String) { note("detail: " + text) }
    func warn(_ text: String) { note("warning: " + text) }
    func line(_ text: String) { note("line: " + text) }
    var drawsBars: Bool { false }
    func progress(_ title: String) -> any JobProgress { Silence() }

    private final class Silence: JobProgress {
        func update(_ share: Double, detail: String) {}
        func finish() {}
    }
}
