/// The targets of Sources from the lowest layer up: a target imports targets of lower layers only. Those of one line know nothing of each
/// other and compile side by side. `Docs/architecture.md` draws the same and says what each is for.
enum Layers {
    static let bottomUp: [[String]] = [
        [
            "CKernels", "COpenBLAS", "CImage", "CCairo", "CCrypto", "CCurl", "CZlib", "COnnx", "CPerf", "CMPI", "CTessera", "IR", "Files",
            "Names",
            "PageTemplate", "ServerPage", "ServerMetrics",
        ],
        ["Digests", "Media", "Formats", "Passes", "Collectives"],
        ["Runtime", "Importers", "Exporters", "Hub", "FourMText", "FourMSampling", "MPI"],
        ["FourMSettings", "ONNXSessions", "Artifact", "Calibration", "Training"],
        ["FourMPresets", "FourMModels", "FourMTraining"],
        ["FourMCodecs", "Compilation"],
        ["FourM"],
        ["FourMData", "Conformance", "Inspect"],
        ["Jobs", "TrainingJobs", "Tessera"],
        ["CLI", "TesseraC", "Serving"],
        ["OpenInference", "ServerTraces"],
        ["InferenceRPC", "HTTPServer"],
        ["Serve"],
    ]

    /// C targets and packages of others, with the targets that may import them: what they do has one Swift face each.
    static let faces: [String: Set<String>] = [
        "CKernels": ["Runtime"], "COpenBLAS": ["Runtime"], "CImage": ["Media"], "CCairo": ["Media"], "CCrypto": ["Digests"],
        "CCurl": ["Hub"], "CMPI": ["MPI"], "CPerf": ["Inspect"], "CTessera": ["TesseraC"], "CZlib": ["Formats"], "COnnx": ["Formats"],
        "ArgumentParser": ["CLI", "Serve"], "Yams": ["FourMSettings", "FourM"],
        "Hummingbird": ["HTTPServer"], "HummingbirdCore": ["HTTPServer"], "HummingbirdTLS": ["HTTPServer"], "HTTPTypes": ["HTTPServer"],
        "NIOCore": ["HTTPServer", "InferenceRPC", "Serve"], "NIOPosix": ["HTTPServer"],
        "NIOHTTPTypes": ["HTTPServer"], "NIOSSL": ["HTTPServer"],
        "NIOHTTP2": ["InferenceRPC"], "NIOHPACK": ["InferenceRPC"],
        "GRPCCore": ["InferenceRPC"], "GRPCNIOTransportHTTP2": ["InferenceRPC"], "GRPCProtobuf": ["InferenceRPC"],
        "SwiftProtobuf": ["InferenceRPC"],
        // What all parts of a server tell others by: what logs, counts and ends it.
        "Logging": ["HTTPServer", "InferenceRPC", "Serve"], "Metrics": ["HTTPServer", "Serve"], "CoreMetrics": ["ServerMetrics"],
        "Tracing": ["HTTPServer", "InferenceRPC", "ServerTraces"], "UnixSignals": ["Serve"],
        "ServiceLifecycle": ["HTTPServer", "InferenceRPC", "Serve"],
    ]

    /// What targets import in builds of `TESSERA_MPI` alone; the manifest adds it at its end.
    static let gated: [String: Set<String>] = ["CLI": ["MPI"]]

    static var all: [String] { bottomUp.flatMap { $0 } }

    /// Height of `target`, 0 at the bottom.
    static func height(of target: String) -> Int? { bottomUp.firstIndex { $0.contains(target) } }
}
