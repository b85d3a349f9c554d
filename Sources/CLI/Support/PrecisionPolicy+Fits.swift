import Compilation
import FourM
import FourMModels
import IR
import Passes

extension PrecisionPolicy {
    /// - Parameter calibrated: whether calibration will find what the policy lacks.
    /// - Throws: `TesseraError` for an override that fits no layer of any of `modules`: it would do nothing; and for a scheme whose ranges nothing finds.
    func requireFits(_ modules: [Module], calibrated: Bool = false) throws {
        try requireRanges(calibrated)
        if overrides.isEmpty { return }
        guard let fault = try OverrideFit(modules).fault(self) else { return }
        throw Refusal.usage("--override \(fault.override.pattern)=\(fault.override.scheme.rawValue): \(fault.text)")
    }

    /// - Throws: `TesseraError` for a scheme whose ranges nothing finds.
    func requireRanges(_ calibrated: Bool = false) throws {
        guard schemes.contains(.int8Static), !calibrated else { return }
        throw Refusal.usage(
            "int8-static takes ranges of activations from data: 'tessera compile MODEL --precision int8-static --calibrate DATA -o FILE', then give the "
                + "compiled model; or take int8")
    }

    /// The same of all models of a bundle.
    func requireFits(_ bundle: FourM.Bundle, calibrated: Bool = false) throws {
        try requireRanges(calibrated)
        if overrides.isEmpty { return }
        let roles: Set<BundlePart.Role> = [.model, .superResolution, .tokenizer, .previewDecoder]
        let parts = bundle.parts.filter { roles.contains($0.role) }
        try requireFits(parts.map { try bundle.read($0.source).module }, calibrated: calibrated)
    }
}
