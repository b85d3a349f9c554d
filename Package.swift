// swift-tools-version: 6.0
import PackageDescription

// OpenMP: Swift's clang has no omp.h and silently runs one thread with libgomp, so kernels are compiled against and
// linked with LLVM's libomp from the Debian package. Flags of the C target only; Swift code never sees a pragma.
let openMP: [CSetting] = [.unsafeFlags(["-fopenmp=libomp", "-O3", "-ffp-contract=off", "-fno-math-errno"])]

let package = Package(
    name: "tessera",
    products: [
        .executable(name: "tessera", targets: ["CLI"])

    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "IR"),
        .target(name: "Digests"),
        .target(name: "Names"),
        .target(name: "Hub", dependencies: ["Digests", "Names"]),
        .target(name: "Passes", dependencies: ["IR"]),
        .target(name: "Importers", dependencies: ["IR", "Names"]),
        .target(
            name: "CKernels", exclude: ["families", "kernels.def"], cSettings: openMP,
            linkerSettings: [.linkedLibrary("omp5"), .linkedLibrary("m")]),
        .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("openblas")]),
        .target(name: "Runtime", dependencies: ["IR", "CKernels", "COpenBLAS"]),
        .target(
            name: "FourM",
            dependencies: [
                "IR", "Digests", "Hub", "Passes", "Importers", "Runtime", "Media", .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "CImage", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("turbojpeg")]),
        .target(name: "Media", dependencies: ["CImage"]),
        .target(name: "Conformance", dependencies: ["IR", "Passes", "Importers", "Runtime", "FourM", "Media"]),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "IR", "Hub", "Names", "Passes", "Importers", "Runtime", "FourM", "Media", "Conformance",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(name: "TestSupport", dependencies: ["IR"], path: "Tests/TestSupport"),
        .testTarget(name: "DigestsTests", dependencies: ["Digests"]),
        .testTarget(name: "NamesTests", dependencies: ["Names"]),
        .testTarget(name: "HubTests", dependencies: ["Hub", "Digests", "TestSupport"]),
        .testTarget(name: "IRTests", dependencies: ["IR", "TestSupport"]),
        .testTarget(name: "PassesTests", dependencies: ["IR", "Passes", "TestSupport"]),
        .testTarget(name: "ImportersTests", dependencies: ["IR", "Importers", "TestSupport"]),
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "IR", "TestSupport"]),
        .testTarget(name: "CLITests", dependencies: ["CLI", "Hub", "IR", "Importers", "Media", "TestSupport"]),
        .testTarget(name: "RuntimeTests", dependencies: ["IR", "Passes", "Runtime", "TestSupport"]),
        .testTarget(name: "MediaTests", dependencies: ["Media"]),
        .testTarget(
            name: "FourMTests", dependencies: ["FourM", "IR", "Importers", "Media", "Runtime", "TestSupport"], exclude: ["Fixtures"]),
        .testTarget(name: "ConformanceTests", dependencies: ["Conformance", "IR"]),
    ],
    swiftLanguageModes: [.v6]
)
