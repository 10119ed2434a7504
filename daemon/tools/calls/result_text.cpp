#include "tools/calls/result_text.hpp"

#include <algorithm>

#include "foundation/text/utf8.hpp"

namespace nowd {
namespace {

std::string cut_note(std::size_t shown) {
  return "\n[cut: only the first " + std::to_string(shown) + " bytes are shown]";
}

}  // namespace

std::string whole_part(std::string redacted, bool incomplete) {
  if (incomplete) redacted.resize(redacted.size() - std::min(redacted.size(), redaction_slack));
  return redacted;
}

static ResultText fitted(std::string_view heading, std::string text, bool incomplete, std::size_t max_bytes) {
  text = clean_utf8(std::string(heading) + whole_part(std::move(text), incomplete));
  if (!incomplete && text.size() <= max_bytes) return {std::move(text), false, {}};
  const std::size_t note_size = cut_note(max_bytes).size();  // the final note is not longer
  const std::string_view shown = utf8_prefix(text, max_bytes - std::min(max_bytes, note_size));
  return {std::string(shown) + cut_note(shown.size()), true, {}};
}

ResultText result_text(std::string_view heading, std::string_view raw, bool incomplete, std::size_t max_bytes,
                       const Redactor& redact) {
  std::string clean = redact(raw);
  const bool has_secrets = clean != raw;
  ResultText out = fitted(redact(heading), std::move(clean), incomplete, max_bytes);
  if (has_secrets) out.unredacted = fitted(heading, std::string(raw), incomplete, max_bytes).text;
  return out;
}

namespace {

constexpr std::size_t max_body_part = 300;
constexpr std::size_t max_line_bytes = 600;
constexpr int max_lines = 5;

/// Valid UTF-8 on one line: one space replaces each run of blanks and control characters.
std::string folded_line(std::string_view text) {
  std::string out;
  for (const char c : clean_utf8(text)) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::string first_error_text(std::string_view body) {
  return clipped(folded_line(body.substr(0, 8 * max_body_part)), max_body_part);
}

std::string last_error_lines(std::string_view text) {
  text.remove_prefix(text.size() - std::min(text.size(), 8 * max_line_bytes));
  std::string out;
  int lines = 0;
  for (std::size_t end = text.size(); end != std::string_view::npos && lines < max_lines;) {
    const std::size_t newline = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const std::string line = clipped(folded_line(text.substr(begin, end - begin)), max_line_bytes);
    end = newline;
    if (line.empty()) continue;
    if (lines > 0 && out.size() + line.size() > max_line_bytes) break;
    out = lines == 0 ? line : line + "; " + out;
    ++lines;
  }
  return out;
}

}  // namespace nowd
