#include "ctl/cli/database.hpp"

#include "support/catch.hpp"
#include "support/places.hpp"

TEST_CASE(
    "a named configuration without a database leaves libpq's variables, and one that cannot be read is an error") {
  nowd::ctl::Globals globals;
  globals.config_named = true;
  for (const char* sample :
       {"quickstart.yaml", "quickstart-openai.yaml", "quickstart-anthropic.yaml", "quickstart-gemini.yaml"}) {
    globals.config = (nowd::test_data("../../config") / sample).string();
    REQUIRE(nowd::ctl::database_of(globals).has_value());
    CHECK(nowd::ctl::database_of(globals)->empty());
  }
  globals.config = "/nowhere/nowd.yaml";
  CHECK(nowd::ctl::database_of(globals).has_error());
}
