#include "ledger/pg/session/conninfo.hpp"

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace nowd {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// The keys that the text names; nothing if libpq cannot read it.
std::optional<Pairs> pairs_of(const std::string& conninfo) {
  char* fault = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(conninfo.c_str(), &fault));
  PQfreemem(fault);
  if (!options) return std::nullopt;
  Pairs pairs;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
    if (option->val != nullptr) pairs.emplace_back(option->keyword, option->val);
  return pairs;
}

/// "host=/run/postgresql dbname='my ledger'".
std::string text_of(const Pairs& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) {
    std::string escaped;
    for (const char c : value) {
      if (c == '\'' || c == '\\') escaped += '\\';
      escaped += c;
    }
    const bool bare = !value.empty() && value.find_first_of(" \t\n\r\f\v'\\=") == std::string::npos;
    out += (out.empty() ? "" : " ") + key + "=" + (bare ? value : "'" + escaped + "'");
  }
  return out;
}

}  // namespace

std::string conninfo_with_limits(const std::string& conninfo, const std::string& application) {
  auto pairs = pairs_of(conninfo);
  if (!pairs) return conninfo;
  Pairs all{{"connect_timeout", "5"},  {"keepalives_idle", "5"},      {"keepalives_interval", "2"},
            {"keepalives_count", "3"}, {"tcp_user_timeout", "10000"}, {"fallback_application_name", application}};
  all.insert(all.end(), pairs->begin(), pairs->end());  // libpq takes the last value of a key
  return text_of(all);
}

Result<std::string> without_login(std::string_view conninfo) {
  auto pairs = pairs_of(std::string(conninfo));
  if (!pairs)
    return invalid(
        "it is no connection string of Postgres; write \"host=/run/postgresql dbname=nowd\" or "
        "postgresql://HOST/nowd");
  std::erase_if(*pairs, [](const auto& pair) { return pair.first == "user" || pair.first == "password"; });
  return text_of(*pairs);
}

}  // namespace nowd
