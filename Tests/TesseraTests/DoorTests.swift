import Foundation
import Tessera
import TestSupport
import Testing

private let shapes = DemoBundle.folder

@Suite struct ModelTests {
    @Test func aModelTellsWhatItCanDo() throws {
        let model = try Model(shapes + "/tok_rgb.safetensors")
        #expect(model.format == "4M checkpoint" && model.name == "tok_rgb")
        let tokenize = try #require(model.functions.first { $0.name == "tokenize" })
        let image = try #require(tokenize.inputs.first)
        #expect(image.description.hasPrefix("image: f32[batch, 3, "))
        #expect(image.shape[0] == .symbolic("batch") && image.shape[1] == .size(3) && image.elementType == .f32)
        #expect(tokenize.outputs.map(\.name).contains("tokens"))
        #expect(model.metadata["patch_size"] == .list([.integer(16), .integer(16)]))
        #expect(model.parameterCount > 100_000 && model.weightBytes > model.parameterCount)
    }

    /// The content decides, whatever a file is called.
    @Test func theFormatIsToldByTheContent() throws {
        let folder = try Scratch()
        let copy = folder.path + "/weights.dat"
        try FileManager.default.copyItem(atPath: shapes + "/tok_rgb.safetensors", toPath: copy)
        #expect(try Model(copy).functions.map(\.name).contains("tokenize"))
        let text = folder.path + "/text.dat"
        try Data("not a model at all".utf8).write(to: URL(fileURLWithPath: text))
        let wrong = #expect(throws: TesseraError.self) { try Model(text) }
        #expect(wrong?.category == .unsupported && wrong?.file == text && wrong?.remedy?.contains("4M checkpoint") == true)
    }

    @Test func whatCannotBeOpenedSaysWhy() throws {
        let missing = #expect(throws: TesseraError.self) { try Model("/nowhere/model.safetensors") }
        #expect(missing?.category == .notFound && missing?.message.contains("/nowhere/model.safetensors") == true)
        let bundle = #expect(throws: TesseraError.self) { try Model(shapes) }
        #expect(bundle?.category == .usage && bundle?.message.contains("bundle") == true)
        var options = CompileOptions()
        options.functions = ["sing"]
        let function = #expect(throws: TesseraError.self) { try Model(shapes + "/fm.safetensors").compiled(options) }
        #expect(function?.category == .usage && function?.message.contains("encode") == true)
        options = CompileOptions()
        options.disabledRules = ["fuse-everything"]
        let rule = #expect(throws: TesseraError.self) { try Model(shapes + "/tok_rgb.safetensors").compiled(options) }
        #expect(rule?.category == .usage && rule?.message.contains("fuse-everything") == true)
    }
}

@Suite struct SessionTests {
    private static let image: [Float] = (0..<3 * 224 * 224).map { (place: Int) -> Float in Float(place % 255) / 127.5 - 1 }

    private func compiled(_ edit: (inout CompileOptions) -> Void = { _ in }) throws -> CompiledModel {
        var options = CompileOptions()
        edit(&options)
        return try Model(shapes + "/tok_rgb.safetensors").compiled(options)
    }

    @Test func theWayFromAModelToAResult() throws {
        let image = try Tensor(Self.image, [1, 3, 224, 224])
        let results = try compiled().makeSession().run("tokenize", ["image": image])
        let tokens = try #require(results["tokens"])
        #expect(tokens.shape == [1, 14, 14] && tokens.elementType == .i64)
        #expect(Set(tokens.integers).count > 10 && tokens.integers.allSatisfy { (0..<4096).contains($0) })
        #expect(try tokens.array(of: Int64.self).map { Int($0) } == tokens.integers)
        #expect(throws: TesseraError.self) { try tokens.array(of: Float.self) }
    }

    @Test func aCompiledFileRunsAsItsModel() throws {
        let folder = try Scratch()
        let (model, file) = (try Model(shapes + "/tok_rgb.safetensors"), folder.path + "/tok.tess")
        var options = CompileOptions()
        options.precision = .int8
        options.functions = ["tokenize"]
        try CompiledModel.write(model, to: file, options)
        let opened = try CompiledModel(contentsOf: file)
        #expect(opened.functions.map(\.name) == ["tokenize"] && opened.options.precision == .int8)
        let inputs = ["image": try Tensor(Self.image, [1, 3, 224, 224])]
        let expected = try model.compiled(options).makeSession().run("tokenize", inputs)
        let found = try opened.makeSession().run("tokenize", inputs)
        #expect(found["tokens"] == expected["tokens"])
        let wrong = #expect(throws: TesseraError.self) { try Model(file) }
        #expect(wrong?.category == .unsupported && wrong?.message.contains("is a compiled model") == true)
        let checkpoint = #expect(throws: TesseraError.self) { try CompiledModel(contentsOf: shapes + "/tok_rgb.safetensors") }
        #expect(checkpoint?.category == .unsupported && checkpoint?.message.contains("no compiled model") == true)
    }

