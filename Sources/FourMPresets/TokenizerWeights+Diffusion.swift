extension TokenizerWeights {
    /// What a tensor of a diffusion decoder starts as; nil for those of others.
    ///
    /// Both begin as what changes nothing: of a patched UNet (fourm/vq/models/unet/unet.py) the last convolution of each block, of each attention and of
    /// all are zeros; of a UViT (`init_weights` of fourm/vq/models/uvit.py) the second convolutions of blocks and the gates of the transformer.
    func diffusion(_ key: String, _ module: String, _ part: String) -> RandomWeights.Fill? {
        let isUNet = shapes["decoder.input_blocks.0.0.weight"] != nil
        guard key.hasPrefix("decoder."), isUNet || shapes["decoder.conv_in.weight"] != nil else { return nil }
        if part == "mask_token" { return .constant(0) }
        if part == "mid_pos_emb" { return RandomWeights.positions(shapes[key] ?? []).map { .table($0) } }
        guard let weight = shapes["\(module).weight"] else { return .constant(0) }
        if weight.count == 1 { return .constant(part == "weight" ? 1 : 0) }
        if isUNet ? TokenizerWeights.endsUNet(module) : TokenizerWeights.endsUViT(module) { return .constant(0) }
        if !isUNet, weight.count == 2 { return part == "bias" ? .constant(0) : .uniform(bound: glorot(module, weight)) }
        return .uniform(bound: 1 / Float(weight.dropFirst().reduce(1, *)).squareRoot())
    }

    private static func endsUNet(_ module: String) -> Bool {
        module.hasSuffix(".out_layers.3") || module.hasSuffix(".proj_out") || module == "decoder.out.2"
    }

    private static func endsUViT(_ module: String) -> Bool { module.hasSuffix(".conv2") || module.hasSuffix(".adaLN_gate") }
}
