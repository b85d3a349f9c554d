import IR
import Media

extension PixelNormalization {
    /// Mean and standard deviation as a module's metadata state them; nil if they do not.
    package init?(metadata: Attributes) {
        guard let mean = metadata.doubles(.mean), let std = metadata.doubles(.std), mean.count == 3, std.count == 3 else { return nil }
        self.init(mean: mean.map { Float($0) }, std: std.map { Float($0) })
    }
}
