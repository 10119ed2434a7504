#include "config/job/text_section.hpp"

#include <algorithm>
#include <filesystem>

#include "config/yaml/mapping.hpp"
#include "config/yaml/source_text.hpp"
#include "domain/prompt/template.hpp"

namespace nowd {
namespace {

/// What is wrong with the text, at its line, said at the field that names the file.
void check_file_text(const Field& field, const std::string& path, const std::string& text, const TemplateScope& scope) {
  Report inside(path);
  check_source(text, inside);
  for (std::size_t at = 0; const auto token = next_token(text, at); at = token->end) {
    const std::string written = text.substr(token->begin, token->end - token->begin);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(token->begin), '\n');
    for (const std::string& fault : check_template(written, scope.inputs, scope.args))
      inside.error({static_cast<int>(line), 0}, fault);
  }
  for (const Diagnostic& each : inside.take()) field.error(each.str());
}

std::optional<std::string> read_file_text(const Field& field, const TemplateScope& scope) {
  const Field file = Mapping(field, Section::prompt).required("file", "write {file: PATH}, or the text itself");
  const auto name = file.filled_text();
  if (!name) return std::nullopt;
  const std::filesystem::path folder = std::filesystem::path(field.report().file()).parent_path();
  const std::string path = (folder / *name).string();
  if (is_credential_file(path)) {
    file.error(path + " is a credential: as a prompt it would go to the model and into the ledger; name another file");
    return std::nullopt;
  }
  auto text = read_source(path);
  if (!text) {
    file.error(path + ": " + text.error().message + "; a relative path counts from this file's folder");
    return std::nullopt;
  }
  check_file_text(file, path, *text, scope);
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    file.error(path + " is empty; write the text into it");
    return std::nullopt;
  }
  return std::move(*text);
}

}  // namespace

std::optional<std::string> read_text(const Field& field, const TemplateScope& scope) {
  if (field.is(Node::Kind::map)) return read_file_text(field, scope);
  check_templates(field, scope);
  return field.filled_text();
}

}  // namespace nowd
