// Files: whole or not at all.
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "delivery/file.hpp"
#include "delivery/sender_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;
using What = SendOutcome::What;
namespace fs = std::filesystem;

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t entries(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
}

unsigned mode(const std::string& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

std::string path_of(const std::string& path, const Delivery& delivery) {
  const auto made = file_path({path}, delivery, noon());
  return made ? *made : std::string(to_string(made.error().kind)) + ": " + made.error().message;
}

}  // namespace

TEST_CASE("a file is written whole, in folders that are made, and nothing else is left there") {
  const TemporaryFolder folder;
  Sending sending;
  const auto outcome = sending.send(sink_of(FileSink{folder / "a/{{job}}/{{today}}.md"}));
  CHECK(outcome.what == What::delivered);
  const std::string path = folder / "a/daily-standup/2026-06-01.md";
  CHECK(outcome.detail == path);
  CHECK(contents(path) == "All is well.\n");
  CHECK(mode(path) == 0640);
  CHECK((mode(folder / "a/daily-standup") & 07) == 0);
  CHECK(entries(folder / "a/daily-standup") == 1);
}

TEST_CASE("a file has the mode of its sink, and new folders let in all who may read, whatever the umask") {
  const TemporaryFolder folder;
  Sending sending;
  const mode_t before = ::umask(077);
  CHECK(sending.send(sink_of(FileSink{folder / "shared/{{job}}/x.md", 0644})).what == What::delivered);
  CHECK(sending.send(sink_of(FileSink{folder / "usual/x.md"})).what == What::delivered);
  CHECK(sending.send(sink_of(FileSink{folder / "own/x.md", 0600})).what == What::delivered);
  ::umask(before);
  CHECK(mode(folder / "shared/daily-standup/x.md") == 0644);
  CHECK(mode(folder / "shared/daily-standup") == 0755);
  CHECK(mode(folder / "shared") == 0755);
  CHECK(mode(folder / "usual/x.md") == 0640);
  CHECK(mode(folder / "usual") == 0750);
  CHECK(mode(folder / "own/x.md") == 0600);
  CHECK(mode(folder / "own") == 0700);
}

TEST_CASE("a repetition changes nothing, and another message replaces the file as a whole") {
  const TemporaryFolder folder;
  Sending sending;
  const Sink sink = sink_of(FileSink{folder / "latest.md"});
  CHECK(sending.send(sink).what == What::delivered);
  CHECK(sending.send(sink).what == What::delivered);
  CHECK(contents(folder / "latest.md") == "All is well.\n");
  const int reader = ::open((folder / "latest.md").c_str(), O_RDONLY | O_CLOEXEC);
  sending.delivery.text = "new";
  sending.delivery.key = "another";
  CHECK(sending.send(sink).what == What::delivered);
  CHECK(contents(folder / "latest.md") == "new");
  char old[64];
  CHECK(::read(reader, old, sizeof old) == 13);  // who had it open still reads the old one
  ::close(reader);
  CHECK(entries(folder / "") == 1);
}

TEST_CASE("what cannot be written now is tried again, and what stood there stays") {
  const TemporaryFolder folder;
  Sending sending;
  std::ofstream(folder / "plain") << "no folder";
  const auto outcome = sending.send(sink_of(FileSink{folder / "plain/x.md"}));
  CHECK(outcome.what == What::again);
  CHECK(holds(outcome.detail, folder / "plain"));
  CHECK(contents(folder / "plain") == "no folder");

  fs::create_directory(folder / "taken");
  CHECK(sending.send(sink_of(FileSink{folder / "taken"})).what == What::again);
  CHECK(fs::is_directory(folder / "taken"));
  CHECK(entries(folder / "") == 2);  // the draft is gone

  // Even root may not write here.
  CHECK(sending.send(sink_of(FileSink{"/proc/nowd-test/x"})).what == What::again);
}

TEST_CASE("what a crash left behind is replaced") {
  const TemporaryFolder folder;
  Sending sending;
  std::ofstream(folder / ".c0ffee00c0ffee00.nowd") << "half of a longer text than this";
  CHECK(sending.send(sink_of(FileSink{folder / "x"})).what == What::delivered);
  CHECK(contents(folder / "x") == "All is well.\n");
  CHECK(entries(folder / "") == 1);
}

TEST_CASE("no value leads out of its folder") {
  Delivery delivery = output_parcel();
  CHECK(path_of("/srv/{{job}}-{{run}}-{{purpose}}", delivery) == "/srv/daily-standup-1234-output");
  for (const char* evil : {"../../etc/passwd", "..", "a/b", ""}) {
    INFO(evil);
    delivery.run->job = evil;
    CHECK(path_of("/srv/{{job}}", delivery).starts_with("refused: "));
  }
  delivery.run.reset();
  CHECK(path_of("/srv/{{job}}.md", delivery).starts_with("refused: "));
  CHECK(path_of("/srv/{{jbo}}.md", delivery).starts_with("invalid: "));
  Sending sending;
  sending.delivery = delivery;
  CHECK(sending.send(sink_of(FileSink{"/srv/{{job}}.md"})).what == What::failed);
}

TEST_CASE("a probe writes nothing") {
  const TemporaryFolder folder;
  Sending sending;
  const auto seen = sending.probe(sink_of(FileSink{folder / "new/{{job}}.md"}));
  REQUIRE(seen.has_value());
  CHECK(holds(seen.value(), "will be made"));
  CHECK(entries(folder / "") == 0);
  const auto fault = sending.probe(sink_of(FileSink{"/proc/{{job}}"}));
  REQUIRE(fault.has_error());
  CHECK(holds(fault.error().message, "/proc: "));
  CHECK(sending.probe(sink_of(FileSink{"/etc/passwd/{{job}}"})).has_error());
}
