#include "config/daemon/sections.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "config/actions/checks.hpp"
#include "config/actions/sections.hpp"
#include "config/daemon/secret_store.hpp"
#include "config/table/daemon_table.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/placeholder.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

constexpr std::string_view key_remedy =
    "name where it comes from: key: {credential: NAME} (systemd), {file: PATH} or {env: NAME}";

bool is_variable_name(std::string_view name) {
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

/// The API behind a name that people write: of its vendor, or of a server that speaks it. Empty where none is near.
std::string meant_api(const std::string& word) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"openai", "openai-chat"},        {"chat", "openai-chat"},     {"azure", "openai-chat"},
      {"ollama", "openai-chat"},        {"vllm", "openai-chat"},     {"llama", "openai-chat"},
      {"lmstudio", "openai-chat"},      {"mistral", "openai-chat"},  {"groq", "openai-chat"},
      {"openrouter", "openai-chat"},    {"together", "openai-chat"}, {"deepseek", "openai-chat"},
      {"claude", "anthropic"},          {"google", "gemini"},        {"vertex", "gemini"},
      {"responses", "openai-responses"}};
  const auto found = std::ranges::find(names, lower(word), [](const auto& one) { return one.first; });
  return found == std::end(names) ? "" : std::string(found->second);
}

std::string read_api(const Field& field) {
  const auto word = field.filled_text();
  if (!word) return "";
  const std::vector<std::string> known{"openai-chat", "openai-responses", "anthropic", "gemini", "script"};
  if (std::ranges::find(known, *word) != known.end()) return *word;
  const std::string meant = meant_api(*word);
  if (meant.empty())
    field.error_unknown(*word, known);
  else
    field.error(in_quotes(*word) + " is not known here; did you mean '" + meant + "'? Known are " + listed(known));
  return "";
}

std::optional<Prices> read_prices(const Field& field) {
  if (!field.present()) return std::nullopt;
  Prices out;
  const Mapping map = read_section(field, out).map();
  for (std::string_view key : {"input", "output"})
    map.required(key, "write US dollars for a million tokens: {input: 3, output: 15}");
  return out;
}

/// The inputs belong to the job that is served, so any may be named; every other token must be known.
void check_script_text(const Field& field) {
  TemplateScope scope;
  if (field.is(Node::Kind::scalar)) allow_named(field.node().text, scope);
  scope.args.clear();
  check_templates(field, scope);
}

void check_script_texts(const Field& field) {
  if (field.is(Node::Kind::scalar)) check_script_text(field);
  if (field.is(Node::Kind::sequence))
    for (const Field& item : field.items()) check_script_texts(item);
  if (field.is(Node::Kind::map))
    for (const auto& [unused, entry] : field.entries()) check_script_texts(entry);
}

void read_script_call(const Field& field, ScriptTurn& turn) {
  const Mapping map(field, table_of<ScriptCall>());
  const auto name = map.required("name", "name the tool: {name: crm.get, arguments: {…}}").name();
  const Field arguments = map["arguments"];
  const auto json = arguments.present() ? arguments.json_object() : std::optional(Json::object());
  check_script_texts(arguments);
  if (name && json) turn.calls.emplace_back(*name, *json);
}

ScriptTurn read_script_turn(const Field& field) {
  ScriptTurn turn;
  if (field.is(Node::Kind::scalar)) {
    check_script_text(field);
    turn.text = field.node().text;
    return turn;
  }
  const Mapping map = read_section(field, turn).map();
  check_script_text(map["text"]);
  if (map.has("calls"))
    for (const Field& call : map["calls"].items()) read_script_call(call, turn);
  return turn;
}

void refuse_for_script(const Mapping& map, std::string_view key) {
  if (map.has(key)) map[key].error("is for providers that are reached over the network; a script has none. Remove it");
}

void read_script(const Mapping& map, ProviderConfig& out) {
  const Field script = map.required("script", "list the turns: script: [{text: Hello}]");
  if (script.present()) {
    const auto turns = script.items();
    for (const Field& turn : turns) out.script.push_back(read_script_turn(turn));
    if (script.is(Node::Kind::sequence) && turns.empty())
      script.error("has no turns; write at least one: [{text: Hello}]");
  }
  for (std::string_view key :
       {"base_url", "key", "timeout", "max_tokens_field", "limits", "structured_output", "stop_words"})
    refuse_for_script(map, key);
  out.model = map["model"].filled_text().value_or("script");
}

