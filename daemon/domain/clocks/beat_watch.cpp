#include "domain/clocks/beat_watch.hpp"

namespace nowd {
namespace {

constexpr seconds max_silence{15};
constexpr seconds max_sweep_gap{7};

}  // namespace

std::vector<Uuid> BeatWatch::find_silent(const std::map<Uuid, std::string>& beats, Tick now) {
  if (last_sweep_ && now - *last_sweep_ > max_sweep_gap) watched_.clear();
  last_sweep_ = now;
  std::vector<Uuid> out;
  std::map<Uuid, Watched> seen;
  for (const auto& [node, beat] : beats) {
    const auto known = watched_.find(node);
    const bool unchanged = known != watched_.end() && known->second.beat == beat;
    const Watched watched{beat, unchanged ? known->second.unchanged_since : now};
    if (now - watched.unchanged_since >= max_silence)
      out.push_back(node);
    else
      seen.emplace(node, watched);
  }
  watched_ = std::move(seen);
  return out;
}

}  // namespace nowd
