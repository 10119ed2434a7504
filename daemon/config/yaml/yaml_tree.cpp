#include "config/yaml/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>
#include <array>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace nowd {
namespace {

/// Messages of yaml-cpp and ours. Other messages are passed on unchanged.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> plain_words{{
    {"the referenced anchor is not defined", alias_fault},
    {"alias not found after *", alias_fault},
    {"illegal map value",
     "there is a ':' where none can be; quote the text (\"a: b\"), or put it in a block after '|'"},
    {"end of map not found",
     "this line does not belong to the mapping above it; check its indentation, and the lines before it"},
    {"end of sequence not found", "this line does not belong to the list above it; check its indentation"},
    {"end of map flow not found", "a '{' is not closed; add the '}'"},
    {"end of sequence flow not found", "a '[' is not closed; add the ']'"},
    {"illegal EOF in scalar", "the file ends inside a quoted text; add the closing quote"},
    {"illegal document indicator in scalar", "a quoted text runs into a document separator; add the closing quote"},
    {"illegal tab when looking for indentation", "YAML does not allow tabs for indentation; use spaces"},
    {"illegal flow end", "there is a closing bracket without an opening one; remove it"},
    {"illegal block entry", "a list item '- ' cannot stand here; check its indentation"},
    {"illegal map key", "a key cannot stand here; check its indentation"},
}};

std::string unknown_start(char c) {
  if (c == '@') return "a text cannot start with '@' in YAML; quote it: \"@daily Europe/Berlin\"";
  if (c == '\t') return "YAML does not allow tabs for indentation; use spaces";
  return std::string("a text cannot start with '") + c + "' in YAML; quote it";
}

bool is_blank_or_comment(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  return start == std::string_view::npos || line[start] == '#';
}

/// "key: |", "- >-", "text: |2  # a comment".
bool begins_block(std::string_view line) {
  line = line.substr(0, line.find(" #"));
  while (!line.empty() && std::string_view(" \t\r+-0123456789").find(line.back()) != std::string_view::npos)
    line.remove_suffix(1);
  if (!line.ends_with('|') && !line.ends_with('>')) return false;
  line.remove_suffix(1);
  while (line.ends_with(' ')) line.remove_suffix(1);
  return line.ends_with(':') || line.ends_with('-') || line.empty();
}

}  // namespace

SourceLines::SourceLines(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // yaml-cpp does not count a byte order mark either
  for (std::size_t end; !text.empty(); text.remove_prefix(end)) {
    const std::size_t newline = text.find('\n');
    lines_.push_back(text.substr(0, newline));
    end = newline == std::string_view::npos ? text.size() : newline + 1;
  }
}

std::string_view SourceLines::line(int number) const {
  return number >= 1 && number <= size() ? lines_[static_cast<std::size_t>(number - 1)] : std::string_view{};
}

char SourceLines::at(Mark mark) const {
  const std::string_view text = line(mark.line);
  const auto column = static_cast<std::size_t>(mark.column - 1);
  return mark.column >= 1 && column < text.size() ? text[column] : '\0';
}

int SourceLines::block_column(int number) const {
  for (; number <= size(); ++number)
    if (const auto start = line(number).find_first_not_of(" \r"); start != std::string_view::npos)
      return static_cast<int>(start) + 1;
  return 1;
}

std::optional<Mark> SourceLines::indenting_tab() const {
  std::optional<std::size_t> block;  // indentation of the line that begins a block of text
  for (int number = 1; number <= size(); ++number) {
    const std::string_view text = line(number);
    if (is_blank_or_comment(text)) continue;
    const std::size_t spaces = text.find_first_not_of(' ');
    if (block && spaces > *block) continue;
    block.reset();
    if (text[spaces] == '\t') return Mark{number, static_cast<int>(spaces) + 1};
    if (begins_block(text)) block = spaces;
  }
  return std::nullopt;
}

bool SourceLines::starts_document(Mark mark) const {
  if (line(mark.line).starts_with("---")) return true;
  int before = mark.line - 1;
  while (before >= 1 && is_blank_or_comment(line(before))) --before;
  return line(before).starts_with("...");
}

std::string syntax_fault(std::string_view reason, Mark at, const SourceLines& lines) {
  if (reason == "unknown token" && lines.at(at) != '\0') return unknown_start(lines.at(at));
  for (const auto& [theirs, ours] : plain_words)
    if (reason == theirs) return std::string(ours);
  return "this is not YAML: " + std::string(reason) + "; check this line and the one before it";
}

