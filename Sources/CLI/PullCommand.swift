import ArgumentParser
import Foundation
import FourM
import FourMPresets
import Hub
import Inspect

/// `tessera pull`
struct PullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch models from the Hugging Face Hub.",
        discussion: """
            Puts the files into the cache that Python's huggingface_hub uses as well ($HF_HUB_CACHE, else $HF_HOME/hub, else \
            ~/.cache/huggingface/hub). Every other command then takes the name of the repository as a model, without the network. \
            Broken transfers go on where they stopped, in a later run too; every file is held against its checksum.

            By default this fetches what Tessera reads: .safetensors with their configurations and shard index, .pth where there is \
            nothing else. Of a YAML file or bundle folder it fetches every repository that is named there.

            HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH and HF_HUB_OFFLINE mean what they mean to huggingface_hub; so do HTTPS_PROXY, NO_PROXY, \
            SSL_CERT_FILE and REQUESTS_CA_BUNDLE.

            Examples:
              tessera pull EPFL-VILAB/4M-7_B_CC12M
              tessera pull EPFL-VILAB/4M-7_B_CC12M --revision main --file config.json --json
              tessera pull ml-4m/cfgs/default/generation/models/4m-b_mod7+sr_4m-l_mod7.yaml
              tessera pull --list
            """)

    @Argument(help: ArgumentHelp("Repositories, ORG/NAME or ORG/NAME@REVISION; bundles, for all that they name.", valueName: "repository"))
    var repositories: [String] = []

    @Option(help: ArgumentHelp("Branch, tag or commit; default: main.", valueName: "revision"))
    var revision: String?

    @Option(help: ArgumentHelp("Fetch this file only; may be repeated.", valueName: "name"))
    var file: [String] = []

    @Flag(help: "Fetch every file of the repository.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Access token. Others on this machine can read it in the list of processes; HF_TOKEN is safer.", valueName: "token"))
    var token: String?

    @Flag(help: "List the models that the authors of 4M have published, and which of them are in the cache.")
    var list = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if list {
            guard repositories.isEmpty, file.isEmpty, revision == nil, !all else {
                throw ValidationError("--list takes no repository, --file, --revision or --all")
            }
            return
        }
        guard !repositories.isEmpty else { throw ValidationError("name a repository, such as EPFL-VILAB/4M-7_B_CC12M; --list shows some") }
        if all, !file.isEmpty { throw ValidationError("--all and --file exclude each other") }
        for text in repositories where !isBundle(text) {
            do { _ = try RepositoryName(text) } catch { throw ValidationError("\(error)") }
            if text.contains("@"), revision != nil { throw ValidationError("\(text) and --revision both name a revision; give one") }
        }
        if repositories.contains(where: isBundle), revision != nil || !file.isEmpty {
            throw ValidationError("--revision and --file do not go with a bundle: it names several repositories")
        }
        if let revision, let first = repositories.first {
            do { _ = try RepositoryName(first).at(revision) } catch { throw ValidationError("--revision: \(error)") }
        }
    }

    func run() async throws {
        try global.apply()
        if list { return try listModels() }
        var settings = try HubSettings.current()
        if let token { settings.token = try HubSettings.checked(token: token, from: "--token") }
        let pull = Pull(settings)
        var results: [Pull.Result] = []
        for name in try names() {
            let progress = PullProgress(name, isVerbose: global.verbose)
            let result = try await pull.run(name, selection) { progress.show($0) }
            progress.finish()
            results.append(result)
            if !json { show(result) }
        }
        if json { try Output.writeJSON(results) }
    }

    private var selection: FileSelection { all ? .all : file.isEmpty ? .needed : .files(file) }

    /// A file or folder on disk that is, or may be, a bundle.
    private func isBundle(_ text: String) -> Bool {
        [".yaml", ".yml"].contains { text.hasSuffix($0) } || FileManager.default.fileExists(atPath: text + "/bundle.yaml")
    }

    private func names() throws -> [RepositoryName] {
        var found: [RepositoryName] = []
        for text in repositories {
            let more: [RepositoryName]
            if isBundle(text) {
                more = try FourM.Bundle(path: text).hubNames
                if more.isEmpty { Terminal.note("\(text) names no Hub repository: all that it names is on disk") }
            } else {
                let name = try RepositoryName(text)
                more = [try revision.map { try name.at($0) } ?? name]
            }
            found += more.filter { !found.contains($0) }
        }
        return found
    }

    private func show(_ result: Pull.Result) {
        let origin = result.isOffline ? ", offline" : ""
        Output.line("\(result.repository)  \(result.revision)  \(result.commit.prefix(12))\(origin)")
        Output.table(
            [], result.files.map { [$0.name, Human.bytes($0.bytes), $0.fetchedBytes > 0 ? "fetched" : "was here"] }, indent: "  ",
            right: [1])
        Output.line("  \(result.folder)")
    }

    /// A published model; the shape of the JSON of `--list`.
    private struct Listed: Encodable {
        let repository, kind, about: String
        let cachedBytes: Int
        let commit: String?
    }

    private func listModels() throws {
        let cache = HubSettings.localCache
        let models = try ModelPreset.all.flatMap { preset in preset.hubNames.map { (preset, $0) } }.map { preset, repository in
            let name = try RepositoryName(repository)
            let bytes = cache.files(of: name).reduce(0) { $0 + $1.bytes }
            return Listed(
                repository: repository, kind: preset.kind.rawValue, about: preset.summary, cachedBytes: bytes,
                commit: bytes > 0 ? cache.commit(of: name) : nil)
        }
        if json { return try Output.writeJSON(models) }
        let rows = models.map { [$0.repository, $0.kind, $0.about, $0.cachedBytes > 0 ? Human.bytes($0.cachedBytes) : "-"] }
        Output.table(["repository", "kind", "about", "cached"], rows, right: [3])
        Output.line("cache  \(cache.folder)")
    }
}
