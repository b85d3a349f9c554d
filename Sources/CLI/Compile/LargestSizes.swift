import Compilation
import IR
import Inspect

/// `--max name=size`: what a compiled model shall take at most.
enum LargestSizes {
    /// - Throws: `TesseraError` for a size that none of `modules` has, two of one name, and more than one of them was compiled for before.
    static func check(_ given: [SizeBinding], _ modules: [Module], of what: String) throws {
        let known = modules.reduce(into: Set<String>()) { $0.formUnion($1.openSizes) }
        try FlagName.named("--max") { try SizeBinding.check(given, against: known, of: what) }
        for module in modules {
            do { _ = try module.limited(to: SizeBinding.table(given)) } catch let error as CompilationError {
                throw Refusal.usage("--max \(error)")
            }
        }
    }
}
