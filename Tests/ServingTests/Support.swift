import Foundation
import Tessera
import TestSupport

@testable import Serving

/// Small models in a folder that goes with the object.
final class ModelFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-serving-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes as files are to be given to a server: under another name first.
    func write(_ name: String, _ bytes: some Collection<UInt8>) throws {
        let (file, hidden) = (path + "/" + name, path + "/.\(UUID().uuidString)")
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: hidden))
        guard rename(hidden, file) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    func write(_ name: String, _ text: String) throws { try write(name, text.utf8) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    /// A repository of the folder that looks at files when it is told to.
    func repository(_ change: (inout RepositoryConfiguration) -> Void = { _ in }) -> ModelRepository {
        var configuration = RepositoryConfiguration()
        (configuration.folder, configuration.pollInterval) = (path, nil)
        configuration.settings.threads = 1
        change(&configuration)
        return ModelRepository(configuration)
    }
}

/// Models as files.
enum Models {
    /// ONNX: y = relu(x · w) with a weight of `scale`, `times` layers of four by four.
    static func layers(_ scale: Float = 1, times: Int = 1) -> [UInt8] {
        let weight = (0..<16).map { scale * Float($0 % 5 - 2) / 3 }
        let nodes = (0..<times).flatMap { layer in
            let (input, output) = (layer == 0 ? "x" : "y\(layer)", layer == times - 1 ? "y" : "y\(layer + 1)")
            return [ONNXBytes.node("MatMul", [input, "w"], ["m\(layer)"]), ONNXBytes.node("Relu", ["m\(layer)"], [output])]
        }
        return ONNXBytes.model(
            ONNXBytes.graph(
                nodes, inputs: [ONNXBytes.value("x", 1, ["batch", "4"])], outputs: [ONNXBytes.value("y", 1, ["batch", "4"])],
                initializers: [ONNXBytes.floats("w", weight, [4, 4])]))
    }

    /// Running sums over the rows: no row but the first is what it is alone.
    static let mixing = """
        module @mixing stage(imported) {
          func @main(%x: f32[batch, 4]) -> (y: f32[batch, 4]) {
            %0 = cum_sum(%x) {axis: 0} : f32[batch, 4] "sum"
            return %0
          }
        }
        """

    /// Rows of a table by their numbers, of which there are two.
    static let table = """
        module @table stage(imported) {
          const @rows : f32[2, 3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
          func @main(%ids: i64[batch]) -> (y: f32[batch, 3]) {
            %0 = gather(@rows, %ids) {axis: 0} : f32[batch, 3] "pick"
            return %0
          }
        }
        """

    /// Two functions.
    static let pair = """
        module @pair stage(imported) {
          func @twice(%x: f32[n]) -> (y: f32[n]) {
            %0 = add(%x, %x) : f32[n] "add"
            return %0
          }
          func @square(%x: f32[n]) -> (y: f32[n]) {
            %0 = mul(%x, %x) : f32[n] "mul"
            return %0
          }
        }
        """
}

/// Holds what computes until it is let go, and counts.
final class Hold: @unchecked Sendable {
    private let lock = NSCondition()
    private var isOpen: Bool
    private var seen: [Int] = []

    init(open: Bool = false) { isOpen = open }

    /// Sizes of the batches that came so far.
    var batches: [Int] { lock.withLock { seen } }

    func pass(_ requests: Int) {
        lock.withLock {
            seen.append(requests)
            while !isOpen { lock.wait() }
        }
    }

    func open() {
        lock.withLock {
            isOpen = true
            lock.broadcast()
        }
    }

    func close() { lock.withLock { isOpen = false } }

    var hooks: ServingHooks {
        var made = ServingHooks()
        made.willRun = { [self] _, requests in pass(requests) }
        return made
    }
}

/// What was told, in order.
final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [RepositoryEvent] = []

    var kinds: [RepositoryEvent.Kind] { lock.withLock { all.map(\.kind) } }

    func note(_ event: RepositoryEvent) { lock.withLock { all.append(event) } }
}

/// Waits for what another thread brings about.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<20_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    throw TesseraError(.internal, "never happened: \(what)")
}

extension ModelRepository {
    /// Calls a model of one input and one output.
    nonisolated func call(
        _ model: String, _ values: [Float], _ shape: [Int]? = nil, version: String? = nil, function: String? = nil,
        deadline: ContinuousClock.Instant? = nil
    ) async throws -> InferenceResponse {
        let tensor = try Tensor(values, shape ?? [1, values.count])
        return try await infer(
            InferenceRequest(model, version: version, function: function, inputs: [NamedTensor("x", tensor)], deadline: deadline))
    }

    /// Waits until so many requests stand in the queue of `model`, and so many run.
    nonisolated func waits(_ model: String, waiting: Int, running: Int = 1) async throws {
        try await eventually("\(waiting) requests wait for \(model), \(running) run") {
            let found = try await statistics(model)
            return found.reduce(0) { $0 + $1.waiting } == waiting && found.reduce(0) { $0 + $1.running } == running
        }
    }

    func reason(_ model: String) async -> String { await index().first { $0.name == model }?.reason ?? "" }

    /// Names of the models with a reason that says `words`.
    func models(thatSay words: String) async -> [String] { await index().filter { $0.reason.contains(words) }.map(\.name) }
}

extension InferenceResponse {
    /// Numbers of the first output.
    var floats: [Float] { outputs.first?.tensor.floats ?? [] }
}

/// The error of serving that `body` throws; nil if it throws none.
func servingError(_ body: () async throws -> some Any) async -> ServingError? {
    do {
        _ = try await body()
        return nil
    } catch { return error as? ServingError }
}
