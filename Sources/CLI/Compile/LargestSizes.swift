import IR
import Inspect

/// `--max name=size`: what a compiled model shall take at most.
enum LargestSizes {
    /// - Throws: `TesseraError` for a size that none of `modules` has, and for two of one name.
    static func check(_ given: [SizeBinding], _ modules: [Module], of what: String) throws {
        let known = modules.reduce(into: Set<String>()) { known, module in module.entryPoints.forEach { known.formUnion($0.symbols) } }
        try FlagName.named("--max") { try SizeBinding.check(given, against: known, of: what) }
    }

    /// `module` with those of the sizes that it has.
    /// - Throws: `TesseraError` for more than it was compiled for before.
    static func put(_ given: [SizeBinding], into module: Module) throws -> Module {
        let symbols = module.entryPoints.reduce(into: Set<String>()) { $0.formUnion($1.symbols) }
        var made = module
        for size in given where symbols.contains(size.name) {
            if let before = module.largestSizes[size.name], before < size.size {
                throw Refusal.usage(
                    "--max \(size.name)=\(size.size): '\(module.name)' was compiled for \(size.name) up to \(before); give the model that it was compiled "
                        + "from")
            }
            made.largestSizes[size.name] = size.size
        }
        return made
    }
}
