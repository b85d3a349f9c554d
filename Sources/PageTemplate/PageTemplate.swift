/// The page of `tessera inspect --html` before there is a model in it. A target of its own, so that the files, which become long literals of
/// bytes, are compiled only when they change.
package enum PageTemplate {
    /// The document, with the marks `/*STYLE*/`, `/*SCRIPT*/` and `/*DATA*/` where the other two and the model's data go.
    package static var html: String { String(decoding: PackageResources.page_html, as: UTF8.self) }

    package static var style: String { String(decoding: PackageResources.page_css, as: UTF8.self) }

    package static var script: String { String(decoding: PackageResources.page_js, as: UTF8.self) }
}
