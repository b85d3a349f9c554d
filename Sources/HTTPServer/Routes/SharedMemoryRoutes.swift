import Formats
import Foundation
import Hummingbird
import OpenInference
import Serving
import Tessera

/// The system shared memory extension. CUDA's has no regions here.
package struct SharedMemoryRoutes: Sendable {
    let options: HTTPOptions

    private struct Region: Encodable {
        let name: String
        let key: String
        let offset: Int
        let byteSize: Int

        init(_ region: SharedRegion) { (name, key, offset, byteSize) = (region.name, region.key, region.offset, region.count) }
    }

    /// Adds the routes to `router`.
    func add(to router: Router<ServerContext>) {
        router.get("/v2/systemsharedmemory/status") { _, _ in
            let regions = options.sharedMemory?.all.values.sorted { $0.name < $1.name } ?? []
            return try Answer.json(regions.map { Region($0) })
        }
        router.get("/v2/systemsharedmemory/region/:region/status") { _, context in
            try Answer.json([Region(try table().region(context.part("region")))])
        }
        router.post("/v2/systemsharedmemory/region/:region/register") { request, context in
            try await register(request, context.part("region"))
            return Answer.done
        }
        router.post("/v2/systemsharedmemory/region/:region/unregister") { _, context in
            let name = try context.part("region")
            if !name.isEmpty { options.sharedMemory?.remove(name) }
            return Answer.done
        }
        router.post("/v2/systemsharedmemory/unregister") { _, _ in
            options.sharedMemory?.remove("")
            return Answer.done
        }
        addCUDA(to: router)
    }

    private func addCUDA(to router: Router<ServerContext>) {
        for path in ["/v2/cudasharedmemory/status", "/v2/cudasharedmemory/region/:region/status"] {
            router.get(RouterPath(path)) { _, _ in try Answer.json([Region]()) }
        }
        for path in ["/v2/cudasharedmemory/unregister", "/v2/cudasharedmemory/region/:region/unregister"] {
            router.post(RouterPath(path)) { _, _ in Answer.done }
        }
        router.post("/v2/cudasharedmemory/region/:region/register") { _, _ -> Response in
            throw ServingError.unsupported("models run on the CPU: register system shared memory")
        }
    }

    private func table() throws(ServingError) -> SharedMemoryTable {
        guard let table = options.sharedMemory else {
            throw .unsupported("this server has no shared memory; start it with --shared-memory")
        }
        return table
    }

    private func register(_ request: Request, _ name: String) async throws {
        let table = try table()
        let body = try await SmallBody.read(request, options)
        let first = body["offset"].flatMap { $0.isNull ? nil : $0 } ?? .int(0)
        guard let key = body["key"]?.string, let count = body["byte_size"]?.int, count >= 0, let offset = first.int, offset >= 0 else {
            throw ServingError.request("shared memory '\(name)' needs 'key' and 'byte_size', and may have 'offset'")
        }
        let region = try SharedRegion(name, key: key, offset: UInt64(offset), count: UInt64(count))
        guard try table.add(region) else {
            throw ServingError.request("shared memory '\(name)' is registered already; unregister it first")
        }
    }
}
