// The trace of a simulation: its lines, if they are to be read, and always their hash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time/time.hpp"

namespace nowd::sim {

class Trace {
 public:
  explicit Trace(bool keep) : keep_(keep) {}

  void add(nanoseconds at, std::string_view text) {
    std::string line = stamp(at);
    line += text;
    for (const char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3u;  // FNV-1a
    if (keep_) lines_.push_back(std::move(line));
  }
  std::uint64_t hash() const { return hash_; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  /// "  72.431206 ".
  static std::string stamp(nanoseconds at) {
    const std::string micros = std::to_string(at.count() / 1000 % 1'000'000);
    std::string out = std::to_string(at.count() / 1'000'000'000);
    out.insert(0, out.size() < 5 ? 5 - out.size() : 0, ' ');
    return out + '.' + std::string(6 - micros.size(), '0') + micros + ' ';
  }

  const bool keep_;
  std::uint64_t hash_ = 0xCBF29CE484222325u;
  std::vector<std::string> lines_;
};

}  // namespace nowd::sim
