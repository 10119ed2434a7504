// Keeps the first or the last bytes of a stream of any length.
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

  void append(std::string_view piece) {
    cut_ = cut_ || bytes_.size() + piece.size() > limit_;
    if (part_ == Part::first) piece = piece.substr(0, limit_ - std::min(limit_, bytes_.size()));
    bytes_ += piece;
    if (bytes_.size() > 2 * limit_) trim();  // not for every piece: moves each byte about once
  }

  /// True if bytes were dropped, or take_output() will drop some.
  bool cut() const { return cut_; }

  std::string take_output() {
    trim();
    if (part_ == Part::last && cut_) drop_half_line();
    return std::move(bytes_);
  }

 private:
  /// Drops the incomplete first line. It may contain the end of a secret, which redaction could not recognize.
  void drop_half_line() {
    const std::size_t max = std::min(max_dropped, limit_ / 2);
    bytes_.erase(0, std::min(bytes_.find('\n'), max - std::min<std::size_t>(max, 1)) + 1);
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
