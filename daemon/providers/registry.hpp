// Which dialects there are.
#pragma once

#include <memory>

#include "domain/job/config.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

struct Spoken {
  std::unique_ptr<Dialect> dialect;
  Endpoint endpoint;
};

/// The dialect of a provider that is reached over HTTP, at its base URL or, without one, at the vendor's own. Errors:
/// `invalid` for an api that is not known, a base URL that is none, and params that nowd sets itself.
Result<Spoken> make_dialect(const ProviderConfig& config);

}  // namespace nowd
