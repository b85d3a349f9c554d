import Testing

@testable import CLI

/// Wrong calls of the commands that generate, fetch and make models, and of data sets.
extension WrongCallTests {
    static let jobs: [Call] = [
        Call("generate {b} --input rgb={p}", 2, "missing expected argument '--output <folder>'"),
        Call("generate {b} --input rgb={p} -o -", 2, "--output must name a folder: several files are written"),
        Call("generate {b} --input rgb -o {x}/o", 2, "an input is MODALITY=FILE or MODALITY=\"text\", not 'rgb'"),
        Call(
            "generate {b} --input sound=x.wav -o {x}/o", 2,
            "this model does not take 'sound'; it takes: caption, det, rgb@224, tok_depth@224,"),
        Call(
            "generate {b} --input rgb={p} --target depht -o {x}/o", 2,
            "this model cannot generate 'depht'; did you mean tok_depth@224? it can generate: caption,"),
        Call(
            "generate {b} --input rgb={p} --target caption --target caption -o {x}/o", 2,
            "--target caption was given more than once; a target is generated once (--variations N for"),
        Call(
            "generate {b} --input rgb={p} --target rgb@224 --target tok_rgb -o {x}/o", 2,
            "target 'tok_rgb@224' is named more than once; a target is generated once"),
        Call(
            "generate {b} --input rgb={x}/none.png --target caption -o {x}/o", 1,
            "{x}/none.png: cannot be opened: No such file or directory; check the path"),
        Call(
            "generate {b} --input rgb={x}/broken.png --target caption -o {x}/o", 1,
            "{x}/broken.png: no PNG, JPEG or WebP; convert it to PNG or JPEG"),
        Call(
            "generate {b} --input rgb={x}/empty --target caption -o {x}/o", 1,
            "folder {x}/empty holds no file of 'rgb' (.png, .jpg, .jpeg, .webp, .npy, .npz); it is"),
        Call(
            "generate {b} --input rgb={x}/words --target caption -o {x}/o", 1,
            "folder {x}/words holds no file of 'rgb' (.png, .jpg, .jpeg, .webp, .npy, .npz); it holds"),
        Call("generate {b} --input rgb={x}/*.gif --target caption -o {x}/o", 1, "rgb={x}/*.gif: no file matches"),
        Call(
            "generate {b} --input caption={p} --target det -o {x}/o", 2,
            "caption={p}: there is a file of that name, and 'caption' takes a text; write caption=@{p}"),
        Call(
            "generate {b} --input caption=@{x}/none.txt --target det -o {x}/o", 1,
            "{x}/none.txt: cannot be opened: No such file or directory; check the path"),
        Call(
            "generate {b} --input det=@{x}/notes.json --target caption -o {x}/o", 1,
            "{x}/notes.json: cannot be opened: No such file or directory; check the path"),
        Call(
            "generate {b} --input det=@{x}/neg.json --target caption -o {x}/o", 1,
            "{x}/neg.json: det, box 1: 'xmin' is below 0; boxes are in fractions 0…1, or in pixels"),
        Call("generate {b} --input rgb={p} --target caption -o {x}/notes.txt", 2, "--output {x}/notes.txt", "name a folder"),
        Call("generate {b} --input rgb={p} --target caption -o {x}/notes.txt/o", 2, "--output {x}/notes.txt", "name a folder"),
        Call(
            "generate {b} --input rgb={p} --target caption --steps 5 -o {x}/o", 2,
            "--steps is for image-like targets; 'caption': texts are written token by token"),
        Call(
            "generate {b} --input rgb={p} --target depth --steps 1000 -o {x}/o", 2,
            "--steps must be at most 196, the tokens of the largest target, not 1000"),
        Call("generate {b} --input rgb={p} --target depth --steps 0 -o {x}/o", 2, "'--steps <n>': it must be a whole number from 1"),
        Call(
            "generate {b} --input rgb={p} --target depth --max-tokens 3 -o {x}/o", 2,
            "--max-tokens is for texts; none is among the targets 'tok_depth@224'"),
        Call(
            "generate {b} --input rgb={p} --target caption --max-tokens 3000 -o {x}/o", 2,
            "--max-tokens must be at most 66, which is what the longest text has, not 3000"),
        Call(
            "generate {b} --input rgb={p} --target caption --preview -o {x}/o", 2,
            "--preview: bundle 'shapes' has no preview decoder for 'caption'; it has: tok_rgb"),
        Call(
            "generate {b} --input rgb={p} --target caption --no-sr -o {x}/o", 2,
            "--no-sr: bundle 'shapes' names no sr_model; there is no super-resolution to leave out"),
        Call(
            "generate {b} --input rgb={p} --target caption --sam-passes 2 -o {x}/o", 2,
            "--sam-passes is for the target sam_instance, which is not generated"),
        Call(
            "generate {b} --input rgb={p} --target caption --temperature -1 -o {x}/o", 2, "'--temperature <t>': it must be a number from 0"),
        Call("generate {b} --input rgb={p} --target caption --temperature warm -o {x}/o", 2, "'warm'", "it must be a number from 0"),
        Call("generate {b} --input rgb={p} --target caption --top-p 2 -o {x}/o", 2, "'--top-p <p>': it must be a number from 0 to 1"),
        Call("generate {b} --input rgb={p} --target caption --top-k some -o {x}/o", 2, "--top-k must be a count or a share, not 'some'"),
        Call(
            "generate {b} --input rgb={p} --target caption --temperature 0 --top-p 0.5 -o {x}/o", 2,
            "--top-p has no effect with --temperature 0, which takes the most probable token"),
        Call(
            "generate {b} --input rgb={p} --target depth --scheme beam -o {x}/o", 2,
            "--scheme must be maskgit or roar, not 'beam'; texts are always autoregressive"),
        Call(
            "generate {b} --input rgb={p} --target caption --scheme roar -o {x}/o", 2,
            "--scheme is for image-like targets; 'caption': texts are written token by token"),
        Call(
            "generate {b} --input rgb={p} --target depth --diffusion-steps 5 -o {x}/o", 2,
            "--diffusion-steps is for diffusion decoders; none is in use for 'tok_depth@224'"),
        Call(
            "generate {b} --input rgb={p} --target rgb --diffusion-scheduler euler -o {x}/o", 2,
            "--diffusion-scheduler must be ddim, ddpm or pndm, not 'euler'"),
        Call(
            "generate {b} --input rgb={p} --target rgb --diffusion-rescale 0.5 -o {x}/o", 2,
            "--diffusion-rescale needs --diffusion-guidance"),
        Call(
            "generate {b} --input rgb={p} --target caption --condition 0:caption=x -o {x}/o", 2,
            "a condition of weight 0 has no effect: '0:caption=x'"),
        Call(
            "generate {b} --condition nan:caption=x --target depth -o {x}/o", 2,
            "a condition is WEIGHT:MODALITY=VALUE, e.g. 2:caption=\"a red sphere\", not 'nan:caption=x'"),
        Call(
            "generate {b} --condition caption --target depth -o {x}/o", 2,
            "a condition is WEIGHT:MODALITY=VALUE, e.g. 2:caption=\"a red sphere\", not 'caption'"),
        Call("generate {b} --input caption=x --target depth --finished-weight 2 -o {x}/o", 2, "--finished-weight needs --condition"),
        Call(
            "generate {b} --condition 2:caption=x --cfg 2 --target depth -o {x}/o", 2,
            "--cfg is for inputs; the weights of --condition take its place"),
        Call(
            "generate {b} --input rgb={p} --mask rgb={p} --mask rgb={p} --target caption -o {x}/o", 2,
            "--mask was given twice for one modality"),
        Call("generate {b} --input rgb={p} --mask depth={p} --target caption -o {x}/o", 2, "--mask depth: that modality is not an --input"),
        Call(
            "generate {b} --input rgb={p} --mask rgb={x}/none.npy --target caption -o {x}/o", 1,
            "{x}/none.npy: cannot be opened: No such file or directory; check the path"),
        Call(
            "generate {b} --input caption=x --mask caption={p} --target depth -o {x}/o", 2,
            "a mask of 'caption': a text is hidden in part by [S_1], [S_2], … in its place"),
        Call(
            "generate {b} --input rgb={p} --target caption --settings {x}/none.yaml -o {x}/o", 1,
            "{x}/none.yaml: cannot be opened: No such file or directory; check the path"),
        Call("generate {b} --input rgb={p} --target caption --settings {x}/empty.yaml -o {x}/o", 1, "{x}/empty.yaml holds no settings"),
        Call(
            "generate {b} --input rgb={p} --target caption --settings {x}/bad.yaml -o {x}/o", 1,
            "{x}/bad.yaml: not valid YAML: line 2, column 1: did not find expected ',' or ']'"),
        Call("generate {b} --input rgb={p} --target caption --settings {x}/key.yaml -o {x}/o", 1, "{x}/key.yaml: unknown key 'zzz'"),
        Call(
            "generate {b} --prompts {x}/none.txt --target depth -o {x}/o", 1,
            "{x}/none.txt: cannot be opened: No such file or directory; give a .txt with a prompt a"),
        Call("generate {b} --prompts {x}/empty.yaml --target depth -o {x}/o", 1, "{x}/empty.yaml holds no prompt"),
        Call(
            "generate {b} --input rgb={p} --target caption --stream yaml=1 --json --stream json -o {x}/o", 2,
            "--json and --stream json both write to standard output; take one"),
        Call(
            "generate {b} --input rgb={p} --target caption --variations 0 -o {x}/o", 2,
            "'--variations <n>': it must be a whole number from 1 to 100000"),
        Call(
            "generate {b} --input rgb={p} --target caption --resume --overwrite -o {x}/o", 2, "--resume and --overwrite exclude each other"),
        Call("generate {b} --input rgb={p} --target caption --quiet --verbose -o {x}/o", 2, "--quiet and --verbose exclude each other"),
        Call(
            "generate {m} --input rgb={p} --target caption -o {x}/o", 1,
            "is a safetensors file, no bundle; name a folder with a bundle.yaml, or a YAML file, that"),
        Call(
            "generate {x}/none --input rgb={p} --target caption -o {x}/o", 1,
            "{x}/none does not exist; give a file, a folder, or a Hub name such as"),
        Call(
            "generate {x}/empty --input rgb={p} --target caption -o {x}/o", 1,
            "{x}/empty is a folder without a bundle.yaml, no bundle; name a folder with a bundle.yaml,"),
        Call("demo --photos 0 --output {x}/o", 2, "'--photos <n>': it must be a whole number from 1"),
        Call("demo --bundle {x}/none --output {x}/o", 1, "--bundle: {x}/none/images holds no *_rgb.png; give a bundle with sample photos"),
        Call(
            "demo --bundle {x}/empty --output {x}/o", 1, "--bundle: {x}/empty/images holds no *_rgb.png; give a bundle with sample photos"),
        Call("init --preset 4m-xxl -o {x}/i", 2, "there is no preset '4m-xxl'; did you mean 4m-xl?"),
        Call("init --preset 4m-b", 2, "--output must name a .safetensors file or a folder"),
        Call("init -o {x}/i", 2, "give --preset or --config, or --list to see the presets"),
        Call("init --preset 4m-b --config c.json -o {x}/i", 2, "--preset and --config exclude each other; --set changes values of either"),
        Call("init --config {x}/none.json -o {x}/i", 1, "{x}/none.json: cannot be opened: No such file or directory; check the path"),
        Call("init --config {x}/notes.txt -o {x}/i", 1, "{x}/notes.txt: JSON, byte 0: a value expected"),
        Call("init --preset 4m-b --dtype f8 -o {x}/i", 2, "--dtype must be f32, f16 or bf16, not 'f8'"),
        Call("init --preset 4m-b --set dim -o {x}/i", 2, "--set must be KEY=VALUE, not 'dim'"),
        Call("init --preset 4m-b --set dim=63 -o {x}/i", 2, "--set dim=63: 'num_heads' is 12; it must be a divisor of dim (63)"),
        Call("init --preset 4m-b --set dmi=64 -o {x}/i", 2, "--set dmi=64: the configuration has no key 'dmi'; did you mean dim?"),
        Call("init --preset 4m-b --shard-size 0 -o {x}/i", 2, "'--shard-size <gb>': it must be a number from 0.001"),
        Call(
            "init --preset tok-rgb-16k --bundle -o {x}/i", 2, "--bundle: tok-rgb-16k is a tokenizer; a bundle is made around a transformer"),
        Call(
            "init --preset 4m-b -o {x}/notes.txt/i", 2, "--output {x}/notes.txt/i: cannot be made: {x}/notes.txt is a file; name a folder"),
        Call("tokenize {b} --dataset {x} --modality rgb -o -", 2, "--output -", "name a folder"),
        Call("tokenize {b} --dataset {x} --modality rgb -o photo.png", 2, "--output photo.png", "name a folder"),
        Call("tokenize {b} --dataset {x} --modality rgb -o {x}/notes.txt", 2, "--output {x}/notes.txt: is a file; name a folder"),
        Call("tokenize {b} --dataset {x} --modality rgb --crop-settings {x}/notes.txt -o {x}/d", 2, "--crop-settings", "name a folder"),
        Call("generate {b} --prompt cube --target det --stream {x}/notes.txt -o {x}/o", 2, "--stream {x}/notes.txt: is a file"),
        Call("generate {b} --prompt cube --mask caption={p} --target det -o {x}/o", 2, "caption"),
        Call(
            "generate {b} --prompt cube --ignore-orientation --target det -o {x}/o", 2,
            "--ignore-orientation is for pictures; none is given"),
        // The command becomes the server before arguments are read: here is none.
        Call("serve {m} --port 0 --no-such-option", 1, "there is no tessera-serve", "'make serve' builds it", "make install"),
        Call("serve", 1, "there is no tessera-serve"), Call("server {m}", 2, "unknown command 'server'; did you mean serve"),
        Call("pull", 2, "name a repository, such as EPFL-VILAB/4M-7_B_CC12M; --list shows some"),
        Call("pull ..", 2, "'..' is no Hub repository; give ORG/NAME or ORG/NAME@REVISION, such as"),
        Call("pull a/b/c", 2, "'a/b/c' is no Hub repository; give ORG/NAME or ORG/NAME@REVISION, such as"),
        Call("pull org/model --revision a/../b", 2, "--revision: 'a/../b' is no revision; give a branch, a tag or a commit"),
        Call("pull org/model --list", 2, "--list takes no repository, --file, --revision or --all"),
        Call(
            "tokenize {b} --dataset {x}/none --modality rgb -o {x}/d", 1,
            "{x}/none/rgb is no folder; a data set is a folder with one folder for each modality"),
        Call(
            "tokenize {b} --dataset {x}/empty --modality rgb -o {x}/d", 1,
            "{x}/empty/rgb is no folder; a data set is a folder with one folder for each modality"),
        Call(
            "tokenize {b} --dataset {x} --modality rgb --crops 0 -o {x}/d", 2,
            "the value '0' is invalid for '--crops <n>': it must be a whole number from 1 to 1000"),
        Call(
            "tokenize {b} --dataset {x} --modality rgb --shard 9/3 -o {x}/d", 2,
            "the value '9/3' is invalid for '--shard <i/n>': it must be I/N with I from 0 to N-1, such"),
        Call("tokenize {b} {p} --modality rgb --crops 2 -o {x}/t.npy", 2, "--crops is for data sets; give --dataset ROOT too"),
        Call(
            "tokenize {b} {p} --modality caption -o {x}/t.npy", 2,
            "bundle 'shapes' has no tokenizer for 'caption'; it has: tok_depth, tok_normal, tok_rgb,"),
        Call(
            "tokenize {b} {p} --modality rgb --size 30 -o {x}/t.npy", 2,
            "--size 30x30: sides must be multiples of the tokenizer's patch of 16 × 16 pixels"),
        Call(
            "tokenize {b} {p} --modality rgb --size wide -o {x}/t.npy", 2,
            "the value 'wide' is invalid for '--size <pixels>': it must be a side, or HEIGHTxWIDTH, in"),
        Call(
            "detokenize {b} t.npy --modality sound -o {x}/o.png", 2,
            "bundle 'shapes' has no tokenizer for 'sound'; it has: tok_depth, tok_normal, tok_rgb,"),
        Call("search {b} i.safetensors --input sound=x", 1, "i.safetensors: cannot be opened: No such file or directory; check the path"),
        Call("help generte", 2, "unknown command 'generte'; did you mean generate?"),
        Call("generte", 2, "unknown command 'generte'; did you mean generate?"),
        Call("--verison", 2, "unknown option '--verison'; did you mean --version?"),
    ]

    @Test(arguments: jobs) func jobsThatCannotBeMeant(call: Call) async { await check(call) }
}
