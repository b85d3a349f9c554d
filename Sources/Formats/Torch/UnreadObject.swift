/// What to say of an entry of a state dict that was passed over, by the name of what would make it.
enum UnreadObject {
    /// `what it is; what helps`. Saving the file again as it is helps none of them.
    static func reason(_ maker: String) -> String {
        let (what, remedy) = known.first { maker.contains($0.part) }.map { ($0.what, $0.remedy) } ?? unknown
        return "it is \(what) (\(maker.prefix(200))), which is not read; in PyTorch, \(remedy) and save the state dict again"
    }

    private static let unknown = ("an object", "replace it by a plain tensor, value.detach().cpu().clone(),")

    private static let known: [(part: String, what: String, remedy: String)] = [
        ("sparse", "a sparse tensor", "make it dense first, value.to_dense(),"),
        ("qtensor", "a quantized tensor", "make it float first, value.dequantize(),"),
        ("torch.q", "a quantized tensor", "make it float first, value.dequantize(),"),
        ("torch.QU", "a quantized tensor", "make it float first, value.dequantize(),"),
        ("nested", "a nested tensor", "pad it first, value.to_padded_tensor(0),"),
        ("complex", "a tensor of complex numbers", "split it first, torch.view_as_real(value),"),
        ("meta_tensor", "a tensor without data", "load the weights into the model first"),
        ("wrapper_subclass", "a tensor of a class of its own", "gather it first, value.full_tensor(),"),
        ("DTensor", "a distributed tensor", "gather it first, value.full_tensor(),"),
        ("neg_view", "a negated view", "resolve it first, value.resolve_neg(),"),
        ("_rebuild_device", "a tensor of another device", "bring it to the processor first, value.cpu(),"),
        ("_rebuild_xla", "a tensor of another device", "bring it to the processor first, value.cpu(),"),
        ("torch.float", "a tensor of a float type", "convert it first, value.to(torch.float32),"),
        ("torch.bits", "a tensor of bits", "convert it first, value.to(torch.uint8),"),
    ]
}