/// {eos: complete}: a word of the server's, and the class of stop that it means.
std::map<std::string, Stop> read_stop_words(const Field& field) {
  constexpr std::array known{Stop::complete,         Stop::stop_sequence,     Stop::tool_call,
                             Stop::truncated_output, Stop::truncated_context, Stop::filtered,
                             Stop::refused,          Stop::provider_error,    Stop::cancelled};
  std::map<std::string, Stop> out;
  if (!field.present()) return out;
  std::vector<std::string> names;
  for (const Stop each : known) names.emplace_back(to_string(each));
  for (const auto& [member, meaning] : field.entries()) {
    const auto word = meaning.filled_text();
    const auto stop = word ? parse_stop(*word) : std::nullopt;
    if (stop && std::ranges::find(known, *stop) != known.end())
      out[member->key] = *stop;
    else if (word)
      meaning.error_unknown(*word, names);
  }
  return out;
}

void read_network(const Mapping& map, ProviderConfig& out, const std::string& folder) {
  // Many servers speak OpenAI's chat completions, so that one must be named; the other APIs are their vendors' own.
  const bool of_many = out.api == "openai-chat";
  const Field url =
      of_many ? map.required("base_url", "write the server's address: https://api.openai.com/v1") : map["base_url"];
  if (auto text = url.filled_text()) {
    if (auto fault = url_fault(*text)) url.error(*fault);
    out.base_url = std::move(*text);
    while (out.base_url.ends_with('/')) out.base_url.pop_back();
  }
  assign(out.model, map.required("model", "name the model, as the server knows it").filled_text());
  assign(out.key, read_secret_source(map["key"], folder));
  read_section(map["timeout"], out.timeout);
  out.structured_output = map["structured_output"].boolean();
  read_section(map["limits"], out.limits);
  out.stop_words = read_stop_words(map["stop_words"]);
  assign(out.max_tokens_field, map["max_tokens_field"].choice(max_tokens_words));
  if (!of_many && map.has("max_tokens_field"))
    map["max_tokens_field"].error("is for api: openai-chat only; " + out.api + " has one name for it. Remove it");
  if (map.has("script")) map["script"].error("is for api: script only; remove it, or change api");
}

}  // namespace

static void warn_of_placeholder(const Field& field, const SecretSource& source) {
  const Result<Secret> secret = make_secret_reader()(source);
  if (secret && is_placeholder(secret->reveal()))
    field.warning(
        "holds an ordinary word or a placeholder, which is not taken out of the ledger, the log and the pages; if the "
        "server wants no key, remove it, else set a real one");
}

std::optional<SecretSource> read_secret_source(const Field& field, const std::string& folder) {
  if (!field.present()) return std::nullopt;
  if (!field.is(Node::Kind::map)) {
    field.error("must not stand in this file; " + std::string(key_remedy));
    return std::nullopt;
  }
  const Mapping map(field, table_of<SecretSource>());
  const auto kind = map.only_one({"credential", "file", "env"}, key_remedy);
  const auto name = kind ? map[*kind].filled_text() : std::nullopt;
  if (!name) return std::nullopt;
  std::optional<SecretSource> source;
  if (kind == "file") source = SecretSource{SecretSource::Kind::file, below(folder, *name)};
  if (kind == "env" && is_variable_name(*name)) source = SecretSource{SecretSource::Kind::env, *name};
  if (kind == "credential" && name->find('/') == std::string::npos && !name->starts_with('.'))
    source = SecretSource{SecretSource::Kind::credential, *name};
  if (source) {
    warn_of_placeholder(map[*kind], *source);
    return source;
  }
  // Not quoted: it may be the key itself, put in the wrong place.
  map[*kind].error(kind == "env"
                       ? "is not the name of an environment variable; use letters, digits and '_': OPENAI_API_KEY"
                       : "is not the name of a systemd credential, as LoadCredential=NAME:… gives it");
  return std::nullopt;
}

std::optional<ProviderConfig> read_provider(const std::string& name, const Field& field, const std::string& folder) {
  const std::size_t before = field.report().errors();
  const Mapping map(field, table_of<ProviderConfig>());
  ProviderConfig out;
  out.name = name;
  out.api = read_api(map.required("api", "write api: openai-chat"));
  out.params = map.has("params") ? map["params"].json_object().value_or(Json::object()) : Json::object();
  out.prices = read_prices(map["prices"]);
  if (out.api == "script") read_script(map, out);
  if (!out.api.empty() && out.api != "script") read_network(map, out, folder);
  if (field.report().errors() != before) return std::nullopt;
  return out;
}

}  // namespace nowd
