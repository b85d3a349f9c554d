import ArgumentParser
import Inspect
import Names
import Training
import TrainingJobs

/// `tessera train graph`
struct TrainGraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Train any ONNX model, or text of the IR, on arrays.",
        discussion: """
            The loss is a result of the function (its mean, if it is more than one number), or is made of a result and a target that the data \
            hold: mse(output,target), l1(…), cross_entropy(…) of logits and class ids, binary_cross_entropy(…) of logits. The \
            data are arrays called as the function's inputs and the target, in a .npz, .npy or .safetensors file or a folder of such; the \
            first dimension of each counts samples. Each epoch goes over them in an order of its own.

            The result is a model in the format that came in, in OUT/model; OUT/checkpoints has the newest states, OUT/log.jsonl and event \
            files for TensorBoard the course. Biases and scales (one dimension) have no weight decay. Same options, same bits, for any number of threads, and \
            after a stop (Ctrl-C, kill, power) with --resume too.

            Examples:
              tessera train graph mlp.onnx --loss 'mse(y,target)' --data data.npz --epochs 20 -o run
              tessera train graph classifier.onnx --loss 'cross_entropy(logits,label)' --data train.npz --evaluation-data test.npz \
            --steps 2000 --batch 64 --lr 3e-4 --schedule cosine --warmup 100 -o run
              tessera train graph net.ir --function loss --loss loss --data samples --parameters 'head.*' --optimizer sgd --momentum 0.9 \
            --lr 0.01 --steps 500 -o run
              tessera train graph mlp.onnx --loss 'mse(y,target)' --data data.npz --epochs 20 -o run --dry-run
              tessera train graph mlp.onnx --loss 'mse(y,target)' --data data.npz --epochs 20 -o run --resume
            """)

    @Argument(help: ArgumentHelp("A .onnx file, or text of the IR (.ir).", valueName: "model"))
    var model: String

    @Option(help: ArgumentHelp("The function; may be left out if there is but one.", valueName: "name"))
    var function: String?

    @Option(
        help: ArgumentHelp(
            "A result of the function, or mse, l1, cross_entropy or binary_cross_entropy of (output,target).", valueName: "loss"))
    var loss: String

    @Option(help: ArgumentHelp("Samples: arrays by name in .npz, .npy or .safetensors files.", valueName: "path"))
    var data: String

    @Option(help: ArgumentHelp("Samples that the loss is looked at with, and that are not trained on.", valueName: "path"))
    var evaluationData: String?

    @Option(
        help: ArgumentHelp("Weights that are trained; * stands for anything; default: all that the loss depends on.", valueName: "a,b"),
        transform: OptionValue.words)
    var parameters: [String] = []

    @Option(help: "How weights follow their gradients.")
    var optimizer = Optimizer.adamw

    @Option(
        name: .customLong("lr"), parsing: .unconditional, help: ArgumentHelp("Learning rate; default 0.001.", valueName: "rate"),
        transform: OptionValue.number("a number above 0") { $0 > 0 })
    var learningRate = 1e-3

    @Option(help: "How the learning rate goes on after the warm-up.")
    var schedule = Schedule.constant

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Where the cosine ends; default 0.", valueName: "rate"),
        transform: OptionValue.number("a number from 0") { $0 >= 0 })
    var minLr: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Batches in which the learning rate rises from 0; default 0.", valueName: "n"),
        transform: OptionValue.whole(0...1_000_000_000))
    var warmup = 0

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Weight decay of matrices; default 0.01 for adamw, 0 for sgd.", valueName: "x"),
        transform: OptionValue.number("a number from 0") { $0 >= 0 })
    var weightDecay: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Weight of the old in the mean of gradients, of adamw; default 0.9.", valueName: "x"),
        transform: OptionValue.number("a number from 0 and below 1") { $0 >= 0 && $0 < 1 })
    var beta1: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("The same of their squares; default 0.999.", valueName: "x"),
        transform: OptionValue.number("a number from 0 and below 1") { $0 >= 0 && $0 < 1 })
    var beta2: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Weight of the old in the momentum of sgd; default 0.", valueName: "x"),
        transform: OptionValue.number("a number from 0 and below 1") { $0 >= 0 && $0 < 1 })
    var momentum: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Batches of the training; or --epochs.", valueName: "n"),
        transform: OptionValue.whole(1...1_000_000_000))
    var steps: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How often to go over the samples; default 1.", valueName: "n"),
        transform: OptionValue.whole(1...1_000_000))
    var epochs: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Samples of a batch; default 32.", valueName: "n"),
        transform: OptionValue.whole(1...1_000_000))
    var batch = 32

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Batches whose gradients make one update; default 1.", valueName: "n"),
        transform: OptionValue.whole(1...100_000))
    var accumulate = 1

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Scale gradients down whose norm is larger.", valueName: "norm"),
        transform: OptionValue.number("a number above 0") { $0 > 0 })
    var clip: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Keep a moving average of the weights, too, with this weight of the old, such as 0.999.", valueName: "x"),
        transform: OptionValue.number("a number above 0 and below 1") { $0 > 0 && $0 < 1 })
    var average: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Seed of the order of samples; default 0.", valueName: "n"), transform: OptionValue.seed
    )
    var seed: UInt64 = 0

    @OptionGroup var job: TrainingJobOptions
    @OptionGroup var global: GlobalOptions

    enum Optimizer: String, ExpressibleByArgument, CaseIterable { case adamw, sgd }
    enum Schedule: String, ExpressibleByArgument, CaseIterable { case constant, cosine }

    func validate() throws {
        if steps != nil, epochs != nil { throw ValidationError("--steps and --epochs exclude each other") }
        if optimizer == .sgd, beta1 != nil || beta2 != nil { throw ValidationError("--beta1 and --beta2 are for --optimizer adamw") }
        if optimizer == .adamw, momentum != nil { throw ValidationError("--momentum is for --optimizer sgd") }
        if schedule == .constant, minLr != nil { throw ValidationError("--min-lr is for --schedule cosine") }
        do { _ = try LossFormula(loss) } catch let error as WorkError { throw ValidationError("--loss: \(error.description)") }
    }

    func run() throws {
        if let output = job.output { try FlagName.checkFolder("--output", output) }
        try TrainingRunner(options: job, global: global).run { rank, size in
            var options = try options()
            (options.rank, options.ranks) = (rank, size)
            return try GraphTask(options) { if rank == 0 { Terminal.note($0) } }
        }
    }

    private func options() throws -> GraphOptions {
        var options = GraphOptions(model: model, loss: try LossFormula(loss), data: data)
        options.function = function
        options.evaluationData = evaluationData
        options.parameters = parameters
        options.optimizer =
            switch optimizer {
            case .adamw: .adamW(beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.999)
            case .sgd: .sgd(momentum: momentum ?? 0)
            }
        options.learningRate = learningRate
        options.smallestLearningRate = minLr ?? 0
        options.decays = schedule == .cosine ? .cosine : .constant
        options.warmup = warmup
        options.weightDecay = weightDecay ?? (optimizer == .adamw ? 0.01 : 0)
        options.length = steps.map { .steps($0) } ?? .epochs(epochs ?? 1)
        options.batch = batch
        options.accumulation = accumulate
        options.clipNorm = clip
        options.averageDecay = average
        options.seed = seed
        return options
    }
}
