// The scripts of migrations/, embedded in the binary by cmake/embed_sql.cmake.
#pragma once

#include <span>

namespace nowd {

struct EmbeddedScript {
  const char* name;  ///< the file's name without .sql: "0001_ledger"
  const char* sql;
};

/// The numbered ones, in the order in which they are applied.
std::span<const EmbeddedScript> embedded_migrations();
EmbeddedScript roles_script();
EmbeddedScript grants_script();

}  // namespace nowd
