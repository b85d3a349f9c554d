/// The page of the server, and the description of its interface. A target of its own, so that the files, which become long literals of bytes,
/// are compiled only when they change.
package enum ServerPage {
    /// A file that is served as it is.
    package struct File: Sendable {
        /// Where it is served.
        package let path: String
        /// Its `Content-Type`.
        package let type: String
        /// What is in it.
        package let bytes: [UInt8]
    }

    /// Document, style and modules. They load nothing from elsewhere, and have neither scripts nor styles in the document.
    package static var files: [File] {
        let script = "text/javascript; charset=utf-8"
        return [
            File(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.page_html),
            File(path: "/page.css", type: "text/css; charset=utf-8", bytes: PackageResources.page_css),
            File(path: "/page.js", type: script, bytes: PackageResources.page_js),
            File(path: "/page/dom.js", type: script, bytes: PackageResources.dom_js),
            File(path: "/page/api.js", type: script, bytes: PackageResources.api_js),
            File(path: "/page/photo.js", type: script, bytes: PackageResources.photo_js),
            File(path: "/page/brush.js", type: script, bytes: PackageResources.brush_js),
            File(path: "/page/cards.js", type: script, bytes: PackageResources.cards_js),
        ]
    }

    /// OpenAPI 3.1 of all endpoints.
    package static var openAPI: File { File(path: "/openapi.json", type: "application/json", bytes: PackageResources.openapi_json) }

    /// What the page may do: its own files, pictures that it made itself, and nothing else.
    package static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")
}
