import GRPCCore
import OpenInference
import Tessera

extension InferenceService {
    func systemSharedMemoryStatus(
        request: Inference_SystemSharedMemoryStatusRequest, context: ServerContext
    ) async throws -> Inference_SystemSharedMemoryStatusResponse {
        guard let regions else { return Inference_SystemSharedMemoryStatusResponse() }
        let shown = request.name.isEmpty ? regions.all : [request.name: try regions.region(request.name)]
        return .with {
            $0.regions = shown.mapValues { region in
                .with {
                    ($0.name, $0.key, $0.offset, $0.byteSize) = (region.name, region.key, UInt64(region.offset), UInt64(region.count))
                }
            }
        }
    }

    func systemSharedMemoryRegister(
        request: Inference_SystemSharedMemoryRegisterRequest, context: ServerContext
    ) async throws -> Inference_SystemSharedMemoryRegisterResponse {
        guard let regions else { throw SharedPlaces.off }
        guard !request.name.isEmpty else { throw TesseraError(.usage, "a shared memory region needs a name") }
        let region = try SharedRegion(request.name, key: request.key, offset: request.offset, count: request.byteSize)
        guard try regions.add(region) else {
            throw RPCError(code: .alreadyExists, message: "shared memory '\(request.name)' is registered already; unregister it first")
        }
        return Inference_SystemSharedMemoryRegisterResponse()
    }

    func systemSharedMemoryUnregister(
        request: Inference_SystemSharedMemoryUnregisterRequest, context: ServerContext
    ) async throws -> Inference_SystemSharedMemoryUnregisterResponse {
        regions?.remove(request.name)
        return Inference_SystemSharedMemoryUnregisterResponse()
    }

    func cudaSharedMemoryStatus(
        request: Inference_CudaSharedMemoryStatusRequest, context: ServerContext
    ) async throws -> Inference_CudaSharedMemoryStatusResponse {
        if !request.name.isEmpty { throw TesseraError(.notFound, "no CUDA shared memory '\(request.name)' is registered") }
        return Inference_CudaSharedMemoryStatusResponse()
    }

    func cudaSharedMemoryRegister(
        request: Inference_CudaSharedMemoryRegisterRequest, context: ServerContext
    ) async throws -> Inference_CudaSharedMemoryRegisterResponse {
        throw TesseraError(.unsupported, "this server runs models on CPUs, and has no CUDA shared memory")
    }

    func cudaSharedMemoryUnregister(
        request: Inference_CudaSharedMemoryUnregisterRequest, context: ServerContext
    ) async throws -> Inference_CudaSharedMemoryUnregisterResponse {
        Inference_CudaSharedMemoryUnregisterResponse()
    }
}
