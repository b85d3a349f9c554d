import ArgumentParser
import Files
import Foundation
import FourMText
import Inspect

/// `tessera train wordpiece`
struct TrainWordPieceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wordpiece",
        abstract: "Train the text tokenizer on files of text.",
        discussion: """
            Writes a tokenizer.json as Hugging Face tokenizers writes it, as train_wordpiece_tokenizer.py of ml-4m does: special tokens, \
            sentinels, coordinates and names of objects, then characters, then what occurs together most often. Files are read piece by \
            piece, so that their size does not matter; same files and options, same bytes.

            tokenizers itself leaves the order of the one-character ## tokens to chance, and with it some of the vocabulary; here they are in \
            the order of their code points. --continuation-order takes the order of another file and so makes the same vocabulary.

            Examples:
              tessera train wordpiece captions.txt -o tokenizer.json
              tessera train wordpiece 'captions/*.txt' -o tokenizer.json --vocab-size 8000 --object-classes none
              tessera train wordpiece captions.txt -o again.json --continuation-order tokenizer.json
            """)

    @Argument(help: ArgumentHelp("Text in UTF-8, one caption a line: files, folders of .txt files, patterns.", valueName: "file"))
    var files: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("Tokenizer file to write; - is standard output.", valueName: "file"))
    var output: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Tokens of the vocabulary at most, special ones included; default 30000.", valueName: "n"),
        transform: OptionValue.whole(1...WordPieceSettings.largestVocabulary))
    var vocabSize = 30_000

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Sentinels [S_0], [S_1], … that stand for masked spans; default 200.", valueName: "n"),
        transform: OptionValue.whole(0...100_000))
    var numSentinels = 200

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Numbers of boxes, poses, colours and metadata: v0=0, … to v3=…, so many of each; default 1000.", valueName: "n"),
        transform: OptionValue.whole(0...100_000))
    var coordBins = 1000

    @Option(help: ArgumentHelp("Names of objects that are tokens of their own: coco, none, or a file with one a line.", valueName: "names"))
    var objectClasses = "coco"

    @Flag(help: "Keep capital letters and accents.")
    var noLowercase = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Join only what occurs together so often; default 0.", valueName: "n"),
        transform: OptionValue.whole(0...Int.max))
    var minFrequency = 0

    @Option(
        help: ArgumentHelp(
            "Take the order of the one-character ## tokens from this tokenizer file, or from a text with one a line.", valueName: "file"))
    var continuationOrder: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Distinct words that memory holds at a time; rare ones beyond that are forgotten; default 5000000.", valueName: "n"),
        transform: OptionValue.whole(1000...1_000_000_000))
    var maxWords = 5_000_000

    @Flag(help: "Print what was done as JSON.")
    var json = false

    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let file: String
        let tokens, specialTokens, characters, words, bytes, forgottenWords: Int
    }

    func validate() throws {
        if json, Output.isStandard(output) {
            throw ValidationError("--json and --output \(output) both write to standard output; take one")
        }
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--output", output)
        let inputs = try InputList(files, suffixes: ["txt"])
        for line in inputs.leftOut { Terminal.note(line) }
        if let same = inputs.files.first(where: { FilePath.absolute($0) == FilePath.absolute(output) }) {
            throw Refusal.usage("--output \(output) is the text \(same) itself; name another file")
        }
        var trainer = try WordPieceTrainer(try settings())
        try count(inputs.files, &trainer)
        let bytes = trainer.bytes
        let trained = try merge(trainer)
        try OutputFile.write(trained.json(), to: output)
        try tell(trained, bytes)
    }

    private func settings() throws -> WordPieceSettings {
        let classes = try FlagName.named("--object-classes") { try TrainingNames.objectClasses(objectClasses) }
        let special = SpecialToken.fourM(sentinels: numSentinels, coordinateBins: coordBins, objectClasses: classes)
        var settings = WordPieceSettings(specialTokens: special)
        settings.vocabularySize = vocabSize
        settings.minimumFrequency = minFrequency
        settings.lowercases = !noLowercase
        settings.wordLimit = maxWords
        settings.continuationOrder = try continuationOrder.map { path in
            try FlagName.named("--continuation-order") { try TrainingNames.continuations(path, prefix: settings.prefix) }
        }
        return settings
    }

    private func count(_ files: [String], _ trainer: inout WordPieceTrainer) throws {
        let sizes = try files.map { try InputFile($0).size ?? 0 }
        let all = max(sizes.reduce(0, +), 1)
        let bar = ProgressBar("counting words")
        var before = 0
        for (file, size) in zip(files, sizes) {
            try trainer.add(file: file) { progress in
                try Task.checkCancellation()
                guard case .counting(_, let bytes, _) = progress else { return }
                bar.update(Double(before + min(bytes, size)) / Double(all), title: nil, detail: file)
            }
            before += size
        }
        bar.finish()
    }

    private func merge(_ trainer: WordPieceTrainer) throws -> TrainedWordPiece {
        let bar = ProgressBar("joining pieces")
        let trained = try trainer.train { progress in
            try Task.checkCancellation()
            guard case .merging(let tokens, let limit) = progress else { return }
            bar.update(Double(tokens) / Double(limit), title: nil, detail: "\(tokens) tokens")
        }
        bar.finish()
        return trained
    }

    private func tell(_ trained: TrainedWordPiece, _ bytes: Int) throws {
        if trained.forgotten > 0 {
            Terminal.warn(
                "\(trained.forgotten) words that had occurred up to \(trained.forgottenAtMost) times were forgotten to make room; "
                    + "--max-words \(maxWords) may be raised")
        }
        if json {
            return try Output.writeJSON(
                Report(
                    file: output, tokens: trained.vocabularySize, specialTokens: trained.specialCount, characters: trained.characterCount,
                    words: trained.wordCount, bytes: bytes, forgottenWords: trained.forgotten))
        }
        let line =
            "\(output): \(trained.vocabularySize) tokens (\(trained.specialCount) special, \(trained.characterCount) characters) of "
            + "\(trained.wordCount) words in \(Human.bytes(bytes))"
        Output.isStandard(output) ? Terminal.note(line) : Output.line(line)
    }
}
