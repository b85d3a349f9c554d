import Foundation
import Testing

@testable import Hub

@Suite struct NameTests {
    @Test func namesOfRepositories() throws {
        let name = try RepositoryName("EPFL-VILAB/4M_tokenizers_rgb_16k_224-448@refs/pr/3")
        #expect(name.id == "EPFL-VILAB/4M_tokenizers_rgb_16k_224-448")
        #expect(name.revision == "refs/pr/3")
        #expect(name.folder == "models--EPFL-VILAB--4M_tokenizers_rgb_16k_224-448")
        #expect(try RepositoryName("a/b").wanted == "main")
        #expect(try RepositoryName("a/b").at("v1").description == "a/b@v1")
    }

    @Test(arguments: [
        "", "a", "a/b/c", "/a", "a/", "../b", "a/..", "a/.b", "a/b.", "-a/b", "a--b/c", "a/b..c", "a b/c", "a/b\n", "a/b.git", "ä/b",
        "a/b@", "a/b@../x", "a/b@/etc", "a/b@x//y", "a/b@x y", "a/b@.hidden", "a/b@v1@v2", "a/b@x.lock", "a/b@~", "a/b@x\u{9B}y",
        "a/b@x\u{202E}y", "a\\b/c", "a/b\0",
        "a/" + String(repeating: "b", count: 100),
    ])
    func namesThatAreRefused(text: String) {
        #expect(throws: HubError.self) { try RepositoryName(text) }
    }

    @Test(arguments: [
        "../x", "a/../x", "/etc/passwd", "a//b", "a/", "", ".", "a/./b", "a\\b", "a\u{1}b", "..", "x\0y", "../\u{301}x", "a/\u{600}/../x",
        "x\u{9B}31m", "x\u{202E}y", "x\u{2066}y", "x\u{2028}y", String(repeating: "x", count: 201),
    ])
    func filesThatAreRefused(file: String) throws {
        let name = try RepositoryName("a/b")
        #expect(throws: HubError.self) { try RepositoryFile.check(file, in: name) }
        #expect(throws: HubError.self) { try RepositoryFile.blobName(etag: "\"\(file)\"", of: "f", in: name) }
    }

    @Test func etags() throws {
        let name = try RepositoryName("a/b")
        for etag in ["\"abc123\"", "W/\"abc123\"", "abc123"] {
            #expect(try RepositoryFile.blobName(etag: etag, of: "f", in: name) == "abc123")
        }
        #expect(throws: HubError.self) { try RepositoryFile.blobName(etag: "\".hidden\"", of: "f", in: name) }
    }

    @Test func onlyNamesThatLookLikeRepositoriesAreTakenForThem() {
        #expect(ModelLocation.repository("EPFL-VILAB/4M-7_B_CC12M")?.name == "4M-7_B_CC12M")
        for path in ["Models/fm.safetensors", "./a/b", "a/b/c", "model", "x/case.json", "~/models", "cfgs/x.yaml"] {
            #expect(ModelLocation.repository(path) == nil)
        }
    }

    @Test func settingsFollowTheEnvironment() throws {
        func settings(_ values: [String: String]) throws -> HubSettings {
            try HubSettings(environment: values.merging(["HOME": "/home/x"]) { first, _ in first })
        }
        #expect(try settings([:]).cache.folder == "/home/x/.cache/huggingface/hub")
        #expect(try settings(["XDG_CACHE_HOME": "/c"]).cache.folder == "/c/huggingface/hub")
        #expect(try settings(["HF_HOME": "~/hf", "XDG_CACHE_HOME": "/c"]).cache.folder == "/home/x/hf/hub")
        #expect(try settings(["HF_HUB_CACHE": "/k", "HF_HOME": "/hf"]).cache.folder == "/k")
        #expect(try settings([:]).endpoint.absoluteString == "https://huggingface.co")
        #expect(try settings(["HF_ENDPOINT": "http://127.0.0.1:99/"]).endpoint.absoluteString == "http://127.0.0.1:99")
        #expect(try settings(["HF_HUB_OFFLINE": "yes"]).isOffline)
        #expect(try !settings(["HF_HUB_OFFLINE": "0"]).isOffline)
        #expect(try settings(["HF_HUB_DOWNLOAD_TIMEOUT": "2.5"]).timeout == 2.5)
        #expect(try settings(["HF_HUB_DOWNLOAD_TIMEOUT": ""]).timeout == 30)
        for wrong in ["nan", "inf", "-1", "0", "abc", "10 s", "1e999"] {
            let error = #expect(throws: HubError.self) { try settings(["HF_HUB_DOWNLOAD_TIMEOUT": wrong]) }
            #expect(error?.kind == .invalid && error?.description.contains("HF_HUB_DOWNLOAD_TIMEOUT: '\(wrong)'") == true)
        }
        for wrong in ["huggingface.co", "ftp://x", "http://", "file:///etc"] {
            #expect(throws: HubError.self) { try settings(["HF_ENDPOINT": wrong]) }
        }
    }

    @Test func tokensComeFromVariableOrFileAndAreNeverShown() throws {
        let folder = try HubFolder()
        try Data("  hf_file\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/token"))
        #expect(try HubSettings(environment: ["HF_HOME": folder.path]).token == "hf_file")
        #expect(try HubSettings(environment: ["HF_TOKEN_PATH": folder.path + "/token", "HF_HOME": "/n"]).token == "hf_file")
        #expect(try HubSettings(environment: ["HF_HOME": folder.path, "HF_TOKEN": "hf_variable "]).token == "hf_variable")
        #expect(try HubSettings(environment: ["HF_TOKEN": "hf_x", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]).token == nil)
        let error = #expect(throws: HubError.self) { try HubSettings(environment: ["HF_TOKEN": "hf_x\r\nHost: evil"]) }
        #expect(error?.description.contains("hf_x") == false)
    }
}
