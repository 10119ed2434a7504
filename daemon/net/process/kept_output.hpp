// The kept part of a stream that may be endless: its first bytes, or its last ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace nowd {

class KeptOutput {
 public:
  enum class Part { first, last };
  KeptOutput(Part part, std::size_t limit) : part_(part), limit_(limit) {}

  void add(std::string_view piece) {
    cut_ = cut_ || bytes_.size() + piece.size() > limit_;
    if (part_ == Part::first) piece = piece.substr(0, limit_ - std::min(limit_, bytes_.size()));
    bytes_ += piece;
    if (bytes_.size() > 2 * limit_) trim();  // not at every piece: each byte is moved about once
  }

  /// Something was dropped, or will be when it is taken.
  bool cut() const { return cut_; }

  std::string take() {
    trim();
    if (part_ == Part::last && cut_) drop_half_line();
    return std::move(bytes_);
  }

 private:
  /// The first line has lost its beginning. With it goes what may be the end of a secret, which nobody would know as
  /// one.
  void drop_half_line() {
    const std::size_t most = std::min(max_dropped, limit_ / 2);
    bytes_.erase(0, std::min(bytes_.find('\n'), most - std::min<std::size_t>(most, 1)) + 1);
  }

  void trim() {
    if (bytes_.size() > limit_) bytes_.erase(0, bytes_.size() - limit_);
  }

  static constexpr std::size_t max_dropped = 4 * 1024;

  Part part_;
  std::size_t limit_;
  bool cut_ = false;
  std::string bytes_;
};

}  // namespace nowd
