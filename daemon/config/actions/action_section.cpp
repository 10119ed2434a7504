#include "config/actions/sections.hpp"

#include "config/actions/checks.hpp"
#include "config/table/job_table.hpp"
#include "config/yaml/source_text.hpp"
#include "domain/clocks/data_time.hpp"
#include "domain/prompt/template.hpp"

namespace nowd {
namespace {

/// The value comes from a person, a model or another system.
bool is_from_outside(const Token& token) {
  for (const std::string_view outside : {"input", "previous.output", "after.output", "text"})
    if (token.name == outside) return true;
  for (const std::string_view outside : {"inputs.", "input.", "args."})
    if (token.name.starts_with(outside)) return true;
  return false;
}

/// A value that stands in a program becomes part of it: "$(…)" in a mail would be run.
void refuse_in_scripts(const Field& field, const std::vector<std::string>& argv) {
  const std::vector<Field> items = field.items();
  for (const std::size_t place : script_arguments(argv)) {
    if (place >= items.size()) continue;
    const std::string& script = argv[place];
    for (std::size_t at = 0; const auto token = next_token(script, at); at = token->end)
      if (is_from_outside(*token))
        items[place].error("{{" + std::string(token->name) + "}} comes from outside and stands in a program that " +
                           in_quotes(argv.front()) +
                           " runs: whoever writes it could run commands. Pass it as an argument behind the program "
                           "([sh, -c, 'grep -- \"$1\" file', sh, \"{{" +
                           std::string(token->name) + "}}\"]), or let the program read it from a file");
  }
}

}  // namespace

std::optional<ExecAction> read_exec(const Field& field, const ActionUse& use) {
  if (field.is(Node::Kind::scalar)) {
    field.error("is one text, but must be a list (argv), because no shell splits it: [command, argument, …]");
    return std::nullopt;
  }
  auto argv = field.texts();
  if (!argv) return std::nullopt;
  if (argv->empty() || argv->front().empty()) {
    field.error("names no command; write [command, argument, …]");
    return std::nullopt;
  }
  for (const std::string_view outside : {"inputs.", "input", "input.", "previous.output", "after.output"})
    if (use.by == ActionUse::By::input && uses_token(argv->front(), outside))
      field.error("lets data from outside name the program to run; write its name");
  for (const Field& item : field.items()) {
    if (use.by == ActionUse::By::input)
      check_templates(item, use.scope);
    else
      refuse_templates(item, "the tool gets its arguments as JSON on stdin, and dates as NOWD_AS_OF and the like");
  }
  refuse_in_scripts(field, *argv);
  return ExecAction{std::move(*argv)};
}

std::optional<FileAction> read_file(const Field& field, const ActionUse& use) {
  auto path = field.filled_text();
  if (!path) return std::nullopt;
  check_templates(field, use.scope);
  if (is_credential_file(path->substr(0, path->find("{{"))))
    field.error("is a credential, and its content would go to the model and into the ledger; name another file");
  return FileAction{std::move(*path)};
}

std::optional<SqlAction> read_sql(const Field& field, const ActionUse& use) {
  SqlAction action;
  Field query = field;
  if (field.is(Node::Kind::map)) {
    const Mapping map = read_section(field, action).map();
    query = map.required("query", "write {query: \"select …\", database: \"host=… dbname=…\"}");
  }
  auto text = query.filled_text();
  if (!text) return std::nullopt;
  check_templates(query, use.scope);
  for (const MisplacedToken& token : misplaced_tokens(*text))
    query.report().error(place_in(query, *text, token.at), query.path() + ": " + token.fault);
  action.query = std::move(*text);
  return action;
}

std::optional<std::string> read_data_time(const Field& field, bool has_headers) {
  auto pointer = field.filled_text();
  if (!pointer) return std::nullopt;
  if (auto fault = check_data_time(*pointer))
    field.report().error(field.mark(), *fault);  // it names its thing itself
  else if (pointer->starts_with("header:") && !has_headers)
    field.error(in_quotes(*pointer) +
                " needs response headers, which only http has; use a JSON pointer such as /items/*/at");
  else
    return pointer;
  return std::nullopt;
}

}  // namespace nowd
