import FourMCodecs
import IR

extension DecodedTarget {
    /// What a tokenizer's output `decoded` f32 [1, channels, height, width] looks like; `bundle` names classes.
    package init(_ base: String, _ decoded: Tensor, _ bundle: LoadedBundle) throws {
        self.init(modality: base, tokens: [])
        try PictureForms.fill(&self, base: base, decoded, CodecContext(bundle))
    }
}

extension CodecContext {
    init(_ bundle: LoadedBundle) {
        self.init()
        boxBins = bundle.bundle.boxBins
        boxClasses = { try bundle.text().objectClasses }
        semsegClasses = bundle.bundle.semsegClasses
        tokenizer = { name, part in
            bundle.bundle.hasTokenizer(name) ? try bundle.tokenizer(name, part: part) : nil
        }
    }
}
