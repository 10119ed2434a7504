// One pass searches for all forms of all secrets (Aho and Corasick, 1975). Backslashes are ignored in the forms and in
// the text, so that an escape is found at every depth of JSON within JSON.

#include "foundation/secret.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "foundation/text/placeholder.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

constexpr std::size_t min_searched = 6;
constexpr std::string_view cut_mark = "…";
constexpr std::string_view replacement = "[redacted]";

std::string without_backslashes(std::string text) {
  std::erase(text, '\\');
  return text;
}

/// A part of a text that is replaced: its place in the text, and its place in the text without backslashes.
struct Span {
  std::size_t begin, end;
  std::size_t kept_begin, kept_end;
};

/// Spans of one text, in their order; overlapping ones are merged.
class Spans {
 public:
  explicit Spans(std::string_view text) : text_(text) {}

  /// The last `length` bytes that are no backslash before `end`; `kept`: how many there are before it.
  void add(std::size_t end, std::size_t kept, std::size_t length) {
    Span span{end, end, kept - length, kept};
    std::size_t at = kept;
    while (!spans_.empty() && spans_.back().kept_end > span.kept_begin) {
      const Span& known = spans_.back();
      span.begin = known.begin;
      at = known.kept_begin;
      span.kept_begin = std::min(span.kept_begin, known.kept_begin);
      spans_.pop_back();
    }
    for (; at > span.kept_begin; at -= text_[span.begin] == '\\' ? 0 : 1) --span.begin;
    spans_.push_back(span);
  }

  std::string replaced() const {
    std::string out;
    std::size_t copied = 0;
    for (const Span& span : spans_) {
      const std::size_t begin = std::max(copied, begin_with_escape(span.begin));
      out.append(text_.substr(copied, begin - copied)).append(replacement);
      copied = span.end;
    }
    return out.append(text_.substr(copied));
  }

 private:
  /// The backslashes before a span are removed with it if they escape its first character: otherwise they would escape
  /// the next character, and valid JSON would become invalid.
  std::size_t begin_with_escape(std::size_t begin) const {
    std::size_t first = begin;
    while (first > 0 && text_[first - 1] == '\\') --first;
    const bool escapable = std::string_view("\"'/").find(text_[begin]) != std::string_view::npos;
    return escapable ? first : begin - (begin - first) % 2;
  }

  std::string_view text_;
  std::vector<Span> spans_;
};

}  // namespace

/// A tree of the forms. A node stands for the text on the path to it. Its `max_end` is the node of the longest proper
/// suffix of that text.
class Redactor::Search {
 public:
  explicit Search(const std::vector<std::string>& forms) : nodes_(1) {
    for (const std::string& form : forms) insert(form);
    link();
  }

  std::string redacted(std::string_view text) const {
    Spans spans(text);
    std::uint32_t node = 0;
    std::size_t kept = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '\\') continue;
      // A server's words may have been cut inside a secret.
      if (c == cut_mark.front() && nodes_[node].depth >= min_searched && text.substr(at).starts_with(cut_mark))
        spans.add(at, kept, nodes_[node].depth);
      node = step(node, static_cast<unsigned char>(c));
      ++kept;
      if (nodes_[node].found != 0) spans.add(at + 1, kept, nodes_[node].found);
    }
    return spans.replaced();
  }

 private:
  struct Node {
    std::uint32_t first_child = 0, next_sibling = 0, max_end = 0;
    std::uint32_t depth = 0;
    std::uint32_t found = 0;  ///< length of the longest form that ends here; 0 = none
    unsigned char byte = 0;
  };

  void insert(std::string_view form) {
    std::uint32_t node = 0;
    for (const char c : form) {
      std::uint32_t next = child(node, static_cast<unsigned char>(c));
      if (next == 0) next = add_child(node, static_cast<unsigned char>(c));
      node = next;
    }
    nodes_[node].found = nodes_[node].depth;
  }

  std::uint32_t add_child(std::uint32_t parent, unsigned char byte) {
    const auto added = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({.next_sibling = nodes_[parent].first_child, .depth = nodes_[parent].depth + 1, .byte = byte});
    nodes_[parent].first_child = added;
    if (parent == 0) roots_[byte] = added;
    return added;
  }

  /// The child for this byte; 0 = none.
  std::uint32_t child(std::uint32_t node, unsigned char byte) const {
    if (node == 0) return roots_[byte];
    std::uint32_t next = nodes_[node].first_child;
    while (next != 0 && nodes_[next].byte != byte) next = nodes_[next].next_sibling;
    return next;
  }

  std::uint32_t step(std::uint32_t node, unsigned char byte) const {
    for (;;) {
      if (const std::uint32_t next = child(node, byte); next != 0) return next;
      if (node == 0) return 0;
      node = nodes_[node].max_end;
    }
  }

  /// Level by level, because a suffix is shorter than its text.
  void link() {
    std::vector<std::uint32_t> order{0};
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::uint32_t node = order[i];
      for (std::uint32_t next = nodes_[node].first_child; next != 0; next = nodes_[next].next_sibling) {
        Node& reached = nodes_[next];
        if (node != 0) reached.max_end = step(nodes_[node].max_end, reached.byte);
        if (reached.found == 0) reached.found = nodes_[reached.max_end].found;
        order.push_back(next);
      }
    }
  }

  std::vector<Node> nodes_;  // [0] is the root
  std::array<std::uint32_t, 256> roots_{};
};

