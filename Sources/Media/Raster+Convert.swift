extension Raster where Sample == UInt8 {
    /// Three channels: grey is repeated, alpha is dropped (not composited).
    package var rgb: ByteImage {
        if channels == 3 { return self }
        let (pixels, channels) = (width * height, channels)
        let out = [UInt8](unsafeUninitializedCapacity: pixels * 3) { out, count in
            samples.withUnsafeBufferPointer { source in
                for pixel in 0..<pixels {
                    let from = pixel * channels
                    let isGray = channels == 1
                    out[pixel * 3] = source[from]
                    out[pixel * 3 + 1] = source[isGray ? from : from + 1]
                    out[pixel * 3 + 2] = source[isGray ? from : from + 2]
                }
            }
            count = pixels * 3
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
    var saturatedTo8Bit: ByteImage {
        ByteImage(unchecked: samples.map { UInt8(min($0, 255)) }, width: width, height: height, channels: channels)
    }

    /// 8-bit grey of the high bytes.
    package var highBytes: ByteImage {
        ByteImage(unchecked: samples.map { UInt8($0 >> 8) }, width: width, height: height, channels: channels)
    }
}
