// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "tessera",
    products: [
        .library(name: "Tessera", targets: ["Tessera"]),
        .library(name: "tessera-c", type: .dynamic, targets: ["TesseraC"]),
        .executable(name: "tessera", targets: ["CLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "IR"),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Digests", dependencies: ["CCrypto"]),
        .target(name: "Files"),
        .target(name: "Names"),
        .target(
            name: "PageTemplate",
            resources: [.embedInCode("page.html"), .embedInCode("page.css"), .embedInCode("page.js")]),
        .target(
            name: "ServerPage",
            resources: [
                .embedInCode("page.html"), .embedInCode("page.css"), .embedInCode("page.js"), .embedInCode("dom.js"),
                .embedInCode("api.js"),
                .embedInCode("photo.js"), .embedInCode("brush.js"), .embedInCode("cards.js"), .embedInCode("openapi.json"),
            ]),
        .target(name: "Hub", dependencies: ["CCurl", "Names", "Digests", "Formats"]),
        .target(name: "Passes", dependencies: ["IR"]),
        .target(name: "Collectives", dependencies: ["IR"]),
        .target(name: "COnnx", exclude: ["onnx.proto"], linkerSettings: [.linkedLibrary("protobuf-c")]),
        .target(name: "Formats", dependencies: ["CZlib", "COnnx", "IR", "Files", "Names"]),
        .target(name: "Importers", dependencies: ["IR", "Formats"]),
        .target(name: "Exporters", dependencies: ["IR", "Formats"]),
        .target(name: "CKernels", exclude: ["families", "kernels.def"], linkerSettings: [.linkedLibrary("m")]),
        .target(name: "COpenBLAS"),
        .target(name: "CCurl"),
        .target(name: "CPerf"),
        .target(name: "Runtime", dependencies: ["CKernels", "COpenBLAS", "IR", "Passes"]),
        .target(name: "Artifact", dependencies: ["IR", "Files", "Digests", "Formats", "Passes", "Runtime"]),
        .target(name: "Calibration", dependencies: ["IR", "Passes", "Runtime"]),
        .target(name: "Training", dependencies: ["IR", "Passes", "Collectives", "Runtime"]),
        .target(name: "ONNXSessions", dependencies: ["IR", "Files", "Formats", "Passes", "Runtime", "Importers"]),
        .target(name: "FourMText", dependencies: ["Files", "Formats"]),
        .target(name: "FourMSampling", dependencies: ["IR", "Digests"]),
        .target(
            name: "FourMSettings",
            dependencies: ["Names", "Digests", "FourMText", "FourMSampling", .product(name: "Yams", package: "Yams")]),
        .target(name: "FourMPresets", dependencies: ["IR", "Files", "Formats", "Importers", "FourMSampling", "FourMSettings"]),
        .target(name: "FourMTraining", dependencies: ["IR", "Passes", "Training", "FourMText", "FourMSampling", "FourMSettings"]),
        .target(
            name: "FourMModels",
            dependencies: [
                "IR", "Media", "Formats", "Passes", "Runtime", "Training", "Importers", "Artifact", "FourMText", "FourMSampling",
                "FourMSettings",
            ]),
        .target(
            name: "Compilation",
            dependencies: ["IR", "Files", "Names", "Passes", "Runtime", "Importers", "Artifact", "Calibration", "FourMModels"]),
        .target(
            name: "FourMCodecs",
            dependencies: [
                "IR", "Names", "Media", "Formats", "Importers", "FourMText", "FourMSettings", "FourMModels",
            ]),
        .target(
            name: "FourM",
            dependencies: [
                "IR", "Files", "Names", "Media", "Formats", "Passes", "Runtime", "Importers", "Hub", "Artifact", "FourMText",
                "FourMSampling", "FourMSettings", "FourMModels", "FourMCodecs", .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "FourMData",
            dependencies: [
                "IR", "Files", "Digests", "Media", "Formats", "Runtime", "Importers", "Artifact", "FourMText", "FourMSampling",
                "FourMSettings", "FourMTraining", "FourMModels", "FourMCodecs", "FourM",
            ]),
        .target(
            name: "CImage",
            linkerSettings: [
                .linkedLibrary("png"), .linkedLibrary("turbojpeg"), .linkedLibrary("webp"), .linkedLibrary("webpdemux"),
            ]),
        .target(name: "CCairo"),
        .target(name: "Media", dependencies: ["CCairo", "CImage", "Files"]),
        .target(
            name: "Conformance",
            dependencies: [
                "IR", "Files", "Media", "Formats", "Runtime", "Training", "Importers", "FourMText", "FourMSampling", "FourMSettings",
                "FourMTraining", "FourMModels",
            ]),
        .target(
            name: "Inspect",
            dependencies: [
                "CPerf", "IR", "Files", "Names", "Formats", "Passes", "Runtime", "Importers", "Hub", "Artifact", "FourMModels",
                "FourMCodecs", "FourM",
            ]),
        .target(
            name: "Jobs",
            dependencies: [
                "Files", "Names", "Media", "Formats", "Passes", "Runtime", "Importers", "Hub", "FourMSampling", "FourMSettings",
                "FourMModels", "FourMCodecs", "FourM", "FourMData", "Inspect",
            ]),
        .target(
            name: "TrainingJobs",
            dependencies: [
                "IR", "Files", "Names", "Digests", "Media", "Formats", "Passes", "Collectives", "Runtime", "Importers", "Exporters",
                "Training", "FourMText", "FourMSettings", "FourMPresets", "FourMTraining", "FourMModels", "FourMData", "Inspect",
            ]),
        .target(
            name: "Tessera",
            dependencies: [
                "IR", "Files", "Media", "Formats", "Passes", "Runtime", "Importers", "Exporters", "Hub", "Artifact", "Calibration",
                "Compilation", "Training", "FourMText", "FourMSampling", "FourMSettings", "FourMTraining", "FourMModels", "FourMCodecs",
                "FourM", "Inspect", "PageTemplate",
            ]),
        .target(name: "CTessera"),
        .target(name: "TesseraC", dependencies: ["CTessera", "Inspect", "Tessera"]),
        .target(name: "Serving", dependencies: ["Files", "Formats", "Tessera"]),
        .target(name: "OpenInference", dependencies: ["IR", "Formats", "Tessera", "Serving"]),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "IR", "Files", "Names", "Media", "Formats", "Passes", "Runtime", "Importers", "Hub", "FourMText", "FourMSampling",
                "FourMSettings", "FourMPresets", "FourMModels", "FourMCodecs", "FourM", "FourMData", "Conformance", "Inspect",
                "Jobs", "Collectives", "TrainingJobs", "Training", "Exporters", "Artifact", "Calibration", "Compilation", "ONNXSessions",
                "PageTemplate", "Tessera",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(name: "TestSupport", dependencies: ["IR", "Collectives"], path: "Tests/TestSupport"),
        .testTarget(name: "ArchitectureTests"),
        .testTarget(name: "FilesTests", dependencies: ["Files"]),
        .testTarget(name: "DigestsTests", dependencies: ["Digests"]),
        .testTarget(name: "NamesTests", dependencies: ["Names"]),
        .testTarget(name: "HubTests", dependencies: ["Digests", "Hub", "TestSupport"]),
        .testTarget(name: "IRTests", dependencies: ["IR", "TestSupport"]),
        .testTarget(name: "PassesTests", dependencies: ["IR", "Passes", "TestSupport"]),
        .testTarget(name: "FormatsTests", dependencies: ["IR", "Formats", "Importers", "TestSupport"]),
        .testTarget(name: "ImportersTests", dependencies: ["IR", "Formats", "Importers", "TestSupport"]),
        .target(name: "KernelCheck", dependencies: ["CKernels"], path: "Tests/KernelCheck", exclude: ["main.c", "runtime.c"]),
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "IR", "TestSupport", "KernelCheck"]),
        .testTarget(name: "JobsTests", dependencies: ["FourM", "Inspect", "Jobs"]),
        .testTarget(
            name: "TrainingJobsTests",
            dependencies: [
                "IR", "Files", "Media", "Formats", "Importers", "Training", "FourMData", "Inspect", "TrainingJobs", "TestSupport",
            ]),
        .testTarget(
            name: "InspectTests",
            dependencies: ["IR", "Formats", "FourMModels", "Importers", "Inspect", "Passes", "Runtime", "TestSupport"]),
        .testTarget(
            name: "TesseraTests",
            dependencies: [
                "IR", "Media", "Formats", "Runtime", "Importers", "Hub", "Artifact", "FourMSettings", "FourM", "Tessera",
                "TestSupport", "CountedHeap",
            ], exclude: ["PublicSurface.txt"]),
        .target(name: "CountedHeap", path: "Tests/CountedHeap"),
        .testTarget(name: "ServingTests", dependencies: ["Tessera", "Serving", "TestSupport"]),
        .testTarget(name: "OpenInferenceTests", dependencies: ["Formats", "Tessera", "Serving", "OpenInference", "TestSupport"]),
        .testTarget(
            name: "CLITests",
            dependencies: [
                "IR", "Media", "Formats", "Passes", "Hub", "FourM", "Inspect", "Tessera", "CLI", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(name: "RuntimeTests", dependencies: ["CKernels", "IR", "Passes", "Runtime", "TestSupport"]),
        .testTarget(name: "CalibrationTests", dependencies: ["CKernels", "IR", "Passes", "Runtime", "Calibration", "TestSupport"]),
        .testTarget(name: "CollectivesTests", dependencies: ["IR", "Collectives", "TestSupport"]),
        .testTarget(name: "TrainingTests", dependencies: ["IR", "Collectives", "Runtime", "Training", "TestSupport"]),
        .testTarget(name: "ArtifactTests", dependencies: ["IR", "Formats", "Passes", "Runtime", "Artifact", "TestSupport"]),
        .testTarget(name: "ONNXSessionsTests", dependencies: ["IR", "Formats", "Importers", "ONNXSessions", "TestSupport"]),
        .testTarget(name: "ExportersTests", dependencies: ["IR", "Formats", "Importers", "Exporters", "TestSupport"]),
        .testTarget(name: "MediaTests", dependencies: ["Media", "TestSupport"]),
        .testTarget(
            name: "FourMTests",
            dependencies: [
                "IR", "Files", "Media", "Formats", "Passes", "Runtime", "Importers", "FourMText", "FourMSampling", "FourMSettings",
                "FourMPresets",
                "Training", "FourMTraining", "FourMModels", "FourMCodecs", "FourM", "FourMData", "Conformance", "TestSupport",
            ], exclude: ["Fixtures"]),
        .testTarget(name: "ConformanceTests", dependencies: ["IR", "Conformance", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

// Fuzzing instruments all that it builds: its program is a target for Scripts/fuzz.sh alone.
if Context.environment["TESSERA_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: ["IR", "Passes", "Formats", "Runtime", "Importers", "Artifact", "FourMText", "FourMSettings", "Media"],
            path: "Fuzz"))
}

// The server stands on SwiftNIO and gRPC: who builds the command alone neither fetches nor builds them. `make serve` sets this.
if Context.environment["TESSERA_SERVER"] != nil {
    package.products.append(.executable(name: "tessera-serve", targets: ["Serve"]))
    package.dependencies += [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    ]
    package.targets += [
        .target(
            name: "InferenceRPC",
            dependencies: [
                "Tessera", "Serving", "OpenInference", "ServerTraces",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], exclude: ["open_inference.proto"]),
        .testTarget(
            name: "InferenceRPCTests",
            dependencies: [
                "Tessera", "Serving", "OpenInference", "InferenceRPC", "ServerTraces", "TestSupport",
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "ServerTraces",
            dependencies: ["Tessera", "Serving", .product(name: "Tracing", package: "swift-distributed-tracing")]),
        .testTarget(
            name: "ServerTracesTests",
            dependencies: [
                "Formats", "Tessera", "ServerTraces", .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        .target(name: "ServerMetrics", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")]),
        .target(
            name: "HTTPServer",
            dependencies: [
                "Formats", "ServerPage", "Tessera", "Serving", "OpenInference", "ServerTraces",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
            ]),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: [
                "Formats", "Tessera", "Serving", "OpenInference", "ServerPage", "HTTPServer", "ServerMetrics", "ServerTraces",
                "TestSupport",
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        .executableTarget(
            name: "Serve",
            dependencies: [
                "Tessera", "Serving", "OpenInference", "InferenceRPC", "HTTPServer", "ServerMetrics", "ServerTraces",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
    ]
}

// Training by the processes of an MPI job: who trains on one machine needs no MPI. `make mpi` sets this.
if Context.environment["TESSERA_MPI"] != nil {
    package.targets += [
        .systemLibrary(name: "CMPI", pkgConfig: "ompi", providers: [.apt(["libopenmpi-dev"])]),
        .target(name: "MPI", dependencies: ["CMPI", "Collectives"]),
        .executableTarget(name: "MPICheck", dependencies: ["IR", "Collectives", "MPI", "Training"], path: "Tests/MPICheck"),
    ]
    for target in package.targets where target.name == "CLI" {
        target.dependencies.append("MPI")
        target.swiftSettings = [.define("TESSERA_MPI")]
    }
}
