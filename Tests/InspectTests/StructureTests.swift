import IR
import Inspect
import Passes
import Runtime
import Testing

/// Listings of nodes, differences of modules, parts of functions.
@Suite struct StructureTests {
    private static let text = """
        module @m stage(imported) {
          const @w : f32[2, 2] = [1.0, 2.0, 3.0, 4.0]
          func @f(%x: f32[n, 2], %z: f32[n, 2]) -> (y: f32[n, 2]) {
            %0 = linear(%x, @w) : f32[n, 2] "a.fc"
            %1 = relu(%0) : f32[n, 2] "a.act"
            %2 = add(%1, %z) : f32[n, 2] "a.sum"
            %3 = tanh(%2) : f32[n, 2] "b.act"
            return %3
          }
        }

        """

    private func module(_ text: String = StructureTests.text) throws -> Module { try Module(parsing: text) }

    @Test func nodesAreFoundByNameAndOperator() throws {
        let view = try NodeView(of: module(), matching: "*.act")
        #expect(view.lines.map(\.text) == ["%1 = relu(%0) : f32[n, 2] \"a.act\"", "%3 = tanh(%2) : f32[n, 2] \"b.act\""])
        #expect(view.lines[0].operands == ["a.fc"] && view.lines[0].readers == ["a.sum"] && view.lines[1].readers == ["output y"])
        #expect(try NodeView(of: module(), matching: "op:add").lines.map(\.name) == ["a.sum"])
        #expect(throws: WorkError.self) { try NodeView(of: module(), matching: "c.*") }
    }

    @Test func neighboursAreWithinSoManyEdges() throws {
        let one = try NodeView(of: module(), around: "a.act", steps: 1)
        #expect(one.lines.map(\.name) == ["a.fc", "a.act", "a.sum"] && one.lines.map(\.distance) == [1, 0, 1])
        #expect(try NodeView(of: module(), around: "a.fc", steps: 0).lines.map(\.name) == ["a.fc"])
        #expect(try NodeView(of: module(), around: "a.fc", steps: 9).lines.count == 4)
    }

    @Test func changedNodesStandSideBySide() throws {
        #expect(try ModuleDifference(module(), module()).isEmpty)
        let other = try module(
            Self.text.replacing("relu", with: "gelu").replacing("4.0]", with: "5.0]").replacing("\"b.act\"", with: "\"c.act\""))
        let difference = try ModuleDifference(module(), other)
        let rows = try #require(difference.functions.first).rows
        #expect(rows.map(\.kind) == [.changed, .removed, .added] && rows.map(\.name) == ["a.act", "b.act", "c.act"])
        #expect(rows[0].first == "relu(\"a.fc\") : f32[n, 2] \"a.act\"" && rows[0].second == "gelu(\"a.fc\") : f32[n, 2] \"a.act\"")
        #expect(difference.functions[0].same == 2)
        #expect(difference.constants.map(\.name) == ["w"])
        let text = difference.text(("one", "two"), most: nil, width: nil)
        #expect(text.contains("- one (imported)") && text.contains("function f: 4 nodes, 4 in the second; 2 the same"), "\(text)")
    }

    @Test func partsAreCutByNames() throws {
        let module = try module()
        let graph = try #require(module.function("f"))
        let names = ValueNames(graph)
        let part = try SubGraph.between([names.value("a.act")], [names.value("a.sum")], of: "f", in: module)
        let cut = try #require(part.function("f"))
        #expect(cut.nodes.map(\.name) == ["a.sum"] && cut.signature.inputs.map(\.name) == ["z", "a.act"])
        #expect(cut.signature.outputs.map(\.name) == ["a.sum"] && part.constants.isEmpty)
        let whole = try SubGraph.between([], [names.value("y")], of: "f", in: module)
        #expect(whole.function("f")?.nodeCount == 4 && whole.function("f")?.signature.outputs.map(\.name) == ["y"])
        #expect(try names.value("%0") == names.value("a.fc") && names.value("%x") == names.value("x"))
        let error = #expect(throws: WorkError.self) { try names.value("a.fcc") }
        #expect(error?.description.contains("a.fc") == true)
        let kept = try SubGraph.keeping(graph.nodes.filter { $0.name.hasPrefix("a.") }, of: "f", in: module)
        #expect(kept.module.function("f")?.signature.outputs.map(\.name) == ["a.sum"])
        #expect(try kept.inputs["x"] == names.value("x"))
    }

    @Test func rulesTellWhatTheyDid() throws {
        let report = try RewriteReport(module(), to: .clean, PassOptions(), precision: .f32)
        let fused = try #require(report.rules.first { $0.rule == "fuse-linear-activation" && $0.rewrites > 0 })
        #expect(fused.places == ["f: relu 'a.act'"] && fused.promise == "rounding")
        #expect(report.nodesBefore == 4 && report.nodes == 2)
        #expect(report.text(all: true, width: nil).contains("f: relu 'a.act'"))
    }

    @Test func nodesOfOtherNamesMatchByPlace() throws {
        func trace(_ module: Module) throws -> NodeTrace {
            let x = Tensor([1, -2, 3, 4], [2, 2], as: .f32)
            return try NodeTrace(evaluating: module, "f", ["x": x, "z": x], binding: [:])
        }
        let renamed = try module(Self.text.replacing("\"a.act\"", with: "\"bend\"").replacing("\"a.sum\"", with: "\"total\""))
        let comparison = NodeComparison(try trace(module()), try trace(renamed))
        #expect(comparison.unmatched.isEmpty && comparison.rows.map(\.node) == ["a.fc", "a.act", "a.sum", "b.act"])
        #expect(comparison.firstDivergence(0) == nil)
    }
}
