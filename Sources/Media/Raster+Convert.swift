extension Raster where Sample == UInt8 {
    /// Three channels: grey is repeated, alpha is dropped (not composited).
    package var rgb: ByteImage {
        if channels == 3 { return self }
        var out = [UInt8]()
        out.reserveCapacity(width * height * 3)
        for pixel in stride(from: 0, to: samples.count, by: channels) {
            if channels == 1 {
                for _ in 0..<3 { out.append(samples[pixel]) }
            } else {
                out.append(contentsOf: samples[pixel..<pixel + 3])
            }
        }
        return ByteImage(unchecked: out, width: width, height: height, channels: 3)
    }

    /// One channel: ITU-R 601 luma, (19595 R + 38470 G + 7471 B + 32768) >> 16 as in Pillow's `convert("L")`.
    package var gray: ByteImage {
        if channels == 1 { return self }
        let out = stride(from: 0, to: samples.count, by: channels).map { pixel in
            luma(samples[pixel], samples[pixel + 1], samples[pixel + 2])
        }
        return ByteImage(unchecked: out, width: width, height: height, channels: 1)
    }
}

func luma(_ r: UInt8, _ g: UInt8, _ b: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: (Int(r) &* 19595 &+ Int(g) &* 38470 &+ Int(b) &* 7471 &+ 0x8000) >> 16)
}

extension Raster where Sample == UInt16 {
    /// Values above 255 become 255 (Pillow's `convert("RGB")` of 16-bit grey, before the repetition).
    package var saturatedTo8Bit: ByteImage {
        ByteImage(
            unchecked: samples.map { UInt8(min($0, 255)) }, width: width, height: height, channels: channels)
    }
}
