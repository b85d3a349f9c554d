import FourMCodecs
import FourMModels
import FourMSettings
import Importers

extension Generator {
    /// Looks at the parts of the bundle that `request` with its `settings` needs, before weights are read or a step is taken.
    /// - Parameter values: of the inputs; those that are tokens already need no tokenizer.
    /// - Throws: what opening a part throws; ``BundleError`` for one that does not fit the others.
    package func check(_ request: GenerationRequest, _ settings: GenerationSettings, _ values: [String: [InputValue]]) throws {
        try timed(\.load) { try BundleCheck(bundle).require(needs(request, settings, values)) }
    }

    private func needs(
        _ request: GenerationRequest, _ settings: GenerationSettings, _ values: [String: [InputValue]]
    ) throws -> [BundleCheck.Need] {
        let second = try stageSettings(request, settings)
        let targets = settings.targets + (second?.targets ?? [])
        let targetNames = Set(targets.map(\.target))
        let inputs = Set(request.inputs.map(\.modality) + request.conditions.map(\.modality))
        let known = try bundle.modalities()
        let texts = inputs.union(targetNames).filter { known[$0]?.isSequence == true }
        var needs: [BundleCheck.Need] = []
        if !texts.isEmpty, let source = bundle.bundle.sources.textTokenizer {
            needs.append(BundleCheck.Need(BundlePart(.textTokenizer, source), needsBoxes: texts.contains("det")))
        }
        for name in targetNames.sorted() where bundle.bundle.hasTokenizer(name) {
            let part = try bundle.tokenizerPart(ModalityInfo.baseName(of: name), preview: request.usesPreviewDecoders)
            needs.append(BundleCheck.Need(part, half: .decoder))
        }
        for name in inputs.sorted() where bundle.bundle.hasTokenizer(name) && needsEncoder(name, values[name] ?? []) {
            needs.append(BundleCheck.Need(try bundle.tokenizerPart(ModalityInfo.baseName(of: name)), half: .encoder))
        }
        return needs
    }

    /// Whether something of the values is no array of tokens; texts with structures name no half of a tokenizer until they are read.
    private func needsEncoder(_ name: String, _ values: [InputValue]) -> Bool {
        guard let info = try? bundle.modalities()[name], info.kind == .imageTokens else { return false }
        return values.isEmpty || values.contains { !$0.holdsArray }
    }
}
