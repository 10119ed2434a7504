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
  const std::size_t note_size = cut_note(max_bytes).size();  // at least as long as the note will be
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

}  // namespace nowd
