// Finds dead nodes: a node whose beat did not change for 15 s of the observer's boot clock is dead. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/ids.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

class BeatWatch {
 public:
  /// `beats`: the beats of the other nodes, read by one sweep. Returns the nodes that are dead, and forgets them: one
  /// that beats again counts as new. After a gap of 7 s in our own sweeps (database away, suspend) all counts start
  /// again, because the gap proves nothing about the others.
  std::vector<Uuid> find_silent(const std::map<Uuid, std::string>& beats, Tick now);

 private:
  struct Watched {
    std::string beat;
    Tick unchanged_since;
  };
  std::map<Uuid, Watched> watched_;
  std::optional<Tick> last_sweep_;
};

}  // namespace nowd
