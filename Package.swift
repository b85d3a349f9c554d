// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "tessera",
    products: [
        .library(name: "Tessera", targets: ["Tessera"]),
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
        .target(name: "Names"),
        .target(name: "Hub", dependencies: ["Digests", "Names", "Formats"]),
        .target(name: "Passes", dependencies: ["IR"]),
        .target(name: "Formats", dependencies: ["IR", "Names", "CZlib"]),
        .target(name: "Importers", dependencies: ["IR", "Formats"]),
        .target(name: "CKernels", exclude: ["families", "kernels.def"], linkerSettings: [.linkedLibrary("m")]),
        .target(name: "Runtime", dependencies: ["IR", "Passes", "CKernels"]),
        .target(name: "FourMText", dependencies: ["Formats"]),
        .target(name: "FourMSampling", dependencies: ["IR", "Digests"]),
        .target(
            name: "FourMSettings",
            dependencies: ["Digests", "FourMText", "FourMSampling", .product(name: "Yams", package: "Yams")]),
        .target(name: "FourMPresets", dependencies: ["IR", "Formats", "Importers", "FourMSettings", "FourMSampling"]),
        .target(
            name: "FourMModels",
            dependencies: [
                "IR", "Passes", "Formats", "Importers", "Runtime", "Media", "FourMText", "FourMSampling", "FourMSettings",
            ]),
        .target(
            name: "FourMCodecs",
            dependencies: ["IR", "Names", "Formats", "Importers", "Media", "FourMText", "FourMSettings", "FourMModels"]),
        .target(
            name: "FourM",
            dependencies: [
                "IR", "Hub", "Passes", "Formats", "Importers", "Runtime", "Media", "FourMText", "FourMSampling", "FourMSettings",
                "FourMModels", "FourMCodecs", .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "FourMData",
            dependencies: [
                "IR", "Digests", "Formats", "Importers", "Runtime", "Media", "FourMSampling", "FourMSettings", "FourMModels", "FourMCodecs",
                "FourM",
            ]),
        .target(
            name: "CImage", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("turbojpeg")]),
        .target(name: "Media", dependencies: ["CImage"]),
        .target(
            name: "Conformance",
            dependencies: [
                "IR", "Formats", "Importers", "Runtime", "Media", "FourMText", "FourMSampling", "FourMModels",
            ]),
        .target(
            name: "Tessera",
            dependencies: [
                "IR", "Hub", "Names", "Passes", "Formats", "Importers", "Runtime", "Media", "FourMText", "FourMSampling", "FourMSettings",
                "FourMPresets", "FourMModels", "FourMCodecs", "FourM", "FourMData",
            ]),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "IR", "Hub", "Names", "Passes", "Formats", "Importers", "Runtime", "Media", "FourMText", "FourMSampling", "FourMSettings",
                "FourMPresets", "FourMModels", "FourMCodecs", "FourM", "FourMData", "Conformance",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(name: "TestSupport", dependencies: ["IR"], path: "Tests/TestSupport"),
        .testTarget(name: "ArchitectureTests"),
        .testTarget(name: "DigestsTests", dependencies: ["Digests"]),
        .testTarget(name: "NamesTests", dependencies: ["Names"]),
        .testTarget(name: "HubTests", dependencies: ["Hub", "Digests", "TestSupport"]),
        .testTarget(name: "IRTests", dependencies: ["IR", "TestSupport"]),
        .testTarget(name: "PassesTests", dependencies: ["IR", "Passes"]),
        .testTarget(name: "FormatsTests", dependencies: ["IR", "Formats", "Importers", "TestSupport"]),
        .testTarget(name: "ImportersTests", dependencies: ["IR", "Formats", "Importers", "TestSupport"]),
        .target(name: "KernelCheck", dependencies: ["CKernels"], path: "Tests/KernelCheck", exclude: ["main.c", "runtime.c"]),
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "IR", "KernelCheck", "TestSupport"]),
        .testTarget(name: "TesseraTests", dependencies: ["Tessera", "CountedHeap", "TestSupport"]),
        .target(name: "CountedHeap", path: "Tests/CountedHeap"),
        .testTarget(
            name: "CLITests",
            dependencies: [
                "CLI", "Hub", "IR", "Passes", "Formats", "Media", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(name: "RuntimeTests", dependencies: ["IR", "CKernels", "Passes", "Runtime", "TestSupport"]),
        .testTarget(name: "MediaTests", dependencies: ["Media", "TestSupport"]),
        .testTarget(
            name: "FourMTests",
            dependencies: [
                "IR", "Formats", "Importers", "Runtime", "Media", "FourMText", "FourMSampling", "FourMSettings", "FourMPresets",
                "FourMModels", "FourMCodecs", "FourM", "FourMData", "Conformance", "TestSupport",
            ], exclude: ["Fixtures"]),
        .testTarget(name: "ConformanceTests", dependencies: ["Conformance", "IR", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

// Fuzzing instruments all that it builds: its program is a target for Scripts/fuzz.sh alone.
if Context.environment["TESSERA_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(name: "Fuzz", dependencies: ["IR", "Formats", "FourMText", "FourMSettings", "Media"], path: "Fuzz"))
}
