import Formats
import IR
import Importers
import Passes
import Runtime

/// Runs an ONNX model.
///
/// A model is compiled as it is, with the symbols it has, if that can be. Where its structure depends on the sizes of inputs (their ranks are
/// not said, sizes that may be 1 or not), or on their values (axes, shapes as data), it is compiled for the sizes and values that are
/// given, and kept for the next run with the same ones.
package final class ONNXSession {
    package let model: ONNXModel
    private let pipelines: [Pipeline]
    private let options: PassOptions
    private var programs: [(key: Key, program: Program)] = []
    /// Inputs whose values are part of the structure, as far as that was found.
    private var structural: Set<String> = []
    private var needsTypes = false
    private var takesSizesAsEqual = true

    private static let mostPrograms = 16

    private let held: Set<String>

    private struct Key: Equatable {
        var types: [String: ValueType] = [:]
        var values: [String: Tensor] = [:]
        var empty: [String: Datum] = [:]
        var takesSizesAsEqual = true
    }

    private struct Program {
        let special: ONNXSpecialization
        let module: Module
        let session: Session
    }

    /// Told after each step of a run, as `Session.observer`.
    package var observer: Session.Observer?
    /// Told of results of nodes, as `Session.onResult`.
    package var onResult: ((NodeResult) throws -> Void)?
    /// Time spent on importing, cleaning and planning so far.
    package private(set) var compileSeconds = 0.0
    /// The program that ran last.
    private var last: Program?

    package init(_ model: ONNXModel, pipelines: [Pipeline] = [.clean], options: PassOptions = PassOptions()) {
        (self.model, self.pipelines, self.options) = (model, pipelines, options)
        held = model.heldNames
    }

    /// Programs that are kept.
    var programCount: Int { programs.count }

    package var name: String { last?.module.name ?? model.graph.name }
    package var weightBytes: Int { last?.session.plan.weightBytes ?? 0 }
    package var workingBytes: Int { last?.session.peakArenaBytes ?? 0 }

    /// What the file says that is not so.
    package var warnings: [String] {
        guard case .strings(let texts)? = last?.module.metadata["warnings"] else { return [] }
        return texts
    }

    /// - Throws: ``ONNXImportError/unsupported(file:operators:)`` with every operator that is not supported.
    package func checkOperators() throws {
        let missing = ONNXImporter.unsupportedOperators(model)
        if !missing.isEmpty { throw ONNXImportError.unsupported(file: model.file, operators: missing) }
    }

    /// The module with the symbols of the file, for looking at its inputs.
    /// - Throws: ``ONNXImportError`` if it can only be made for known sizes or values.
    package func symbolicModule() throws -> Module { try ONNXImporter.importModel(model) }

    /// Inputs of the element types that the model declares: integers may be of any width, floats too.
    package func fitted(_ given: [String: Datum], note: (String) -> Void) throws -> [String: Datum] {
        var fitted = given
        for input in model.graph.inputs {
            guard case .tensor(let number, _)? = input.type, let dtype = DType(onnx: number), let tensor = given[input.name]?.tensor,
                tensor.dtype != dtype
            else { continue }
            let isSafe = tensor.dtype.isFloat && dtype.isFloat || tensor.dtype.isInteger && dtype.isInteger
            guard isSafe else { continue }
            note("input '\(input.name)' was converted from \(tensor.dtype.rawValue) to \(dtype.rawValue)")
            fitted[input.name] = .tensor(
                dtype.isFloat ? Tensor(tensor.doubles, tensor.shape, as: dtype) : Tensor(integers: tensor.integers, tensor.shape, as: dtype)
            )
        }
        return fitted
    }

    /// Inputs that somebody must give: those without an initializer, in the file's order.
    package var inputs: [ONNXValueInfo] { model.requiredInputs }

    package var outputs: [ONNXValueInfo] { model.graph.outputs }

    /// Results in the order of the graph's outputs.
    /// - Parameter given: values by input name; initializers that are inputs may be given too.
    /// - Throws: ``ONNXImportError`` for what cannot be imported, ``RuntimeError`` or ``BindingError`` for what fails when it runs.
    package func run(_ given: [String: Datum], seed: UInt64 = 0, binding: Binding = [:]) throws -> [Datum] {
        var firstError: (any Error)?
        for _ in 0..<(4 + given.count) {
            do {
                return try attempt(given, seed, binding)
            } catch ONNXImportError.needsValues(_, let names, _, _) where !structural.isSuperset(of: names) {
                structural.formUnion(names)
            } catch let error as ONNXImportError where error.isUnsupported {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch {
                // With every size known, more can be decided, and still more with the numbers that may be sizes. If that does not help, what
                // went wrong first says more.
                if case ONNXImportError.needsTypes = error {} else { firstError = firstError ?? error }
                let numbers = given.filter { ONNXSession.mayBeSizes($0.value) }.keys
                if !needsTypes {
                    (needsTypes, takesSizesAsEqual) = (true, false)
                } else if !takesSizesAsEqual {
                    takesSizesAsEqual = true
                } else if !structural.isSuperset(of: numbers) {
                    structural.formUnion(numbers)
                } else {
                    throw firstError ?? error
                }
            }
        }
        throw firstError ?? ONNXImportError.model(file: model.file, problem: "its inputs' values do not settle its structure")
    }

    /// The session that serves `given`, and what its module is specialised by: nothing, where the symbols of the file do.
    /// - Parameter given: asked for only where the symbols do not.
    /// - Throws: as ``run(_:seed:binding:)``, which is done once then, and what `given` throws.
    package func settled(
        for given: @autoclosure () throws -> [String: Datum], binding: Binding = [:]
    ) throws -> (session: Session, special: ONNXSpecialization) {
        do {
            let symbolic = try program(for: [:])
            return (symbolic.session, symbolic.special)
        } catch is ONNXImportError {
            _ = try run(given(), binding: binding)
            guard let last else { throw ONNXImportError.model(file: model.file, problem: "it did not run") }
            return (last.session, last.special)
        }
    }

    private static func mayBeSizes(_ value: Datum) -> Bool {
        guard let tensor = value.tensor else { return false }
        return tensor.dtype.isInteger && tensor.rank <= 1 && tensor.count <= 64
    }

    private func attempt(_ given: [String: Datum], _ seed: UInt64, _ binding: Binding) throws -> [Datum] {
        let program = try program(for: given)
        let names = Set(program.session.plan.module.function(ONNXImporter.functionName)?.signature.inputs.map(\.name) ?? [])
        (program.session.observer, program.session.onResult) = (observer, onResult)
        last = program
        let results = try program.session.run(
            ONNXImporter.functionName, values: given.filter { names.contains($0.key) }, binding: binding, seed: seed)
        let graph = program.module.function(ONNXImporter.functionName)
        return try (graph?.outputs ?? []).map { output in
            guard let value = results[output.name] else {
                throw ONNXImportError.model(file: model.file, problem: "output '\(output.name)' was not computed")
            }
            return value
        }
    }

    private func program(for given: [String: Datum]) throws -> Program {
        var key = Key()
        // An initializer that is an input too is one if it is given.
        key.types = try types(of: needsTypes ? given : given.filter { held.contains($0.key) })
        key.values = given.compactMapValues(\.tensor).filter { structural.contains($0.key) }
        key.takesSizesAsEqual = takesSizesAsEqual
        if needsTypes { key.empty = given.filter { $0.value.isEmpty } }
        if let known = programs.first(where: { $0.key == key }) { return known.program }
        let start = ContinuousClock.now
        defer { compileSeconds += (ContinuousClock.now - start).seconds }
        let special = ONNXSpecialization(
            types: key.types, values: key.values, empty: key.empty, takesSizesAsEqual: key.takesSizesAsEqual)
        let module = try ONNXImporter.importModel(model, special)
        let clean = try PassManager.run(module, pipelines, options).module
        let program = Program(special: special, module: clean, session: Session(try Plan(clean)))
        if programs.count >= ONNXSession.mostPrograms { programs.removeFirst() }
        programs.append((key, program))
        return program
    }

    private func types(of given: [String: Datum]) throws -> [String: ValueType] {
        var types: [String: ValueType] = [:]
        for input in model.graph.inputs {
            guard let value = given[input.name] else { continue }
            guard let type = ValueType(value, declared: input.type) else {
                throw ONNXImportError.model(file: model.file, problem: "the items of input '\(input.name)' are of different types")
            }
            types[input.name] = type
        }
        return types
    }
}

extension ONNXImportError {
    var isUnsupported: Bool { if case .unsupported = self { true } else { false } }
}

extension Datum {
    /// Whether it is a sequence or an optional that holds nothing.
    var isEmpty: Bool {
        switch self {
        case .tensor: false
        case .sequence(let items): items.isEmpty
        case .optional(let value): value?.isEmpty ?? true
        }
    }
}

extension ONNXModel {
    /// Names of initializers.
    var heldNames: Set<String> { Set(graph.initializers.map(\.name) + graph.sparseInitializers.map { $0.values.name }) }

    /// Inputs of the graph that no initializer gives a value.
    package var requiredInputs: [ONNXValueInfo] {
        let held = heldNames
        return graph.inputs.filter { !held.contains($0.name) }
    }
}
