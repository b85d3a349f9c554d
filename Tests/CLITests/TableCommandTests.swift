import Foundation
import IR
import Passes
import Testing

@testable import CLI

@Suite struct TableCommandTests {
    @Test func kernels() async throws {
        let text = await Command("kernels")
        #expect(text.code == 0)
        #expect(text.output.contains("instruction set  "))
        #expect(text.output.contains("gemm_panel"))
        let json = try await Command("kernels", "--json").json()
        let kernels = try #require(json["kernels"] as? [[String: Any]])
        #expect(kernels.count > 50)
        for kernel in kernels {
            let promise = try #require(kernel["promise"] as? String)
            #expect(["exact", "close"].contains(promise))
            #expect((kernel["bound"] as? String)?.isEmpty == (promise == "exact"))
            #expect((kernel["operators"] as? [String])?.isEmpty == false)
        }
    }

    @Test func operators() async throws {
        let all = try await Command("ops", "--json").json([[String: Any]].self)
        #expect(Set(all.compactMap { $0["name"] as? String }) == Set(OperatorRegistry.all.map { $0.opName }))
        let page = await Command("ops", "softmax")
        for part in ["off_by_one", "ONNX", "kernels", "softmax_row"] { #expect(page.output.contains(part)) }
    }

    @Test func pipelineIsReadAloud() async throws {
        let text = await Command("passes").output
        for (index, step) in Pipeline.clean.steps.enumerated() { #expect(text.contains("\(index + 1). \(step.name)\n")) }
        let json = try await Command("passes", "--json").json()
        #expect((json["steps"] as? [[String: Any]])?.count == Pipeline.clean.steps.count)
        #expect((json["rules"] as? [[String: Any]])?.count == Pipeline.clean.transformations.count)
    }
}
