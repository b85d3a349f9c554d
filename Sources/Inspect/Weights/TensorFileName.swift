import Names

/// Names of files for keys of tensors.
enum TensorFileName {
    /// The key where it can be a file's name; without a leading "/" where no other key is like that; else with all but letters, digits and
    /// `._-` as their bytes, `%2F`. Different keys have different names.
    static func of(_ key: String, among keys: Set<String>) -> String {
        // Names that look written out are written out, too.
        if OutsideName.isPlain(key), !key.contains("%") { return key }
        let bare = String(key.drop { $0 == "/" })
        let others = keys.contains { $0 != key && $0.drop { $0 == "/" } == bare }
        if !others, OutsideName.isPlain(bare), !bare.contains("%") { return bare }
        return key.utf8.reduce(into: "") { name, byte in
            let scalar = Unicode.Scalar(byte)
            let isWord = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            let isPlain = scalar.isASCII && (isWord || "._-".unicodeScalars.contains(scalar))
            // A name of dots alone is no file.
            if isPlain, byte != UInt8(ascii: ".") || !name.isEmpty {
                name.unicodeScalars.append(scalar)
            } else {
                let code = String(byte, radix: 16, uppercase: true)
                name += "%" + (code.count == 1 ? "0" : "") + code
            }
        }
    }
}
