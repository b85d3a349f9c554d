// swift-tools-version: 6.0
import PackageDescription

// A package of its own, because its flags (see Scripts/fuzz.sh) instrument everything it builds.
let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "tessera", path: "..")],
    targets: [.executableTarget(name: "Fuzz", dependencies: [.product(name: "Tessera", package: "tessera")])],
    swiftLanguageModes: [.v6]
)
