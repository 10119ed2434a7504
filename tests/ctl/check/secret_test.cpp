#include "ctl/check/host.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

const SecretUse openai{{SecretSource::Kind::credential, "openai"}, "providers.primary", "nowd.yaml"};

SecretSight outside_the_unit() {
  SecretSight sight;
  sight.fault = invalid("credential 'openai': $CREDENTIALS_DIRECTORY is not set; add LoadCredential=");
  sight.usual = "/etc/nowd/credentials/openai";
  sight.unit.found = true;
  return sight;
}

Finding judged(const SecretSight& sight) { return judge_secret(openai, sight, "alice"); }

}  // namespace

TEST_CASE("a credential that the unit loads is ok outside it if its file is there, and said to be the unit's") {
  SecretSight sight = outside_the_unit();
  sight.unit.credentials["openai"] = "/srv/keys/openai";
  sight.file = Sight::readable;
  CHECK(judged(sight).status == Status::ok);
  CHECK(judged(sight).value == "the unit loads it from /srv/keys/openai; it is visible there only");
  sight.file = Sight::hidden;
  CHECK(judged(sight).status == Status::warn);
  CHECK(judged(sight).hidden);
  sight.file = Sight::absent;
  CHECK(judged(sight).status == Status::bad);
}

TEST_CASE("a credential that the unit does not load is bad, even if its file is there") {
  SecretSight sight = outside_the_unit();
  sight.file = Sight::readable;
  CHECK(judged(sight).value == "/etc/nowd/credentials/openai is there, but the unit does not load it");
  CHECK(judged(sight).remedy.find("LoadCredential=openai:/etc/nowd/credentials/openai") != std::string::npos);
  sight.file = Sight::absent;
  CHECK(judged(sight).status == Status::bad);
  sight.unit.found = false;
  CHECK(judged(sight).status == Status::bad);
  sight.fault.reset();
  CHECK(judged(sight).value == "readable");
}

TEST_CASE("a file that is there and may not be read is a warning, one that is not there is bad") {
  const SecretUse use{{SecretSource::Kind::file, "/srv/key"}, "providers.primary", "nowd.yaml"};
  SecretSight sight;
  sight.fault = unavailable("file /srv/key cannot be opened; check path and permissions");
  sight.file = Sight::hidden;
  CHECK(judge_secret(use, sight, "alice").hidden);
  sight.file = Sight::absent;
  CHECK(judge_secret(use, sight, "alice").status == Status::bad);
}

TEST_CASE("a variable that is not set here says nothing of the daemon's environment") {
  const SecretUse use{{SecretSource::Kind::env, "KEY"}, "providers.primary", "nowd.yaml"};
  SecretSight sight;
  sight.fault = invalid("environment variable KEY is not set; set it for the daemon");
  CHECK(judge_secret(use, sight, "alice").status == Status::warn);
  CHECK(!judge_secret(use, sight, "alice").hidden);
}

TEST_CASE("a unit's credentials are read from its lines, comments left out, later lines winning") {
  UnitCredentials found;
  read_unit("[Service]\n#LoadCredential=no:/no\nLoadCredential=openai:/a\n LoadCredentialEncrypted = slack:/s \n",
            found);
  read_unit("LoadCredential=openai:/b\nSetCredential=fixed:value\nLoadCredential=store\nEnvironment=A=B\n", found);
  CHECK(found == UnitCredentials{{"fixed", ""}, {"openai", "/b"}, {"slack", "/s"}, {"store", ""}});
}

TEST_CASE("a program that only this user may not run is not bad") {
  const ProgramUse use{"/usr/lib/nowd/crm-get", "", "", "tools.crm.get", "nowd.yaml"};
  const Error missing = invalid("'/usr/lib/nowd/crm-get' is not there or not executable; check the path and its mode");
  CHECK(judge_program(use, Result<std::string>("/usr/lib/nowd/crm-get"), false, "alice").status == Status::ok);
  CHECK(judge_program(use, missing, false, "alice").status == Status::bad);
  CHECK(judge_program(use, missing, true, "alice").hidden);
}
