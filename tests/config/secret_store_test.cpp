#include "config/daemon/secret_store.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "foundation/random.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

namespace fs = std::filesystem;
using Kind = SecretSource::Kind;

struct Credentials {
  fs::path path = fs::temp_directory_path() / ("nowd-secrets-" + random_uuid());
  Credentials() { fs::create_directories(path); }
  ~Credentials() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return (path / name).string();
  }
};

std::string message(const Result<Secret>& result) {
  REQUIRE(result.has_error());
  return result.error().message;
}

}  // namespace

TEST_CASE("a secret comes from a credential, a file or a variable, without its last line break") {
  const Credentials credentials;
  const auto read = make_secret_reader(credentials.path.string());
  credentials.write("openai", "sk-one\n");
  CHECK(read({Kind::credential, "openai"})->reveal() == "sk-one");
  CHECK(read({Kind::file, credentials.write("two", "sk-two\r\n")})->reveal() == "sk-two");
  CHECK(read({Kind::file, credentials.write("pem", "line\nline\n\n")})->reveal() == "line\nline\n");
  ::setenv("NOWD_TEST_SECRET", "sk-three", 1);
  CHECK(read({Kind::env, "NOWD_TEST_SECRET"})->reveal() == "sk-three");
  CHECK(read({Kind::none, ""})->empty());
}

TEST_CASE("a rotated key is used from the next call on, even when its time stamp is set back") {
  const Credentials credentials;
  const auto read = make_secret_reader("");
  const std::string file = credentials.write("key", "old-secret");
  CHECK(read({Kind::file, file})->reveal() == "old-secret");
  CHECK(read({Kind::file, file})->reveal() == "old-secret");
  credentials.write("key", "new-secret-1");
  CHECK(read({Kind::file, file})->reveal() == "new-secret-1");
  const auto written = fs::last_write_time(file);
  fs::rename(credentials.write("key.new", "new-secret-2"), file);
  fs::last_write_time(file, written);
  CHECK(read({Kind::file, file})->reveal() == "new-secret-2");
}

TEST_CASE("a key file that disappears is not served from memory") {
  const Credentials credentials;
  const auto read = make_secret_reader("");
  const std::string file = credentials.write("key", "secret");
  REQUIRE(read({Kind::file, file}).has_value());
  fs::remove(file);
  const auto gone = read({Kind::file, file});
  CHECK(message(gone) == "file " + file + " cannot be opened: No such file or directory; check path and permissions");
  CHECK(gone.error().kind == ErrorKind::unavailable);
}

TEST_CASE("errors name the source and the remedy") {
  const Credentials credentials;
  const auto none = make_secret_reader("");
  CHECK(message(none({Kind::credential, "openai"})).find("add LoadCredential=openai:") != std::string::npos);
  const auto read = make_secret_reader(credentials.path.string());
  CHECK(message(read({Kind::credential, "openai"})).starts_with("credential 'openai' (LoadCredential=openai:"));
  ::unsetenv("NOWD_TEST_ABSENT");
  CHECK(message(read({Kind::env, "NOWD_TEST_ABSENT"})) ==
        "environment variable NOWD_TEST_ABSENT is not set; set it for the daemon");
}

TEST_CASE("a credential's name cannot leave the credentials directory") {
  const Credentials credentials;
  const auto read = make_secret_reader(credentials.path.string());
  CHECK(read({Kind::credential, "../" + credentials.path.filename().string()}).has_error());
  CHECK(read({Kind::credential, ".."}).has_error());
}

TEST_CASE("what is no secret is refused: empty, too large, or no regular file") {
  const Credentials credentials;
  const auto read = make_secret_reader("");
  CHECK(message(read({Kind::file, credentials.write("empty", "\n")})).find("is empty") != std::string::npos);
  CHECK(message(read({Kind::file, credentials.write("large", std::string(64 * 1024 + 1, 'x'))}))
            .find("larger than 64 KiB") != std::string::npos);
  CHECK(read({Kind::file, credentials.write("just", std::string(64 * 1024, 'x'))}).has_value());
  CHECK(read({Kind::file, credentials.path.string()}).has_error());
  const std::string fifo = (credentials.path / "fifo").string();
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(read({Kind::file, fifo}).has_error());  // and does not wait for a writer
}