    @Test func sizesHaveALimit() throws {
        let folder = try Scratch()
        let (model, file) = (try Model(shapes + "/fm.safetensors"), folder.path + "/fm.tess")
        var options = CompileOptions()
        options.functions = ["encode"]
        options.largestSizes = ["tokens": 4]
        try CompiledModel.write(model, to: file, options)
        let opened = try CompiledModel(contentsOf: file)
        #expect(opened.options.largestSizes == ["tokens": 4])
        for compiled in [opened, try model.compiled(options)] {
            try compiled.makeSession().prepare("encode", sizes: ["batch": 1, "tokens": 4])
            let error = #expect(throws: TesseraError.self) {
                try compiled.makeSession().prepare("encode", sizes: ["batch": 1, "tokens": 5])
            }
            #expect(error?.message.contains("tokens is 5, and the model was compiled for 4 at most") == true)
        }
        for (name, size, words) in [("tokens", 0, "from 1"), ("pixels", 3, "it has: batch, tokens")] {
            options.largestSizes = [name: size]
            let error = #expect(throws: TesseraError.self) { try model.compiled(options) }
            #expect(error?.category == .usage && error?.message.contains(words) == true, "\(String(describing: error))")
        }
    }

    /// Weights are there once, sessions compute side by side.
    @Test func sessionsOfOneModelRunSideBySide() async throws {
        let model = try compiled()
        let image = try Tensor(Self.image, [1, 3, 224, 224])
        let expected = try model.makeSession().run("tokenize", ["image": image])["tokens"]
        try await withThrowingTaskGroup(of: Tensor?.self) { group in
            for _ in 0..<4 { group.addTask { try model.makeSession().run("tokenize", ["image": image])["tokens"] } }
            for try await tokens in group { #expect(tokens == expected) }
        }
    }

    @Test func thePipelineAndPrecisionAreChosen() throws {
        let image = try Tensor(Self.image, [1, 3, 224, 224])
        func latents(_ edit: (inout CompileOptions) -> Void) throws -> [Float] {
            try #require(try compiled(edit).makeSession().run("tokenize", ["image": image])["latents"]).floats
        }
        let clean = try latents { _ in }
        let plain = try latents { $0.pipeline = .none }
        let int8 = try latents { $0.precision = .int8 }
        let scale = clean.map(abs).max() ?? 0
        #expect(zip(clean, plain).allSatisfy { abs($0 - $1) < 1e-4 * scale })
        #expect(int8 != clean && zip(clean, int8).allSatisfy { abs($0 - $1) < 0.2 * scale })
    }

    @Test func resultsInTheCallersMemoryAreTheSame() throws {
        let session = try compiled().makeSession()
        let image = try Tensor(Self.image, [1, 3, 224, 224])
        let expected = try session.run("tokenize", ["image": image])
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 196 * 8, alignment: 64)
        let released = Released()
        var outputs: [String: TensorBuffer] = [
            "tokens": try TensorBuffer(borrowing: memory, .i64, [1, 14, 14]) {
                released.note()
                $0.deallocate()
            },
            "latents": try TensorBuffer(.f32, [1, 32, 14, 14]), "quant": try TensorBuffer(.f32, [1, 32, 14, 14]),
        ]
        for _ in 0..<3 {
            memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
            try session.run("tokenize", ["image": image], into: outputs)
            for (name, tensor) in expected { #expect(outputs[name]?.tensor == tensor, "\(name)") }
            #expect(memory.bindMemory(to: Int.self).map(\.self) == expected["tokens"]?.integers)
        }
        // Another size needs other buffers, and says so.
        let two = try Tensor(Self.image + Self.image, [2, 3, 224, 224])
        let wrong = #expect(throws: TesseraError.self) { try session.run("tokenize", ["image": two], into: outputs) }
        #expect(wrong?.category == .usage && wrong?.message.contains("i64[2, 14, 14]") == true, "\(wrong?.message ?? "")")
        outputs["quant"] = nil
        let missing = #expect(throws: TesseraError.self) { try session.run("tokenize", ["image": image], into: outputs) }
        #expect(missing?.message.contains("'quant'") == true)
        outputs["quant"] = outputs["latents"]
        let same = #expect(throws: TesseraError.self) { try session.run("tokenize", ["image": image], into: outputs) }
        #expect(same?.message.contains("overlaps") == true)
        let stranger = #expect(throws: TesseraError.self) {
            try session.run("tokenize", ["image": image, "sound": image], into: outputs)
        }
        #expect(stranger?.message.contains("'sound'") == true)
        outputs = [:]
        #expect(released.count == 1, "borrowed memory is given back once, when nothing uses it")
    }

    /// The memory that a tensor borrows is read as it is when a run begins.
    @Test func borrowedInputsAreReadAnewByEachRun() throws {
        let session = try compiled().makeSession()
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.image.count * 4, alignment: 64)
        defer { memory.deallocate() }
        let image = try Tensor(borrowing: memory, .f32, [1, 3, 224, 224]) { _ in }
        memory.copyBytes(from: Self.image.withUnsafeBytes { Array($0) })
        let first = try session.run("tokenize", ["image": image])["tokens"]
        #expect(first == (try session.run("tokenize", ["image": Tensor(Self.image, [1, 3, 224, 224])])["tokens"]))
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        #expect(first != (try session.run("tokenize", ["image": image])["tokens"]))
    }

    @Test func wrongInputsAreNamed() throws {
        let session = try compiled().makeSession()
        let none = #expect(throws: TesseraError.self) { try session.run("tokenize") }
        #expect(none?.category == .usage && none?.message.contains("'image'") == true)
        let type = #expect(throws: TesseraError.self) {
            try session.run("tokenize", ["image": Tensor([Int](repeating: 0, count: 3 * 224 * 224), [1, 3, 224, 224])])
        }
        #expect(type?.category == .usage && type?.message.contains("i64") == true)
        let function = #expect(throws: TesseraError.self) { try session.run("sing") }
        #expect(function?.category == .usage && function?.message.contains("tokenize") == true)
    }

    @Test func aTokenStopsARun() throws {
        let token = CancellationToken()
        token.cancel()
        let session = try compiled().makeSession()
        let image = try Tensor(Self.image, [1, 3, 224, 224])
        let stopped = #expect(throws: TesseraError.self) { try session.run("tokenize", ["image": image], cancellation: token) }
        #expect(stopped?.category == .cancelled)
        #expect(try session.run("tokenize", ["image": image])["tokens"] != nil, "the next run has its own wish")
    }

    @Test func aTokenStopsARunBetweenItsSteps() throws {
        let token = CancellationToken()
        let session = try compiled().makeSession()
        let steps = Released()
        session.onStep = { _, _, _ in
            steps.note()
            if steps.count == 3 { token.cancel() }
        }
        let image = try Tensor(Self.image, [1, 3, 224, 224])
        #expect(throws: TesseraError.self) { try session.run("tokenize", ["image": image], cancellation: token) }
        #expect(steps.count == 3)
    }
}

