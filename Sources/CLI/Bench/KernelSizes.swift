import ArgumentParser
import Foundation
import Runtime

/// `M,N,K` of `tessera kernels --bench`: a dense layer, y [M, N] = x [M, K] · weight [N, K]ᵀ.
struct ProductSizes {
    let m, n, k: Int

    static let range = 1...65536

    init?(_ argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let m = numbers[0], let n = numbers[1], let k = numbers[2],
            [m, n, k].allSatisfy({ ProductSizes.range.contains($0) }), m * k <= 1 << 26, n * k <= 1 << 26, m * n <= 1 << 26
        else { return nil }
        (self.m, self.n, self.k) = (m, n, k)
    }
}

/// `IN,OUT,HEIGHT,WIDTH[,KERNEL[,STRIDE]]` of `tessera kernels --bench-conv`.
struct ConvolutionSizes {
    let sizes: KernelBench.Convolution

    init?(_ argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard (4...6).contains(numbers.count), numbers.count == argument.split(separator: ",", omittingEmptySubsequences: false).count,
            numbers.prefix(4).allSatisfy({ (1...16384).contains($0) }), numbers.dropFirst(4).allSatisfy({ (1...64).contains($0) })
        else { return nil }
        let (kernel, stride) = (numbers.count > 4 ? numbers[4] : 3, numbers.count > 5 ? numbers[5] : 1)
        let pixels = numbers[2] * numbers[3]
        // Each is at most 2^54, so none of these products overflows.
        guard pixels * numbers[0] <= 1 << 26, pixels * numbers[1] <= 1 << 26, numbers[0] * numbers[1] * kernel * kernel <= 1 << 26 else {
            return nil
        }
        sizes = KernelBench.Convolution(
            channels: numbers[0], outputs: numbers[1], height: numbers[2], width: numbers[3], kernel: kernel, stride: stride)
    }
}

extension OptionValue {
    static let product: Reader<ProductSizes> = { text in
        guard let sizes = ProductSizes(text) else {
            throw broken("M,N,K, three whole numbers from 1 to \(ProductSizes.range.upperBound) of which any two multiply to at most 2^26")
        }
        return sizes
    }

    static let convolution: Reader<ConvolutionSizes> = { text in
        guard let sizes = ConvolutionSizes(text) else {
            throw broken(
                "IN,OUT,HEIGHT,WIDTH[,KERNEL[,STRIDE]], whole numbers from 1 (KERNEL and STRIDE to 64, the others to 16384), pictures and "
                    + "filter of at most 2^26 numbers")
        }
        return sizes
    }
}
