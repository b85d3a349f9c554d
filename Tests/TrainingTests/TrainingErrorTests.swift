import IR
import Testing

@testable import Training

@Suite struct TrainingErrorTests {
    private func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return ""
    }

    @Test func parametersMustBeThere() throws {
        let module = try Models.network()
        func trainer(_ groups: [ParameterGroup], buffers: [String] = [], module: Module) throws {
            _ = try Trainer(TrainedFunction(module, name: "main", groups: groups, buffers: buffers))
        }
        let weights = ParameterGroup(parameters: ["first.weight"])
        #expect(
            message { try trainer([weights, ParameterGroup(parameters: ["third.weight"])], module: module) }.contains("'third.weight'"))
        #expect(message { try trainer([weights, weights], module: module) }.contains("in two groups"))
        #expect(message { try trainer([weights], buffers: ["first.bias"], module: module) }.contains("no result 'first.bias'"))
        var half = module
        half.setConstant(Constant(key: "unread", Tensor(zeros: .f16, [2])))
        #expect(message { try trainer([weights, ParameterGroup(parameters: ["unread"])], module: half) }.contains("convert it to f32"))
        var empty = module
        empty.setConstant(Constant(key: "unread", type: TensorType(.f32, [2]), bytes: nil))
        #expect(message { try trainer([weights, ParameterGroup(parameters: ["unread"])], module: empty) }.contains("no data"))
        #expect(message { try trainer([], module: module) }.contains("no parameter of function 'main'"))
    }

    @Test func statesOfOthersAreRefused() throws {
        let trainer = try Trainer(Models.trained())
        let own = trainer.state
        func refuses(_ change: (inout TrainerState) -> Void) -> String {
            var state = own
            change(&state)
            return message { try trainer.restore(state) }
        }
        #expect(refuses { $0.tensors["exp_avg.first.bias"] = nil }.contains("no 'exp_avg.first.bias'"))
        #expect(refuses { $0.tensors["buffer.mean"] = Tensor(zeros: .f32, [4]) }.contains("'buffer.mean' of the state is f32[4]"))
        #expect(refuses { $0.tensors["exp_avg.other"] = Tensor(zeros: .f32, [1]) }.contains("'exp_avg.other'"))
        #expect(refuses { $0.integers["step.first.bias"] = nil }.contains("no count 'step.first.bias'"))
        #expect(refuses { $0.integers["pending"] = 1 }.contains("accumulate as before"))
        #expect(trainer.state == own)
        try trainer.restore(own)
    }

    @Test func contentsMustFit() throws {
        let trainer = try Trainer(Models.trained())
        #expect(message { try trainer.setParameter("mean", Tensor(zeros: .f32, [3])) }.contains("no parameter"))
        #expect(message { try trainer.setParameter("first.bias", Tensor(zeros: .f32, [3])) }.contains("f32[7]"))
        #expect(message { try trainer.setBuffer("first.bias", Tensor(zeros: .f32, [7])) }.contains("no buffer"))
    }
}
