/// Suffixes of files that hold a model, in lower case.
package enum ModelSuffix {
    package static let all = [".safetensors", ".pth", ".pt", ".bin", ".ckpt"]
}
