/// How much one request to generate may ask for, beside ``HTTPOptions/maxBodyBytes``.
package struct GenerateLimits: Sendable {
    /// Most pixels of all pictures together; the head of a picture is looked at before memory is taken for it.
    package var pixels = 50_000_000
    /// Most parts of a form.
    package var parts = 256
    /// Most results of one request: samples times variations.
    package var results = 64

    /// The defaults.
    package init() {}
}
