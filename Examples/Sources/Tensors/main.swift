import Tessera

let model = try Model("Models/shapes/tok_rgb.safetensors").compiled()
let session = model.makeSession(threads: 2)
let image = try Tensor([Float](repeating: 0.5, count: 3 * 224 * 224), [1, 3, 224, 224])
let tokens = try session.run("tokenize", ["image": image])["tokens"]
print(tokens?.shape ?? [], tokens?.integers.prefix(8) ?? [])
