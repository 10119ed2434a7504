#include "ledger/pg/session/conninfo.hpp"

#include "support/catch.hpp"

using nowd::conninfo_with_limits;
using nowd::without_login;

namespace {

std::string kept(const char* conninfo) { return *without_login(conninfo); }

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("both forms of a connection string get limits on waiting, and what is named in it wins") {
  for (const char* conninfo :
       {"host=db dbname=nowd", "postgresql://db/nowd", "postgres://db/nowd?sslmode=prefer", ""}) {
    INFO(conninfo);
    const std::string full = conninfo_with_limits(conninfo, "nowd");
    for (const char* limit : {"connect_timeout=5", "keepalives_idle=5", "keepalives_interval=2", "keepalives_count=3",
                              "tcp_user_timeout=10000", "fallback_application_name=nowd"})
      CHECK(holds(full, limit));
  }
  const std::string named =
      conninfo_with_limits("postgresql://db/nowd?connect_timeout=30&application_name=mine", "nowd");
  CHECK(named.rfind("connect_timeout=30") > named.find("connect_timeout=5"));
  CHECK(holds(named, "application_name=mine"));
  CHECK(holds(named, "host=db"));
  CHECK(holds(named, "dbname=nowd"));
}

TEST_CASE("a connection string that libpq cannot read stays as it is") {
  CHECK(conninfo_with_limits("host", "nowd") == "host");
  CHECK(conninfo_with_limits("postgresql://[", "nowd") == "postgresql://[");
}

TEST_CASE("values with spaces, quotes and backslashes come out as they went in") {
  CHECK(holds(conninfo_with_limits("host='a b' password='it\\'s \\\\ secret'", "nowd"),
              "host='a b' password='it\\'s \\\\ secret'") == false);
  const std::string once = kept("host='a b' options='it\\'s \\\\'");
  CHECK(kept(once.c_str()) == once);
  CHECK(holds(once, "host='a b'"));
  CHECK(holds(once, "options='it\\'s \\\\'"));
}

TEST_CASE("a connection string loses user and password, in both forms, and nothing else") {
  CHECK(kept("host=/run/postgresql dbname=nowd user=nowd") == "dbname=nowd host=/run/postgresql");
  CHECK(kept("user=nowd password=secret dbname=nowd") == "dbname=nowd");
  CHECK(kept("passfile=/etc/pass sslmode=require") == "passfile=/etc/pass sslmode=require");
  CHECK(kept("") == "");
  CHECK(kept("user=nowd") == "");
  CHECK(kept("postgresql://nowd:secret@db.internal:5433/nowd?sslmode=require") ==
        "dbname=nowd host=db.internal port=5433 sslmode=require");
  CHECK(kept("postgres://nowd@/nowd?host=/run/postgresql&user=x&password=secret") ==
        "dbname=nowd host=/run/postgresql");
  CHECK(kept("postgresql://a:5432,b:5432/nowd?target_session_attrs=read-write") ==
        "dbname=nowd host=a,b port=5432,5432 target_session_attrs=read-write");
}

TEST_CASE("a broken connection string is an error that shows no password") {
  for (const char* broken : {"password='secret", "password secret", "= secret", "postgresql://user:secret@["}) {
    INFO(broken);
    REQUIRE(without_login(broken).has_error());
    CHECK(!holds(without_login(broken).error().message, "secret"));
  }
}
