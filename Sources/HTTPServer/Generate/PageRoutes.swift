import HTTPTypes
import Hummingbird
import NIOCore
import ServerPage

/// The page at `/`, and `GET /openapi.json`.
package struct PageRoutes: Sendable {
    private let hasPage: Bool

    /// - Parameter hasPage: whether the page is served; the description always is.
    package init(hasPage: Bool = true) { self.hasPage = hasPage }

    /// Adds the routes to `router`.
    func add(to router: Router<ServerContext>) {
        for file in (hasPage ? ServerPage.files : []) + [ServerPage.openAPI] {
            let headers = PageRoutes.headers(of: file)
            let body = ByteBuffer(bytes: file.bytes)
            router.get(RouterPath(file.path)) { _, _ in
                Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
            }
        }
    }

    private static func headers(of file: ServerPage.File) -> HTTPFields {
        var headers: HTTPFields = [
            .contentType: file.type, .cacheControl: "no-cache", .contentSecurityPolicy: ServerPage.policy, .xContentTypeOptions: "nosniff",
        ]
        // Fields without a name in HTTPTypes; the camera is for the page's own photos.
        for (name, value) in [("Referrer-Policy", "no-referrer"), ("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }
}
