import Formats
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import Tessera

/// `GET /v1/models`, and `GET` and `POST /v1/models/{model}/inspect`.
package struct ModelRoutes: Sendable {
    let repository: ModelRepository
    private let pages = ModelPages()
    private let tickets: PageTickets

    /// Tells of the models of `repository`; who may open a page gets a ticket for it.
    init(_ repository: ModelRepository, _ tickets: PageTickets) { (self.repository, self.tickets) = (repository, tickets) }

    /// Adds the routes to `router`.
    func add(to router: Router<ServerContext>) {
        router.get("/v1/models") { _, _ in
            Answer.json(Array(ConfigValue.dict(["models": .list(await models())]).description.utf8))
        }
        router.get("/v1/models/:model/inspect") { _, context in try await page(context.part("model")) }
        router.post("/v1/models/:model/inspect") { request, context in
            _ = try await repository.path(context.part("model"))
            let link = "\(request.uri.path)?ticket=\(tickets.issue(request.uri.path))"
            return Answer.json(Array(ConfigValue.dict(["link": .string(link)]).description.utf8))
        }
    }

    /// Those that take requests, by name.
    private func models() async -> [ConfigValue] {
        var found: [ConfigValue] = []
        for name in Set(await repository.index().filter { $0.state == .ready }.map(\.name)).sorted() {
            guard let description = try? await repository.description(name), let path = try? await repository.path(name) else { continue }
            found.append(ModelRoutes.model(description, isCompiled: CompiledPlace.isCompiled(path) || CompiledPlace.isBundle(path)))
        }
        return found
    }

    /// - Parameter isCompiled: whether the file has a precision of its own, whatever the server's is.
    private static func model(_ model: ServedModelDescription, isCompiled: Bool) -> ConfigValue {
        let path = model.name.addingPercentEncoding(withAllowedCharacters: plain) ?? model.name
        return .dict([
            "name": .string(model.name), "version": .string(model.version), "versions": .list(model.versions.map { .string($0) }),
            "kind": .string(model.kind.rawValue), "platform": .string(model.platform),
            "precision": isCompiled ? .null : .string(model.settings.options.precision.rawValue), "bytes": .int(model.bytes),
            "functions": .list(model.functions.map { .string($0.function.name) }),
            "modalities": .list(model.modalities.map { modality($0) }), "inspect": .string("/v1/models/\(path)/inspect"),
        ])
    }

    private static let plain = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\0"..."\u{7F}")).union(
        CharacterSet(charactersIn: "-._~"))

    private static func modality(_ modality: Modality) -> ConfigValue {
        .dict([
            "name": .string(modality.name), "input": .bool(modality.isInput), "output": .bool(modality.isOutput),
            "text": .bool(modality.isText),
            "vocabulary_size": modality.vocabularySize.map { .int($0) } ?? .null,
            "grid": modality.grid.map { .list($0.map { .int($0) }) } ?? .null,
        ])
    }

    /// The page that `tessera inspect --html` writes. It has its script in it, and nothing but that: it may not reach this server.
    private func page(_ name: String) async throws -> Response {
        let bytes = try await pages.page(name, of: try await repository.path(name))
        let policy =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache", .contentSecurityPolicy: policy,
                .xContentTypeOptions: "nosniff",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
