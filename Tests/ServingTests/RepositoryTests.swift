import Foundation
import Tessera
import TestSupport
import Testing

@testable import Serving

@Suite struct RepositoryTests {
    private let folder: ModelFolder
    private let log = Log()
    private let ones: [Float] = [4, 3, 2, 1]

    init() throws { folder = try ModelFolder() }

    private func started(_ change: (inout RepositoryConfiguration) -> Void = { _ in }) async -> ModelRepository {
        let repository = folder.repository {
            $0.log = log.note
            change(&$0)
        }
        await repository.start()
        return repository
    }

    /// What `Models.layers(scale)` gives for `ones`.
    private func expected(_ scale: Float) throws -> [Float] {
        try folder.write(".alone.onnx", Models.layers(scale))
        let session = try Model(folder.path + "/.alone.onnx").compiled().makeSession(threads: 1)
        return try #require(try session.run("main", ["x": Tensor(ones, [1, 4])])["y"]).floats
    }

    @Test func theFolderSaysWhatIsServed() async throws {
        try folder.write("flat.onnx", Models.layers())
        try folder.write("many/1/model.onnx", Models.layers(2))
        try folder.write("many/12/model.onnx", Models.layers(3))
        try folder.write("many/next/model.onnx", Models.layers(4))
        try folder.write("text.ir", Models.pair)
        try folder.write(".hidden.onnx", Models.layers())
        try folder.write("notes.txt", "no model")
        let repository = await started()
        let index = await repository.index()
        #expect(
            index.map { "\($0.name) \($0.version) \($0.state.rawValue)\($0.reason)" } == [
                "flat 1 READY", "many 1 READY", "many 12 READY", "text 1 READY",
            ])
        #expect(await repository.isReady)
        #expect(try await repository.call("many", ones).version == "12")
        #expect(try await repository.call("many", ones).floats == expected(3))
        #expect(try await repository.call("many", ones, version: "1").floats == expected(2))
        let description = try await repository.description("many")
        #expect(description.versions == ["1", "12"] && description.version == "12" && description.bytes > 0)
        #expect(try await repository.call("text", ones, [4], function: "square").floats == [16, 9, 4, 1])
        #expect(await !repository.isReady("many", version: "3"))
    }

    @Test func listedModelsComeFirst() async throws {
        try folder.write("a.onnx", Models.layers(2))
        try folder.write("elsewhere/file.onnx", Models.layers(3))
        let path = folder.path + "/elsewhere/file.onnx"
        let repository = await started {
            $0.models = [ModelConfiguration("a", path: path), ModelConfiguration("b", path: "/nowhere.onnx")]
        }
        #expect(try await repository.call("a", ones).floats == expected(3))
        let error = await servingError { try await repository.call("b", ones) }
        #expect(error?.httpStatus == 503 && error?.description.contains("/nowhere.onnx") == true, "\(String(describing: error))")
        #expect(await repository.index().last?.state == .unavailable)
    }

    @Test func compiledFilesServe() async throws {
        try folder.write(".source.onnx", Models.layers(2))
        try CompiledModel.write(Model(folder.path + "/.source.onnx"), to: folder.path + "/c.tess")
        let repository = await started()
        #expect(try await repository.call("c", ones).floats == expected(2))
        #expect(try await repository.description("c").platform == "tessera_tess")
    }

    @Test func aChangedFileTakesOver() async throws {
        try folder.write("m.onnx", Models.layers(2))
        let repository = await started()
        #expect(try await repository.call("m", ones).floats == expected(2))
        await repository.poll()
        #expect(log.kinds == [.loading, .loaded], "nothing changed")
        try folder.write("m.onnx", Models.layers(3))
        try folder.write("new.onnx", Models.layers(5))
        await repository.poll()
        #expect(try await repository.call("m", ones).floats == expected(3))
        #expect(try await repository.call("new", ones).floats == expected(5))
        try folder.remove("new.onnx")
        await repository.poll()
        #expect(await servingError { try await repository.call("new", ones) } == .unknownModel("new"))
        #expect(try await repository.statistics("m").first?.loads == 2)
    }

    /// As when no descriptor is left; a folder that is gone is an empty one.
    @Test func aFolderThatCannotBeReadChangesNothing() async throws {
        try folder.write("m.onnx", Models.layers(2))
        try folder.write("many/2/model.onnx", Models.layers(3))
        let repository = await started()
        func swap(_ path: String, _ body: () async throws -> Void) async throws {
            try FileManager.default.moveItem(atPath: path, toPath: path + ".aside")
            try Data().write(to: URL(fileURLWithPath: path))
            try await body()
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: path + ".aside", toPath: path)
        }
        try await swap(folder.path) {
            await repository.poll()
            await repository.poll()
            let versions = [try await repository.call("m", ones).version, try await repository.call("many", ones).version]
            #expect(versions == ["1", "2"])
            let error = await servingError { try await repository.load("other") }
            #expect(error?.httpStatus == 503, "\(String(describing: error))")
        }
        #expect(log.kinds == [.loading, .loaded, .loading, .loaded, .failed], "it is told once")
        await repository.poll()
        #expect(await repository.index().count == 2)
        try FileManager.default.removeItem(atPath: folder.path)
        await repository.poll()
        #expect(await repository.index().isEmpty)
    }

    @Test func aBadFileLeavesTheOldOneServing() async throws {
        try folder.write("m.onnx", Models.layers(2))
        try folder.write("bad.onnx", "no model at all")
        let repository = await started()
        #expect(await repository.index().map(\.state) == [.unavailable, .ready])
        #expect(await repository.reason("bad").contains("bad.onnx"))
        #expect(await servingError { try await repository.call("bad", ones) }?.httpStatus == 503)
        try folder.write("m.onnx", "broken")
        await repository.poll()
        #expect(await repository.reason("m").contains("the model from before serves"))
        #expect(try await repository.call("m", ones).floats == expected(2))
        let told = log.kinds.count
        await repository.poll()
        #expect(log.kinds.count == told, "the same file is not tried again")
        try folder.write("m.onnx", Models.layers(3))
        try folder.write("bad.onnx", Models.layers(4))
        await repository.poll()
        #expect(await repository.index().allSatisfy { $0.state == .ready && $0.reason.isEmpty })
        #expect(try await repository.call("m", ones).floats == expected(3))
        #expect(try await repository.call("bad", ones).floats == expected(4))
    }

    @Test func aNewVersionServesWhenItIsThere() async throws {
        try folder.write("m/1/model.onnx", Models.layers(2))
        let repository = await started()
        try folder.write("m/2/model.onnx", "broken")
        await repository.poll()
        #expect(try await repository.call("m", ones).version == "1")
        try folder.write("m/2/model.onnx", Models.layers(3))
        await repository.poll()
        #expect(try await repository.call("m", ones).version == "2")
        try FileManager.default.removeItem(atPath: folder.path + "/m/2")
        await repository.poll()
        #expect(try await repository.call("m", ones).version == "1")
    }

    /// Eight clients ask without a pause while the file is replaced ten times: each answer is that of one of the files.
    @Test func nothingIsLostWhenFilesAreReplaced() async throws {
        let scales = (1...11).map { Float($0) }
        let known = try scales.map { try expected($0) }
        try folder.write("m.onnx", Models.layers(1))
        let repository = await started()
        let stop = Hold()
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var count = 0
                    while stop.batches.isEmpty {
                        let floats = try await repository.call("m", ones).floats
                        guard known.contains(floats) else { throw TesseraError(.internal, "\(floats)") }
                        count += 1
                    }
                    return count
                }
            }
            for scale in scales.dropFirst() {
                try folder.write("m.onnx", Models.layers(scale))
                await repository.poll()
                #expect(try await repository.call("m", ones).floats == known[Int(scale) - 1])
            }
            stop.open()
            stop.pass(1)
            return try await group.reduce(0, +)
        }
        let counts = try #require(try await repository.statistics("m").first)
        #expect(counts.succeeded.count == answered + 10 && counts.failed.count == 0 && counts.loads == 11)
    }

    /// A request that runs on the old model while the new one takes over is answered by the old one.
    @Test func whatRunsEndsWhereItBegan() async throws {
        let hold = Hold()
        try folder.write("m.onnx", Models.layers(2))
        let repository = await started { $0.hooks = hold.hooks }
        let old = Task { try await repository.call("m", ones) }
        try await repository.waits("m", waiting: 0)
        try folder.write("m.onnx", Models.layers(3))
        await repository.poll()
        hold.open()
        #expect(try await repository.call("m", ones).floats == expected(3))
        #expect(try await old.value.floats == expected(2))
    }

    @Test func modelsAreUnloadedAndLoaded() async throws {
        try folder.write("m.onnx", Models.layers(2))
        let repository = await started()
        try await repository.unload("m")
        #expect(await repository.index().map(\.state) == [.unavailable])
        #expect(await !repository.isReady("m"))
        let error = await servingError { try await repository.call("m", ones) }
        #expect(error == .notReady(model: "m", reason: "it was unloaded"))
        try folder.write("m.onnx", Models.layers(3))
        await repository.poll()
        #expect(await repository.index().map(\.state) == [.unavailable], "until it is asked for")
        try await repository.load("m")
        #expect(try await repository.call("m", ones).floats == expected(3))
        try folder.write("m.onnx", "broken")
        #expect(await servingError { try await repository.load("m") }?.description.contains("m.onnx") == true)
        #expect(try await repository.call("m", ones).floats == expected(3))
        try folder.write("later.onnx", Models.layers(4))
        try await repository.load("later")
        #expect(try await repository.call("later", ones).floats == expected(4))
        #expect(await servingError { try await repository.load("nobody") } == .unknownModel("nobody"))
        #expect(await servingError { try await repository.unload("nobody") } == .unknownModel("nobody"))
    }

    @Test func severalSessionsServeAtOnce() async throws {
        let hold = Hold()
        try folder.write("m.onnx", Models.layers(2))
        let repository = await started {
            $0.hooks = hold.hooks
            $0.settings.sessions = 2
        }
        var tasks: [Task<InferenceResponse, any Error>] = []
        for number in 1...2 {
            tasks.append(Task { try await repository.call("m", ones) })
            try await repository.waits("m", waiting: 0, running: number)
        }
        hold.open()
        for task in tasks { #expect(try await task.value.floats == expected(2)) }
    }

    @Test(arguments: [
        ("a/b.onnx", "b"), ("b.ONNX", "b"), ("/m/shapes", "shapes"), ("/m/shapes/", "shapes"), ("x.tar.tess", "x.tar"), (".ir", ".ir"),
        ("ORG/4M-7_B", "4M-7_B"), ("v1.2", "v1.2"),
    ]) func modelsAreCalledWhatTheirFilesAre(_ path: String, _ name: String) {
        #expect(ModelConfiguration.name(of: path) == name)
    }
}
