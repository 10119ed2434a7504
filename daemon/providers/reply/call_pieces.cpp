#include "providers/reply/call_pieces.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "foundation/text/words.hpp"

namespace nowd {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// The size of the first value in the text; 0 if the value does not end.
std::size_t size_of_first(std::string_view text) {
  ValueEnd end;
  for (std::size_t at = 0; at < text.size(); ++at) {
    end.feed(text.substr(at, 1));
    if (end.reached()) return at + 1;
  }
  return 0;
}

bool is_object(const Result<Json>& value) { return value && value->is_object(); }

bool is_repetition(const Json& first, const Json& again) {
  if (first == again) return true;
  if (!again.is_string()) return false;
  const Result<Json> inner = parse_json(again.get_ref<const std::string&>());
  return inner && *inner == first;
}

}  // namespace

void ValueEnd::feed(std::string_view piece) {
  for (const char c : piece) {
    if (!begun_) {
      if (blanks.find(c) != blanks.npos) continue;
      begun_ = true;
      closable_ = c == '{' || c == '[' || c == '"';
    }
    if (escaped_) {
      escaped_ = false;
    } else if (quoted_) {
      escaped_ = c == '\\';
      quoted_ = c != '"';
    } else if (c == '"') {
      quoted_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
  }
}

std::optional<std::size_t> CallPieces::with_id(const std::string& id) const {
  if (id.empty()) return {};
  const auto found = std::ranges::find(calls_, id, &ProposedCall::id);
  return found == calls_.end() ? std::nullopt : std::optional<std::size_t>(found - calls_.begin());
}

std::optional<std::size_t> CallPieces::with_index(std::optional<std::int64_t> index) const {
  const auto found = index ? by_index_.find(*index) : by_index_.end();
  return found == by_index_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> CallPieces::only_open() const {
  std::optional<std::size_t> open;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (ends_[i].reached()) continue;
    if (open) return {};
    open = i;
  }
  return open;
}

/// True if a piece with a name continues a call: some servers repeat the name and the id in every piece, and a name may
/// itself arrive in pieces before the arguments.
bool CallPieces::repeats_name(std::size_t number, const CallPiece& piece) const {
  const ProposedCall& call = calls_[number];
  if (call.tool.empty() || !ends_[number].begun()) return true;
  return call.tool == piece.name && !ends_[number].reached();
}

std::optional<std::size_t> CallPieces::place_of_known_id(std::size_t number, const CallPiece& piece) const {
  if (piece.name.empty()) return number;
  const bool same_name = calls_[number].tool == piece.name;
  const bool goes_on = same_name && !ends_[number].reached();
  // Two calls with one id: the index distinguishes them.
  if (piece.index && !with_index(piece.index)) return goes_on ? number : next();
  // A repetition of the whole call: without_repetition() compares them.
  return same_name || repeats_name(number, piece) ? number : next();
}

std::optional<std::size_t> CallPieces::place_of_named(const CallPiece& piece) const {
  const auto at = with_index(piece.index);
  if (at) {
    const bool other_id = !piece.id.empty() && !calls_[*at].id.empty();  // a known id was handled before
    return !other_id && repeats_name(*at, piece) ? *at : next();
  }
  if (piece.index || !piece.id.empty() || calls_.empty()) return next();
  // A name alone: it continues the last call if that has the same name and has begun.
  const std::size_t last = calls_.size() - 1;
  const bool nameless = calls_[last].tool.empty();
  const bool goes_on = calls_[last].tool == piece.name && !ends_[last].reached();
  return nameless || goes_on ? last : next();
}

std::optional<std::size_t> CallPieces::find_call(const CallPiece& piece) const {
  const bool blank = trimmed(piece.arguments).empty();
  const auto by_id = with_id(piece.id);
  const auto by_index = with_index(piece.index);
  if (by_id) {
    const bool another = by_index && *by_index != *by_id && piece.name.empty() && calls_[*by_index].id != piece.id;
    // One index for all calls (Ollama, Gemini) has no meaning; a distinct index that contradicts the id has.
    if (another && by_index_.size() > 1) return {};
    return place_of_known_id(*by_id, piece);
  }
  if (!piece.name.empty()) return place_of_named(piece);
  if (by_index) return *by_index;  // also for servers that change the id within a call
  const auto open = only_open();
  if (!piece.id.empty()) {
    const bool id_of_last = !piece.index && open && *open + 1 == next() && calls_.back().id.empty();
    return id_of_last ? *open : next();
  }
  if (open) return *open;  // without an index, or with one that grows with every piece
  if (blank && !calls_.empty()) return calls_.size() - 1;
  return calls_.empty() ? std::optional(next()) : std::nullopt;
}

void CallPieces::add_piece(std::size_t number, const CallPiece& piece) {
  if (number == calls_.size()) {
    calls_.emplace_back();
    ends_.emplace_back();
    if (piece.index) by_index_[*piece.index] = number;
  }
  ProposedCall& call = calls_[number];
  if (call.id.empty()) call.id = piece.id;
  if (call.tool != piece.name) call.tool += piece.name;
  call.arguments += piece.arguments;
  ends_[number].feed(piece.arguments);
}

std::string without_repetition(std::string arguments) {
  for (;;) {
    const std::string_view text = trimmed(arguments);
    const std::size_t size = size_of_first(text);
    if (size == 0 || size == text.size()) return arguments;
    const std::string_view rest = trimmed(text.substr(size));
    const std::size_t next = size_of_first(rest);
    const Result<Json> first = parse_json(text.substr(0, size));
    const Result<Json> second = parse_json(rest.substr(0, next));
    if (next == 0 || !is_object(first) || !second) return arguments;
    if (first->empty() && second->is_object())
      arguments = std::string(rest);
    else if (is_repetition(*first, *second))
      arguments = std::string(text.substr(0, size)).append(rest.substr(next));
    else
      return arguments;
  }
}

}  // namespace nowd