@Suite struct TensorTests {
    @Test func arraysComeBackAsTheyWent() throws {
        #expect(try Tensor([1.5, -2, 3] as [Float], [3]).array(of: Float.self) == [1.5, -2, 3])
        #expect(try Tensor([1, 2, 3, 4] as [Int32], [2, 2]).array(of: Int32.self) == [1, 2, 3, 4])
        #expect(try Tensor([UInt64.max], [1]).array(of: UInt64.self) == [.max])
        #expect(try Tensor([true, false], [2]).array(of: Bool.self) == [true, false])
        #expect(try Tensor([true, false], [2]).bools == [true, false])
        #expect(try Tensor([1, 2] as [Double], [2]).floats == [1, 2])
        #expect(try Tensor([Float](), [0, 4]).array(of: Float.self).isEmpty)
        let bytes: [UInt8] = [1, 0, 2, 0]
        #expect(try bytes.withUnsafeBytes { try Tensor(copying: $0, .u16, [2]) }.integers == [1, 2])
        #expect(try Tensor([1, 2, 3, 4], [4]).reshaped([2, 2])?.description == "i64[2, 2]")
    }

    @Test func shapesThatDoNotFitAreErrors() {
        for shape in [[2], [4], [-3], [3, 0], [Int.max, 4]] {
            let error = #expect(throws: TesseraError.self) { try Tensor([1, 2, 3] as [Float], shape) }
            #expect(error?.category == .usage, "\(shape)")
        }
        #expect(throws: TesseraError.self) { try Tensor(zeros: .f32, [-1]) }
        #expect(throws: TesseraError.self) { try TensorBuffer(.f64, [Int.max, 2]) }
        let bytes: [UInt8] = [1, 2, 3]
        #expect(throws: TesseraError.self) { try bytes.withUnsafeBytes { try Tensor(copying: $0, .u16, [2]) } }
        #expect(ElementType("f32") == .f32 && ElementType("f33") == nil)
        #expect(throws: TesseraError.self) { try Picture(width: 2, height: 2, samples: [1, 2, 3]) }
    }
}

/// Counts calls.
private final class Released: @unchecked Sendable {
    private let lock = NSLock()
    private var number = 0

    var count: Int { lock.withLock { number } }

    func note() { lock.withLock { number += 1 } }
}

/// A folder that is removed when the object goes.
final class Scratch {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-door-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
