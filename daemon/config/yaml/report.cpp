#include "config/yaml/report.hpp"

#include <algorithm>

#include "foundation/text/utf8.hpp"

namespace nowd {
std::string Diagnostic::str() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  out += severity == Severity::warning ? ": warning: " : ": ";
  return out + message;
}

void Report::error(Mark at, std::string message) {
  ++errors_;
  add(Diagnostic::Severity::error, at, std::move(message));
}

void Report::warning(Mark at, std::string message) { add(Diagnostic::Severity::warning, at, std::move(message)); }

void Report::add(Diagnostic::Severity severity, Mark at, std::string message) {
  Diagnostic found{severity, file_, at.line, at.column, std::move(message)};
  if (std::find(found_.begin(), found_.end(), found) != found_.end()) return;
  if (found_.size() > max_kept) return;
  if (found_.size() == max_kept) {
    if (severity == Diagnostic::Severity::warning) return;
    found.message = "there are more faults than these; they are shown when these are mended";
  }
  const auto later =
      std::upper_bound(found_.begin(), found_.end(), found, [](const Diagnostic& a, const Diagnostic& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
      });
  found_.insert(later, std::move(found));
}

std::vector<Diagnostic> Report::take() { return std::exchange(found_, {}); }

std::string in_quotes(std::string_view value) {
  constexpr std::size_t longest = 60;
  std::string out;
  for (char c : utf8_prefix(value, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n')
      out += "\\n";
    else
      out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return "'" + out + (value.size() > longest ? "…'" : "'");
}

}  // namespace nowd