void Redactor::add(const Secret& secret) {
  const std::string& value = secret.reveal();
  if (value.size() < min_searched || is_placeholder(value)) return;
  const std::size_t before = forms_.size();
  for (std::string& form : forms_of_secret(value)) {
    form = without_backslashes(std::move(form));
    const auto place = std::lower_bound(forms_.begin(), forms_.end(), form);
    if (form.size() >= min_searched && (place == forms_.end() || *place != form)) forms_.insert(place, std::move(form));
  }
  if (forms_.size() != before) search_ = std::make_shared<const Search>(forms_);
}

std::string Redactor::operator()(std::string_view text) const {
  return search_ ? search_->redacted(text) : std::string(text);
}

namespace {

/// The base64 characters that depend on the value alone, if `before` other bytes precede it ("Bearer …", "user:…") and
/// any bytes follow it.
std::string base64_within(const std::string& value, std::size_t before) {
  static constexpr std::size_t mixed_at_start[] = {0, 2, 3};
  static constexpr std::size_t mixed_at_end[] = {0, 3, 2};
  const std::string whole = base64(std::string(before, '\0') + value);
  const std::size_t from = mixed_at_start[before];
  return whole.substr(from, whole.size() - from - mixed_at_end[(before + value.size()) % 3]);
}

std::string url_safe(std::string base64) {
  std::replace(base64.begin(), base64.end(), '+', '-');
  std::replace(base64.begin(), base64.end(), '/', '_');
  return base64;
}

std::string url_escaped(const std::string& value, std::string_view digits, std::string_view kept) {
  std::string out;
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 128 && std::isalnum(byte)) || kept.find(c) != kept.npos)
      out += c;
    else
      out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

std::string json_escaped(const std::string& value, bool ascii) {
  const std::string quoted = nlohmann::json(value).dump(-1, ' ', ascii, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

/// As encoders write it that make JSON fit for HTML (Go's, PHP's).
std::string html_safe(const std::string& json) {
  std::string out;
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&' || c == '\'')
      out += std::string("\\u00") + (c == '<' ? "3c" : c == '>' ? "3e" : c == '&' ? "26" : "27");
    else
      out += c;
  }
  return out;
}

}  // namespace

std::vector<std::string> forms_of_secret(const std::string& value) {
  constexpr std::string_view upper = "0123456789ABCDEF", lower = "0123456789abcdef";
  constexpr std::string_view unreserved = "-._~", in_paths = "-._~/";
  std::vector<std::string> forms{value,
                                 json_escaped(value, true),
                                 json_escaped(value, false),
                                 html_safe(json_escaped(value, true)),
                                 url_escaped(value, upper, unreserved),
                                 url_escaped(value, lower, unreserved),
                                 url_escaped(value, upper, in_paths),
                                 url_escaped(value, lower, in_paths),
                                 base64(value)};
  for (const std::size_t before : {0U, 1U, 2U}) {
    forms.push_back(base64_within(value, before));
    forms.push_back(url_safe(forms.back()));
  }
  return forms;
}

}  // namespace nowd
