#include "runtime/clocks/remote_clocks.hpp"

#include "runtime/heart.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("what is known of remote clocks is written again where it was refused, until it is kept") {
  Heart heart;
  HttpResponse response;
  response.headers = {{"date", "Mon, 01 Jun 2026 07:00:00 GMT"}};
  response.sent = heart.clock.read();
  response.headers_at = heart.clock.read();
  heart.remotes.observe("https://a:443", response);
  heart.clock_ledger.refuses = 1;
  CHECK_FALSE(run(heart.io, heart.remotes.write()));
  CHECK(run(heart.io, heart.remotes.write()));
  REQUIRE(heart.clock_ledger.kept.size() == 2);
  CHECK(heart.clock_ledger.kept[1].size() == 1);
  CHECK(run(heart.io, heart.remotes.write()));
  CHECK(heart.clock_ledger.kept.size() == 2);  // nothing new
}
