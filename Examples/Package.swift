// swift-tools-version: 6.0
import PackageDescription

// What a program that uses Tessera looks like. It names the package by path; Scripts/examples.sh also builds it by version.
let package = Package(
    name: "examples",
    dependencies: [.package(name: "tessera", path: "..")],
    targets: [
        .executableTarget(name: "FromReadme", dependencies: [.product(name: "Tessera", package: "tessera")]),
        .executableTarget(name: "Tensors", dependencies: [.product(name: "Tessera", package: "tessera")]),
        .executableTarget(name: "Events", dependencies: [.product(name: "Tessera", package: "tessera")]),
        .executableTarget(name: "RawTensors", dependencies: [.product(name: "Tessera", package: "tessera")]),
    ],
    swiftLanguageModes: [.v6]
)
