#include "foundation/ids.hpp"

#include <algorithm>

namespace nowd {

bool is_job_name(std::string_view text) {
  auto lower_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && lower_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return lower_or_digit(c) || c == '-'; });
}

}  // namespace nowd
