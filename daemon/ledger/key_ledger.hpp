// How the keys of providers stand, kept over a restart of the daemon, and for people to see.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

/// One key: api, base URL and where the credential comes from, never what it is.
struct KeyRow {
  std::string api;
  std::string base_url;    ///< empty: the vendor's own
  std::string credential;  ///< "env OPENAI_API_KEY"; "none"
  std::string provider;    ///< one of those that use it
  std::string state;       ///< closed | open | half_open | paused
  Instant since;
  std::optional<Instant> until;  ///< unless closed
  std::string cause;             ///< empty: closed
  int overloads = 0;             ///< in a row
  bool operator==(const KeyRow&) const = default;
};

class KeyLedger {
 public:
  virtual ~KeyLedger() = default;
  /// Those that are not closed, in order of api, base URL and credential.
  virtual boost::asio::awaitable<Result<std::vector<KeyRow>>> key_rows() = 0;
  /// Replaces the rows of these keys, whoever wrote them.
  virtual boost::asio::awaitable<Result<void>> keep(std::vector<KeyRow> rows) = 0;
};

}  // namespace nowd
