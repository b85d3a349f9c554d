import Formats
import Foundation
import IR
import Testing

@testable import CLI

/// Calls that cannot be meant: each ends with its code, says what is wrong and what to do, and writes nothing to standard output.
@Suite struct WrongCallTests {
    struct Call: CustomTestStringConvertible, Sendable {
        /// Split at blanks; see ``WrongCallTests/filled(_:)`` for the names in braces.
        let line: String
        let code: Int32
        /// All of these are in the message.
        let words: [String]

        init(_ line: String, _ code: Int32, _ words: String...) { (self.line, self.code, self.words) = (line, code, words) }

        var testDescription: String { line }
    }

    /// Files that calls name.
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("nothing", "notes.txt")
        try folder.write("no picture", "broken.png")
        try FileManager.default.copyItem(atPath: Shapes.image("000_rgb.png"), toPath: folder.file("picture.safetensors"))
        for name in ["empty", "case", "words"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        try folder.write(#"{"kind": "x", nonsense}"#, "case/case.json")
        try folder.write("nothing", "words/notes.txt")
        for (text, name) in [("", "empty.yaml"), ("[1, 2", "bad.yaml"), ("zzz: 3", "key.yaml")] { try folder.write(text + "\n", name) }
        try folder.write(#"{"boxes": [{"xmin": -0.1, "ymin": 0, "xmax": 1, "ymax": 1, "label": "sphere"}]}"#, "neg.json")
        var ids = [Int](repeating: 0, count: 196)
        ids[3 * 14 + 4] = 9999
        try NumpyFile.write(Tensor(integers: ids, [14, 14]), to: folder.file("ids.npy"))
        try NumpyFile.write(Tensor(integers: [Int](repeating: 0, count: 392), [2, 14, 14]), to: folder.file("two.npy"))
        try NumpyFile.write(Tensor([0.5, 0.5], [1, 2]), to: folder.file("floats.npy"))
    }

    private func filled(whole words: [String]) -> [String] { words.map { filled($0).joined(separator: " ") } }

    /// `{b}` the demo bundle, `{m}` its model, `{t}` its picture tokenizer, `{p}` a photo, `{x}` the folder of files.
    private func filled(_ line: String) -> [String] {
        let names = [
            "{b}": Shapes.folder, "{m}": Shapes.model, "{t}": Shapes.folder + "/tok_rgb.safetensors", "{p}": Shapes.image("000_rgb.png"),
            "{x}": folder.path,
        ]
        return line.split(separator: " ").map { word in
            names.reduce(String(word)) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        }
    }

    func check(_ call: Call) async {
        let run = await Command(filled(call.line))
        #expect(run.code == call.code, "\(call.line): \(run.messages)")
        for word in filled(whole: call.words) { #expect(run.messages.contains(word), "\(call.line): \(run.messages)") }
        #expect(run.output.isEmpty, "\(call.line): \(run.output)")
        #expect(run.messages.contains("tessera: error: "), "\(call.line): \(run.messages)")
    }

    /// Values that break the rule of their option: the message has the option, what was given and the rule.
    static let values: [Call] = [
        Call("kernels --threads abc", 2, "'abc' is invalid for '--threads <n>': it must be a whole number from 1 to 1024"),
        Call("kernels --threads 0", 2, "'0'", "from 1 to 1024"), Call("ops --threads 1.5", 2, "'1.5'", "whole number"),
        Call("kernels --spin -1", 2, "'--spin <ms>': it must be a whole number from 0 to 100000"),
        Call("kernels --isa sse", 2, "--isa", "avx2"), Call("kernels --bench 1,2", 2, "M,N,K"), Call("kernels --bench 0,2,3", 2, "from 1"),
        Call("kernels --bench a,b,c", 2, "M,N,K"), Call("kernels --bench-conv 3,8,0,8", 2, "IN,OUT,HEIGHT,WIDTH"),
        Call("kernels --bench-conv 3,8,8,8,3,65", 2, "STRIDE to 64"),
        Call("run m --function f --random --outputs o --seed x", 2, "'--seed <seed>': it must be a whole number from 0"),
        Call("run m --function f --inputs i --outputs o --bind tokens", 2, "NAME=SIZE"),
        Call("run m --function f --inputs i --outputs o --bind tokens=0", 2, "'tokens=0'", "from 1"),
        Call("bench m --function f --bind tokens=-3", 2, "'tokens=-3'", "from 1"),
        Call("bench m --function f --runs 0", 2, "'0' is invalid for '--runs <n>': it must be a whole number from 1 to 100000"),
        Call("bench m --function f --runs many", 2, "'many'"), Call("bench m --function f --warmup -1", 2, "from 0 to 100000"),
        Call("bench m --function f --feed y", 2, "INPUT=OUTPUT"), Call("bench m --function f --feed =out", 2, "INPUT=OUTPUT"),
        Call("bench m --function f --precision int3", 2, "--precision", "int8"),
        Call("inspect m --bind n=1.5", 2, "'n=1.5'", "whole number"), Call("inspect m --stage half", 2, "--stage", "lowered"),
        Call("inspect m --part middle", 2, "--part", "encoder"),
        Call("inspect m --lora-scale inf", 2, "'--lora-scale <scale>': it must be a number"),
        Call("inspect m --lora :2", 2, "FILE:SCALE"), Call("inspect m --stage clean --stop-after -1", 2, "from 0"),
        Call("tokenize b p.png --modality rgb -o t.npy --size abc", 2, "HEIGHTxWIDTH", "from 1 to 4096"),
        Call("tokenize b p.png --modality rgb -o t.npy --size 0x16", 2, "HEIGHTxWIDTH"),
        Call("tokenize b --dataset d --modality rgb -o o --crops 0", 2, "'--crops <n>': it must be a whole number from 1"),
        Call("tokenize b --dataset d --modality rgb -o o --shard 4/4", 2, "'4/4'", "I from 0 to N-1"),
        Call("tokenize b --dataset d --modality rgb -o o --min-crop-scale 0", 2, "above 0 and at most 1"),
        Call("tokenize b --dataset d --modality rgb -o o --mask-value x", 2, "'--mask-value <value>': it must be a number"),
        Call("tokenize b --dataset d --modality rgb -o o --filter cubic", 2, "--filter", "bicubic"),
        Call("detokenize b t.npy --modality rgb -o o.png --size 5000", 2, "from 1 to 4096"),
        Call("detokenize b t.npy --modality rgb -o o.png --seed -1", 2, "whole number from 0"),
        Call("detokenize b t.npy --modality rgb -o o.png --diffusion-steps 0", 2, "from 1 to 1000000"),
        Call("detokenize b t.npy --modality rgb -o o.png --diffusion-guidance nan", 2, "a number from 0"),
        Call("detokenize b t.npy --modality rgb -o o.png --diffusion-scheduler euler", 2, "ddim, ddpm or pndm"),
        Call("features m p.png -o f.npy --batch 0", 2, "'--batch <n>': it must be a whole number from 1 to 100000"),
        Call("features m p.png -o f.npy --pool max", 2, "--pool", "mean"),
        Call("embed b d -o i.safetensors --temperature -1", 2, "a number from 0"),
        Call("embed b d -o i.safetensors --top-p 1.5", 2, "a number from 0 to 1"),
        Call("search b i --input caption=x --top 0", 2, "'--top <n>': it must be a whole number from 1"),
        Call("search b i --input caption=x --weight x", 2, "it must be a number"), Call("search b i --input caption", 2, "MODALITY=FILE"),
        Call("test d --jobs 300", 2, "'--jobs <n>': it must be a whole number from 1 to 256"),
        Call("passes --precision f8", 2, "--precision", "int8"), Call("passes --stage imported", 2, "--stage", "lowered"),
    ]

    @Test(arguments: values) func valuesThatBreakTheRule(call: Call) async { await check(call) }

    /// Options that would have no effect, contradict each other or are missing.
    static let options: [Call] = [
        Call("compile {m} -o {x}/fm", 2, "--output {x}/fm: the file must end in .tess"),
        Call("compile {m} -o {x}/none/fm.tess", 1, "--output {x}/none/fm.tess", "does not exist"),
        Call("compile {b} -o {x}/all.tess", 2, "a bundle is compiled into a folder; give --single-file for one .tess file"),
        Call("compile {b} -o {x}/all --function encode", 2, "--function is for one model"),
        Call("compile {m} -o {x}/fm.tess --keep rgb", 2, "'rgb' is no path; it must be INPUT,…->TARGET,…"),
        Call("compile {m} -o {x}/fm.tess --keep rgb->sound", 2, "this model cannot generate 'sound'"),
        Call("compile {t} -o {x}/t.tess --keep rgb->depth", 2, "--keep is for 4M models"),
        Call("compile {m} -o {x}/fm.tess --target sse", 2, "'sse'", "avx512vnni"),
        Call("compile {m} -o {x}/fm.tess --function encod", 2, "--function encod: model 'fm' has no such function", "encode"),
        Call("compile {x}/none.safetensors -o {x}/fm.tess", 1, "{x}/none.safetensors"),
        Call("frobnicate", 2), Call("inspect", 2, "<model>"), Call("test", 2, "<folder>"),
        Call("tokenize b -o t.npy --modality rgb", 2, "<picture>"),
        Call("tokenize b p.png -o t.npy", 2, "--modality"), Call("run m --function f --outputs o", 2, "--inputs", "--random"),
        Call("run m --function f --inputs i --random --outputs o", 2, "--random and --inputs exclude each other"),
        Call("run m --function f --inputs i --outputs o --seed 3", 2, "--seed is for random inputs"),
        Call("run m --inputs i --outputs o", 2, "--function"), Call("bench m", 2, "--function"),
        Call("bench m --function f --serve --verbose", 2, "--serve"), Call("bench {b} --function encode", 2, "--function is for one model"),
        Call("bench {b} --random", 2, "--random is for one model"), Call("bench {b} --seed 3", 2, "--seed is for one model"),
        Call("bench {b} --bind batch=2", 2, "--bind is for one model"), Call("bench {b} --part encoder", 2, "--part is for one model"),
        Call("inspect m --ir --json", 2, "exclude each other"), Call("inspect m --ir --bind n=2", 2, "--bind"),
        Call("inspect m --disable fuse-gelu", 2, "--disable needs --stage"),
        Call("inspect m --dump-after d", 2, "--dump-after needs --stage"),
        Call("inspect m --stop-after 3", 2, "--stop-after needs --stage"),
        Call("inspect m --precision int8", 2, "--precision int8 needs --stage"),
        Call("inspect m --stage clean --disable fuse-gelo", 2, "did you mean fuse-gelu?"),
        Call("inspect {m} --stage clean --disable quantize-linear", 2, "'clean'", "it is of --precision int8"),
        Call("inspect {m} --stage clean --disable pack-weights", 2, "it is of --stage lowered"),
        Call("bench {m} --function encode --disable quantize-linear", 2, "it is of --precision int8"),
        Call("inspect {m} --part encoder", 2, "a 4M model has no encoder"),
        Call("run {m} --part decoder --function f --random --outputs o", 2, "decoder"),
        Call("inspect {m} --bind n=2 --bind n=3", 2, "--bind n=3 contradicts n=2"),
        Call("bench {m} --function encode --feed y=out", 2, "--feed y=out: no input of encode is called 'y'"),
        Call("bench {m} --function decode --feed y=nothing", 2, "no output of decode is called 'nothing'"),
        Call("kernels --check", 2, "--check belongs to"), Call("kernels --bench 1,2,3 --bench-conv 3,8,8,8", 2, "two calls"),
        Call("passes --precision f32", 2, "no pipeline of its own"), Call("passes --stage lowered --precision int8", 2, "two pipelines"),
        Call("ops lop", 2, "there is no operator 'lop'; did you mean log or loop?"), Call("ops zzzz", 2, "'tessera ops' lists them"),
        Call("embed b d -o i.safetensors --features --target t", 2, "exclude each other"),
        Call("embed b d -o i.safetensors --features --seed 3", 2, "--seed is for predicted tokens"),
        Call("search b i --input caption=x --weight 1 --weight 2", 2, "once for each --input"),
        Call("search b i --input caption=x --weight 0", 2, "not all 0"),
        Call("tokenize b p.png --modality rgb -o t.npy --crops 3", 2, "--crops is for data sets"),
        Call("tokenize b p.png --dataset d --modality rgb -o t", 2, "--dataset takes no pictures"),
        Call("tokenize {b} {p} --modality rgb --size 100 -o {x}/t.npy", 2, "multiples"),
        Call(
            "detokenize {b} {x}/ids.npy --modality depth -o {x}/o.png --diffusion-steps 3", 2, "--diffusion-steps is for diffusion decoders"
        ),
        Call("detokenize {b} {x}/ids.npy --modality depth -o {x}/o.png --seed 3", 2, "--seed is for diffusion decoders"),
        Call("compile m -o f.tess --override x", 2, "--override", "PATTERN=SCHEME"),
        Call("compile m -o f.tess --override *=int5", 2, "'int5' is no scheme", "int8-full, int8-static, w8, int4, w4"),
        Call("compile m -o f.tess --precision int4 --group-size 48", 2, "--group-size 48", "32, 64 or 128"),
        Call("run m --precision int8 --zero-points --outputs o", 2, "--zero-points is for weights of 4 bits"),
        Call("compile m -o f.tess --precision int8-static", 2, "int8-static takes ranges", "--calibrate"),
        Call("compare m --random --function f", 2, "give a second model, a --precision"), Call("compare m n --function f", 2, "--random"),
        Call("compare m n --random --reference r", 2, "--reference stands in place"),
        Call("compare m n --random --tolerance -1", 2, "--tolerance"), Call("compare m n --random --sort name", 2, "--sort"),
        Call("compile m -o f.tess --precision int8 --smooth", 2, "--smooth looks at inputs", "--calibrate"),
        Call("compile m -o f.tess --precision int8 --calibrate d --observer mse", 2, "--observer chooses ranges for int8-static"),
        Call("compile m -o f.tess --precision int8-static --calibrate d --observer median", 2, "--observer", "percentile"),
        Call("compile m -o f.tess --calibrate d", 2, "--calibrate rounds weights; give --precision"),
        Call("compile m -o f.tess --precision int8 --budget error=0.1", 2, "--budget measures on data"),
        Call("compile m -o f.tess --precision int8 --calibrate d --budget error=2", 2, "--budget", "error=X"),
        Call("compile m -o f.tess --precision int8 --calibrate d --budget speed=0", 2, "--budget", "bits=5", "speed=2"),
        Call(
            "compile m -o f.tess --precision int8 --calibrate d --budget speed --target generic", 2, "--budget speed", "leave --target out"),
        Call(
            "compile m -o f.tess --precision int4 --calibrate d --budget bits=4", 2, "--budget bits=4: int4 has 4.5 bits a weight",
            "give more"),
        Call("compile m -o f.tess --precision int8 --calibrate d --budget bits=7", 2, "int8 has 8 bits a weight"),
        Call("compile {m} -o {x}/o.tess --precision int8 --calibrate {x}/none", 1, "--calibrate {x}/none does not exist"),
        Call("compile m -o f.tess --precision int8 --report r.txt", 2, "--report r.txt", ".html"),
        Call("compile m -o f.tess --report r.html", 2, "--report tells what rounding"),
        Call("compile m -o f.tess --precision int8 --report {x}/none/r.html", 1, "--report"),
        Call("compile m -o f.tess --precision int8 --samples 3", 2, "--samples is for --calibrate"),
        Call("evaluate m --data d", 2, "a second model"),
        Call("evaluate {b} --precision int8 --data {x}/empty", 1, "--data", "holds no picture", "it is empty"),
        Call("evaluate {b} --precision int8 --data {x}/broken.png", 1, "broken.png"),
        Call("evaluate {m} --precision int8 --data {x}/none", 1, "--data {x}/none does not exist"),
        Call("evaluate {b} --precision int8 --data {x}/ids.npy", 1, "--data {x}/ids.npy is no picture"),
        Call("evaluate {b} --precision int8 --target sound --data {p}", 2, "sound"),
        Call("evaluate {t} {m} --data {x}/empty", 1, "--data"),
        Call("evaluate {b} --override encodr.0.attn.qkv=int4 --data {p}", 2, "no layer is called so", "encoder.0.attn.qkv"),
        Call("compile {m} -o {x}/o.tess --override *.mlp.fc9=int4", 2, "--override *.mlp.fc9=int4", "inspect MODEL --ir"),
        Call("compile {m} -o {x}/o.tess --override *norm1*=int4", 2, "--override *norm1*=int4: what is called so has no weights to round"),
        Call("compile {m} -o {x}/o.tess --override *.fc3=int4", 2, "--override *.fc3=int4: what is called so is a part of another layer"),
        Call("bench {m} --function encode --override zzz=int4", 2, "--override zzz=int4"),
        Call("run {m} --function encode --random --outputs {x}/o --override zzz=int4", 2, "--override zzz=int4"),
        Call("inspect {m} --stage clean --override zzz=int4", 2, "--override zzz=int4"),
        Call("bench m --function f --serve --runs 3", 2, "--runs has no effect with it"),
        Call("bench m --function f --serve --warmup 1", 2, "--warmup has no effect with it"),
        Call("detokenize b t.npy --modality rgb -o o.png --diffusion-rescale 0.5", 2, "needs --diffusion-guidance"),
    ]

    @Test(arguments: options) func optionsWithoutMeaning(call: Call) async { await check(call) }

    /// Outputs that cannot be written, found out before the work.
    static let outputs: [Call] = [
        Call("tokenize b p.png --modality rgb -o t.png", 2, "--output must end in .npy"),
        Call("tokenize b p.png --modality rgb -o tokens", 2, "--output must end in .npy"),
        Call("tokenize {b} {x}/none.png --modality rgb -o {x}/t.NPY", 1, "none.png"),
        Call("detokenize {b} {x}/ids.npy --modality rgb -o {x}/o.json", 2, "has no form as JSON", "ends in .npy"),
        Call("tokenize b p.png --modality rgb -o - --json", 2, "take one"), Call("tokenize b p.png --modality rgb -o {x}", 2, "--output"),
        Call("tokenize b p.png --modality rgb -o {x}/none/t.npy", 1, "--output", "none does not exist"),
        Call("tokenize b p.png --modality rgb -o {x}/notes.txt/t.npy", 2, "--output", "Not a directory"),
        Call("detokenize b t.npy --modality rgb -o o.gif", 2, ".png, .npy or .json"),
        Call("detokenize b t.npy --modality rgb -o o.png --format npy", 2, "--format npy contradicts"),
        Call("detokenize b t.npy --modality rgb -o t.npy", 2, "is the file of the tokens"),
        Call("detokenize b t.npy --modality rgb -o {x}/none/o.png", 1, "--output", "does not exist"),
        Call("detokenize {b} {x}/two.npy --modality rgb -o -", 2, "standard output takes one png"),
        Call("features m p.png -o f.png", 2, ".npy or .safetensors"),
        Call("features m p.png -o {x}/none/f.npy", 1, "--output", "does not exist"),
        Call("embed b d -o -", 2, "--output -"), Call("embed b d -o i.npy", 2, ".safetensors"),
        Call("search b i --input caption=x --sheet s.jpg", 2, "--sheet must end in .png"),
        Call("search b i --input caption=x --sheet -", 2, "--sheet -"),
        Call("search b i --input caption=x --sheet {x}/none/s.png", 1, "--sheet"),
        Call("run m --function f --random --outputs photo.png", 2, "--outputs photo.png", "name a folder"),
        Call("run m --function f --random --outputs {x}/notes.txt", 2, "--outputs", "is a file"),
        Call("run m --function f --random --outputs -", 2, "--outputs -", "folder"),
        Call("bench m --function f --outputs {x}/notes.txt/o", 2, "--outputs", "is a file; name a folder"),
        Call("inspect m --stage clean --dump-after {x}/notes.txt", 2, "--dump-after", "is a file"),
        Call("test {x}/case --junit {x}/none/j.xml", 1, "--junit", "does not exist"), Call("test d --json --junit -", 2, "take one"),
    ]

    @Test(arguments: outputs) func outputsThatCannotBeWritten(call: Call) async { await check(call) }

    /// What is found in files and folders.
    static let inputs: [Call] = [
        Call("inspect {x}/none.safetensors", 1, "none.safetensors does not exist"),
        Call("inspect {x}/picture.safetensors", 1, "picture.safetensors"),
        Call("inspect {m} --function logits.*", 2, "--function logits.*", "name one of logits.caption"),
        Call("inspect {m} --function encod", 2, "did you mean encode?"), Call("bench {m} --function zzz", 2, "it has: "),
        Call("inspect {m} --bind tokns=4", 2, "--bind tokns=4", "has no size called 'tokns'"),
        Call("inspect {b} --ir", 2, "bundle of several models"),
        Call("run {b} --function encode --random --outputs {x}/o", 2, "bundle of several models"),
        Call("run {m} --function encode --inputs {x}/none --outputs {x}/o", 1, "--inputs", "does not exist"),
        Call("run {m} --function encode --inputs {x}/empty --outputs {x}/o", 1, "needs tokens, emb, mask"),
        Call("run {t} --function tokenize --inputs {x}/floats.npy --outputs {x}/o", 1, "needs image", "only floats"),
        Call("tokenize {b} {x}/broken.png --modality rgb -o {x}/t.npy", 1, "broken.png"),
        Call("tokenize {b} {x}/none.png --modality rgb -o {x}/t.npy", 1, "none.png"),
        Call("tokenize {b} {x}/*.gif --modality rgb -o {x}/t.npy", 1, "*.gif: no file matches this pattern"),
        Call("tokenize {b} {x}/words --modality rgb -o {x}/t.npy", 1, "holds no .png", "1 file of another kind"),
        Call("tokenize {m} {p} --modality rgb -o {x}/t.npy", 1, "fm.safetensors", "bundle"),
        Call("tokenize {x}/empty {p} --modality rgb -o {x}/t.npy", 1, "empty", "bundle.yaml"),
        Call("detokenize {b} {x}/ids.npy --modality rgb -o {x}/o.png", 1, "ids.npy: token 9999 at [3, 4]", "0 to 1023"),
        Call("detokenize {b} {x}/floats.npy --modality rgb -o {x}/o.png", 1, "floats.npy: token ids must be integers"),
        Call("features {m} {x}/empty -o {x}/f.npy", 1, "empty", ".png"),
        Call("features {m} {x}/*.gif -o {x}/f.npy", 1, "{x}/*.gif: no file matches this pattern"),
        Call("features {m} {p} --modality caption -o {x}/f.npy", 2, "there is a file of that name", "caption=@{p}"),
        Call("embed {b} {x}/none -o {x}/i.safetensors --features", 1, "none"),
        Call("search {b} {x}/none.safetensors --input caption=x", 1, "none.safetensors"),
        Call("search b i --input caption=x --folder {x}/none --sheet {x}/s.png", 1, "--folder", "does not exist"),
        Call("search b i --input caption=x --folder {x}/notes.txt", 2, "--folder", "no folder"),
        Call("test {x}/empty", 1, "has no case.json"), Call("test {x}/none", 1, "does not exist"),
        Call("test {x}/notes.txt", 2, "is no folder"),
        Call("embed {b} {x}/notes.txt -o {x}/i.safetensors --features", 2, "is no folder"),
    ]

    @Test(arguments: inputs) func whatIsFoundInFiles(call: Call) async { await check(call) }

    /// A broken case is reported with the place of its fault.
    @Test func brokenCasesNameTheByte() async throws {
        let run = await Command("test", folder.file("case"))
        #expect(run.code == 1 && run.output.contains("case.json") && run.output.contains("byte 14"), "\(run.output)")
    }
}
