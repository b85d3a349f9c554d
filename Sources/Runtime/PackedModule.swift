import CKernels
import IR
import Passes

/// A lowered module and its weights in the order in which the kernels of one instruction set read them: all that a plan needs, as a file can
/// keep it.
package struct PackedModule: Sendable {
    /// Lowered. Constants that nodes `pack` alone read have no bytes here.
    package let module: Module
    package let weights: [PackedConstant]

    package init(module: Module, weights: [PackedConstant]) { (self.module, self.weights) = (module, weights) }

    /// Of all constants that are here, packed or not.
    package var byteCount: Int {
        weights.reduce(0) { $0 + $1.bytes.count } + module.constants.values.reduce(0) { $0 + ($1.bytes?.count ?? 0) }
    }

    /// Lowers `module` and packs its weights for `set`, which may be of another machine.
    /// - Throws: as ``Plan/init(_:_:)``.
    package init(_ module: Module, for set: Machine.InstructionSet, _ options: PassOptions = PassOptions()) throws {
        self.init(lowered: try Plan.lowered(module, options), for: set)
    }

    /// Does what the nodes `pack` of a lowered module say, whose constants are all here.
    init(lowered: Module, for set: Machine.InstructionSet) {
        var lowered = lowered
        let store = WeightStore(lowered, for: set, packsFilters: true)
        for key in store.packedOnly {
            guard let type = lowered.constants[key]?.type else { continue }
            lowered.setConstant(Constant(key: key, type: type, bytes: nil))
        }
        self.init(module: lowered, weights: PackedConstant.all(in: store))
    }
}

/// A packed weight. Its shape and element type are those of the module's constant of the same key.
package struct PackedConstant: Sendable {
    package let key: String
    package let layout: Layout
    package let form: Form
    package let instructionSet: Machine.InstructionSet
    package let bytes: ByteSlice

    /// How the elements are stored.
    package enum Form: String, Sendable, CaseIterable {
        case f32, bf16, f16
        /// Integers with a scale for each output, or for each group of inputs, for an x that is not rounded.
        case w8, w4
        /// Integers for an x in integers: of full range, of half range, of half range with what exceeds it beside them.
        case i8, i7
        case i7Rest = "i7_rest"
        /// Filters of convolutions, in the order of direct and of Winograd's algorithms.
        case direct, winograd
    }

    package init(key: String, layout: Layout, form: Form, instructionSet: Machine.InstructionSet, bytes: ByteSlice) {
        (self.key, self.layout, self.form) = (key, layout, form)
        (self.instructionSet, self.bytes) = (instructionSet, bytes)
    }

    static func all(in store: WeightStore) -> [PackedConstant] {
        let (weights, filters) = store.contents
        let dense = weights.compactMap { packing, weight in
            Form(weight.format).map {
                PackedConstant(
                    key: packing.key, layout: packing.layout, form: $0, instructionSet: weight.instructionSet, bytes: weight.bytes)
            }
        }
        let pictures = filters.map { key, filter in
            PackedConstant(
                key: key, layout: .filter, form: filter.isDirect ? .direct : .winograd, instructionSet: filter.instructionSet,
                bytes: filter.memory.bytes)
        }
        return (dense + pictures).sorted { ($0.key, $0.layout.rawValue) < ($1.key, $1.layout.rawValue) }
    }
}

extension PackedConstant.Form {
    private static let formats: [(Self, tk_weight_format)] = [
        (.f32, TK_WEIGHT_F32), (.bf16, TK_WEIGHT_BF16), (.f16, TK_WEIGHT_F16), (.w8, TK_WEIGHT_W8), (.w4, TK_WEIGHT_W4),
        (.i8, TK_WEIGHT_I8), (.i7, TK_WEIGHT_I7),
        (.i7Rest, TK_WEIGHT_I7_REST),
    ]

    init?(_ format: tk_weight_format) {
        guard let form = Self.formats.first(where: { $0.1 == format })?.0 else { return nil }
        self = form
    }

    /// nil for filters.
    var format: tk_weight_format? { Self.formats.first { $0.0 == self }?.1 }

    /// Types of weights that can be so stored.
    var dtypes: Set<DType> {
        switch self {
        case .f32: [.f32]
        case .bf16: [.bf16]
        case .f16: [.f16]
        case .w8, .i8, .i7, .i7Rest: [.i8]
        case .w4: [.i4]
        case .direct, .winograd: [.f32, .bf16, .f16, .i8]
        }
    }
}

extension WeightStore {
    /// Takes the packed weights of a module that may come from anywhere.
    /// - Throws: ``RuntimeError`` naming a weight that does not fit its type.
    convenience init(_ packed: PackedModule) throws {
        var (weights, filters): ([Packing: PackedWeight], [String: PackedFilter]) = ([:], [:])
        for constant in packed.weights {
            guard let type = packed.module.constants[constant.key]?.type, let shape = type.staticShape,
                constant.form.dtypes.contains(type.dtype)
            else { throw constant.unfit }
            if let format = constant.form.format {
                guard constant.layout != .filter, shape.count == 2,
                    let weight = PackedWeight(
                        packed: constant.bytes, format, rows: shape[0], columns: shape[1], for: constant.instructionSet)
                else { throw constant.unfit }
                weights[Packing(key: constant.key, layout: constant.layout)] = weight
            } else {
                let isDirect = constant.form == .direct
                guard constant.layout == .filter,
                    let filter = PackedFilter(
                        packed: constant.bytes, type.dtype, shape, isDirect: isDirect, for: constant.instructionSet)
                else { throw constant.unfit }
                filters[constant.key] = filter
            }
        }
        self.init(weights, filters: filters, of: packed.module)
    }
}

extension PackedConstant {
    fileprivate var unfit: RuntimeError {
        let what = "\(layout.rawValue), \(form.rawValue) for \(instructionSet.name), \(bytes.count) bytes"
        return RuntimeError("the packed weight @\(key) (\(what)) does not fit its type")
    }
}

extension PackedConstant {
    /// Whether the kernels of `set` read it as it is.
    func isRead(by set: Machine.InstructionSet) -> Bool {
        guard let format = form.format else { return PackedFilter.panel(of: instructionSet) == PackedFilter.panel(of: set) }
        return PackedWeight.areAlike(tk_packed_layout_of(format, instructionSet.rawValue), tk_packed_layout_of(format, set.rawValue))
    }
}
