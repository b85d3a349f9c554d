import Foundation
import Testing

/// Walls between the targets: what imports what.
@Suite struct LayerTests {
    private let tree: SourceTree

    init() throws { tree = try SourceTree() }

    @Test func everyTargetHasALayer() {
        #expect(Set(Layers.all).count == Layers.all.count, "a target is named twice")
        #expect(Layers.all.sorted() == tree.targets, "Layers.bottomUp and the folders of Sources differ")
    }

    /// No circles follow: the height falls with each import.
    @Test func importsGoDown() throws {
        for target in tree.targets {
            let height = try #require(Layers.height(of: target), "\(target) has no layer")
            for module in tree.imports(of: target).sorted() {
                guard let other = Layers.height(of: module) else { continue }
                #expect(other < height, "\(target) imports \(module), which lies \(other == height ? "beside" : "above") it")
            }
        }
    }

    @Test func theManifestNamesWhatIsImported() throws {
        let known = Set(Layers.all).union(Layers.faces.keys)
        for target in tree.targets where tree.files.contains(where: { $0.target == target }) {
            let always = try #require(tree.dependencies(of: target), "Package.swift has no target \(target)")
            let declared = always.union(Layers.gated[target] ?? [])
            let imported = tree.imports(of: target).intersection(known)
            #expect(imported.subtracting(declared).isEmpty, "\(target) imports what Package.swift does not name")
            #expect(declared.subtracting(imported).isEmpty, "Package.swift names for \(target) what it does not import")
        }
    }

    @Test func foreignModulesHaveOneFace() {
        for target in tree.targets {
            for module in tree.imports(of: target) {
                guard let faces = Layers.faces[module] else { continue }
                #expect(faces.contains(target), "\(target) imports \(module), which only \(faces.sorted().joined(separator: ", ")) may")
            }
        }
    }

    @Test func theArchitecturePageHasALineForEach() throws {
        let page = try String(contentsOf: SourceTree.root.appendingPathComponent("Docs/architecture.md"), encoding: .utf8)
        for target in tree.targets { #expect(page.contains("\n| `\(target)` |"), "Docs/architecture.md has no line for \(target)") }
    }
}
