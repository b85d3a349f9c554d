import Foundation
import Hummingbird
import NIOCore
import Serving

@testable import HTTPServer

/// A repository of one small model in a folder that goes with the object.
final class ServedFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-http-\(UUID().uuidString)").path

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(ServedFolder.double.utf8).write(to: URL(fileURLWithPath: path + "/double.ir"))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static let double = """
        module @double stage(imported) {
          func @main(%x: f32[batch, 2]) -> (y: f32[batch, 2]) {
            %0 = add(%x, %x) : f32[batch, 2] "add"
            return %0
          }
        }
        """

    /// A repository of the folder that has loaded.
    func repository(_ change: (inout RepositoryConfiguration) -> Void = { _ in }) async -> ModelRepository {
        var configuration = RepositoryConfiguration()
        (configuration.folder, configuration.pollInterval) = (path, nil)
        configuration.settings.threads = 1
        change(&configuration)
        let repository = ModelRepository(configuration)
        await repository.start()
        return repository
    }
}

extension String {
    /// As the body of a request.
    var body: ByteBuffer { ByteBuffer(string: self) }
}