namespace {

/// Thrown out of the parser when reading on makes no sense; the fault is in the report already.
struct StopReading {};

Mark place(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

/// A sequence or map that is still being filled.
struct Open {
  Node node;
  std::optional<Member> key;  ///< a map's key whose value has not come yet
  bool drop = false;          ///< the value to come is not kept: its key was refused
  std::unordered_map<std::string, Mark> keys;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceLines& lines, Report& report) : lines_(lines), report_(report) {}

  std::vector<Node> take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    open_.clear();
    check_document_start(place(mark));
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add({.kind = Node::Kind::null, .mark = place(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report_.error(place(mark), std::string(alias_fault));
    add({.kind = Node::Kind::null, .mark = place(mark)});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    const bool quoted = tag == "!";  // yaml-cpp's word for a scalar that is not plain
    if (!quoted) refuse_tag(mark, tag);
    if (value.find('\0') != std::string::npos)
      report_.error(place(mark), "there is a NUL character in this text; remove it");
    Node node{.kind = Node::Kind::scalar, .mark = place(mark), .text = value, .quoted = quoted};
    if (quoted && lines_.at(node.mark) == '|') node.block_column = lines_.block_column(node.mark.line + 1);
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(Node::Kind::sequence, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(Node::Kind::map, mark, tag, anchor);
  }
  void OnSequenceEnd() override { finish(); }
  void OnMapEnd() override { finish(); }

 private:
  void check_document_start(Mark at) {
    // yaml-cpp takes text that it cannot attach for a new document, and repeats it for ever if it cannot read it.
    if (last_start_ && at == *last_start_) {
      report_.error(at, "this cannot be read as YAML; check the brackets, quotes and indentation before it");
      throw StopReading{};
    }
    if (last_start_ && !lines_.starts_document(at))
      report_.error(at, "there is more text after the end of a document; separate documents with a line '---'");
    last_start_ = at;
  }

  void start(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (open_.size() == deepest_yaml) {
      report_.error(place(mark),
                    "the file is nested deeper than " + std::to_string(deepest_yaml) + " levels; flatten it");
      throw StopReading{};
    }
    open_.push_back({.node = {.kind = kind, .mark = place(mark)}});
  }

  void finish() {
    Node done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  void add(Node node) {
    if (++values_ > max_yaml_values) {
      report_.error(node.mark, "the file has more than 50 000 values; split it");
      throw StopReading{};
    }
    if (open_.empty()) {
      if (node.kind != Node::Kind::null) documents_.push_back(std::move(node));
    } else if (Open& parent = open_.back(); parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      add_key(parent, node);
    } else {
      if (!parent.drop) {
        parent.key->value = std::move(node);
        parent.node.members.push_back(std::move(*parent.key));
      }
      parent.key.reset();
    }
  }

  void add_key(Open& parent, const Node& node) {
    parent.key = Member{node.text, node.mark, {}};
    parent.drop = true;
    if (node.kind == Node::Kind::map || node.kind == Node::Kind::sequence) {
      report_.error(node.mark, "a key must be plain text; if this is a template, quote it: \"{{today}}\"");
    } else if (node.kind == Node::Kind::null) {
      report_.error(node.mark, "a key is missing before ':'; name it, or quote the text");
    } else if (node.text == "<<" && !node.quoted) {
      report_.error(node.mark, "merge keys (<<) are not supported; write the keys out");
    } else if (auto [first, fresh] = parent.keys.emplace(node.text, node.mark); !fresh) {
      report_.error(node.mark, "key " + in_quotes(node.text) + " is given twice, first at line " +
                                   std::to_string(first->second.line) + "; remove one");
    } else {
      parent.drop = false;
    }
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0)
      report_.error(place(mark),
                    "anchors (&) are not supported; remove the anchor and write the value where it is used");
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?")
      report_.error(place(mark), "tags are not supported, and this value has one (" + in_quotes(tag) + "); remove it");
  }

  const SourceLines& lines_;
  Report& report_;
  std::vector<Open> open_;
  std::vector<Node> documents_;
  std::optional<Mark> last_start_;
  std::size_t values_ = 0;
};

}  // namespace

const Member* Node::find(std::string_view key) const {
  for (const Member& member : members)
    if (member.key == key) return &member;
  return nullptr;
}

std::vector<Node> parse_yaml(const std::string& text, Report& report) {
  const SourceLines lines(text);
  if (const auto tab = lines.indenting_tab()) {
    report.error(*tab, "YAML does not allow tabs for indentation; use spaces");
    return {};
  }
  TreeBuilder builder(lines, report);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& e) {
    const Mark at = e.mark.is_null() ? Mark{1, 1} : place(e.mark);
    report.error(at, syntax_fault(e.msg, at, lines));
  } catch (const StopReading&) {
  }
  return builder.take();
}

}  // namespace nowd
