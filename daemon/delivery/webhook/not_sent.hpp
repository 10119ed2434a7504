// The outcome of an attempt that did not get as far as sending anything.
#pragma once

#include <string>
#include <utility>

#include "domain/delivery/outbox.hpp"

namespace nowd {

inline SendOutcome not_sent(SendOutcome::What what, std::string detail) {
  SendOutcome out;
  out.what = what;
  out.detail = std::move(detail);
  return out;
}

}  // namespace nowd
