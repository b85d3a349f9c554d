import Foundation
import TestSupport
import Testing

/// Exchanges with a libcurl of few abilities, which stands in for those before 7.77 and that with GnuTLS.
@Suite struct OlderLibcurlTests {
    /// Knows the options below 40000, and prints the file of authorities that it is to trust.
    private static let library = """
        #include <stdarg.h>
        #include <stdio.h>
        #include <string.h>
        static char place[256];
        int curl_global_init(long flags) { return 0; }
        void *curl_easy_init(void) { return place; }
        void curl_easy_reset(void *easy) { place[0] = 0; }
        int curl_easy_setopt(void *easy, int option, ...) {
            va_list all;
            va_start(all, option);
            if (option == 10065) {
                const char *path = va_arg(all, const char *);
                if (OWN && path) return 4;
                strcpy(place, path ? path : "");
            }
            va_end(all);
            return option >= 40000 ? 4 : 0;
        }
        int curl_easy_getinfo(void *easy, int info, ...) { return 0; }
        int curl_easy_perform(void *easy) {
            char text[256] = "";
            FILE *file = fopen(place, "r");
            if (file) { fread(text, 1, sizeof text - 1, file); fclose(file); }
            printf("trusts %s\\n", text);
            return 0;
        }
        void curl_easy_cleanup(void *easy) {}
        void *curl_slist_append(void *list, const char *text) { return place; }
        void curl_slist_free_all(void *list) {}
        """

    private static let program = """
        #include <stdio.h>
        #include "CCurl.h"
        int main(void) {
            cc_request request = {.url = "https://127.0.0.1/", .authorities = "AUTHORITIES"};
            cc_outcome outcome;
            cc_handle *handle = cc_open();
            if (!handle) return 1;
            cc_perform(handle, &request, &outcome);
            printf("code %d %s\\n", outcome.code, outcome.message);
            cc_close(handle);
        }
        """

    private static let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/CCurl").path

    /// What the program prints with a libcurl that `refuses` own authorities, or takes them as a file.
    private func printed(refuses: Bool) throws -> String {
        let folder = try HubFolder()
        try Self.library.write(toFile: folder.path + "/curl.c", atomically: true, encoding: .utf8)
        try Self.program.write(toFile: folder.path + "/main.c", atomically: true, encoding: .utf8)
        let flags = ["-w", "-DOWN=\(refuses ? 1 : 0)", "-shared", "-fPIC", "curl.c", "-o", "libcurl.so.4"]
        _ = try run(["clang"] + flags, in: folder.path)
        _ = try run(["clang", "-I\(Self.source)/include", "main.c", "\(Self.source)/exchange.c", "-o", "exchange"], in: folder.path)
        return try run(["LD_LIBRARY_PATH=\(folder.path)", folder.path + "/exchange"], in: folder.path)
    }

    private func run(_ words: [String], in folder: String) throws -> String {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        (process.arguments, process.standardOutput) = (words, pipe)
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        try process.run()
        let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(words)")
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func authoritiesComeAsAFileWhereBytesAreNotTaken() throws {
        #expect(try printed(refuses: false) == "trusts AUTHORITIES\ncode 0 \n")
    }

    @Test func aLibraryThatTakesNoneIsNamed() throws {
        #expect(try printed(refuses: true) == "code 77 libcurl.so.4 takes none but the system's\n")
    }
}
