// Who is dead: a node whose beat did not change for 15 s, on the observer's own boot clock. Pure.
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
  /// Takes in the beats of the others as one sweep found them, and gives those that have been silent for too long. A
  /// gap in our own sweeping (database away, suspend) says nothing about the others: the count starts again. A node
  /// that was given is not watched any more: it is dead, or it has beaten meanwhile, and then it is new.
  std::vector<Uuid> silent(const std::map<Uuid, std::string>& beats, Tick now);

 private:
  struct Watched {
    std::string beat;
    Tick unchanged_since;
  };
  std::map<Uuid, Watched> watched_;
  std::optional<Tick> last_sweep_;
};

}  // namespace nowd
