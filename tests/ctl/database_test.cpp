#include "ctl/database.hpp"

#include "support/catch.hpp"
#include "support/places.hpp"

using nowd::ctl::without_login;

TEST_CASE("a conninfo loses user and password, and keeps everything else as it was written") {
  CHECK(without_login("host=/run/postgresql dbname=nowd user=nowd") == "host=/run/postgresql dbname=nowd");
  CHECK(without_login("user=nowd password=secret dbname=nowd") == "dbname=nowd");
  CHECK(without_login("  dbname = nowd   user = 'no wd'  port=5433 ") == "dbname = nowd port=5433");
  CHECK(without_login("password='it\\'s a secret' host='a b'") == "host='a b'");
  CHECK(without_login("password=a\\ b host=h") == "host=h");
  CHECK(without_login("host=a,b target_session_attrs=read-write user=x") == "host=a,b target_session_attrs=read-write");
  CHECK(without_login("passfile=/etc/pass sslmode=require") == "passfile=/etc/pass sslmode=require");
  CHECK(without_login("") == "");
  CHECK(without_login("user=nowd") == "");
}

TEST_CASE("a broken conninfo does not crash, and shows no password") {
  for (const char* broken : {"password='secret", "password=secret\\", "password", "= secret", "'", "password = "}) {
    INFO(broken);
    const std::string left = without_login(broken);
    CHECK((left.find("secret") == std::string::npos || std::string(broken).find("password") == std::string::npos));
  }
}

TEST_CASE("a URL loses its userinfo and the two parameters") {
  CHECK(without_login("postgresql://nowd:secret@db.internal:5433/nowd?sslmode=require") ==
        "postgresql://db.internal:5433/nowd?sslmode=require");
  CHECK(without_login("postgres://nowd@/nowd?host=/run/postgresql&user=x&password=secret") ==
        "postgres:///nowd?host=/run/postgresql");
  CHECK(without_login("postgresql://a:5432,b:5432/nowd") == "postgresql://a:5432,b:5432/nowd");
  CHECK(without_login("postgresql://user:p@ss@host/db") == "postgresql://host/db");
  CHECK(without_login("postgresql://host/db?password=secret&sslmode=require") ==
        "postgresql://host/db?sslmode=require");
  CHECK(without_login("postgresql://host/db?user=x") == "postgresql://host/db");
  CHECK(without_login("postgresql://") == "postgresql://");
  // An @ in the path or the query is not the login's.
  CHECK(without_login("postgresql://host/d@b?application_name=a@b") == "postgresql://host/d@b?application_name=a@b");
}

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
