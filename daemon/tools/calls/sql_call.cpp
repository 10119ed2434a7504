#include "tools/calls/sql_call.hpp"

#include "domain/prompt/token.hpp"
#include "tools/calls/result_text.hpp"

namespace nowd {

Result<SqlCall> plan_sql(const SqlAction& action, const CallEnvironment& environment, const CallRules& rules) {
  const TemplateValues values{&environment.run, environment.now, environment.inputs, {}};
  const std::string_view text = action.query;
  SqlCall call{action.database, {}, {}, rules.timeout, rules.max_bytes};
  std::size_t at = 0;
  while (const auto token = next_token(text, at)) {
    auto value = render(text.substr(token->begin, token->end - token->begin), values);
    if (!value) return value.error();
    if (value->find('\0') != std::string::npos) return refused("a value of the query holds a NUL");
    call.parameters.push_back(std::move(*value));
    call.sql += text.substr(at, token->begin - at);
    call.sql += "$" + std::to_string(call.parameters.size());
    at = token->end;
  }
  call.sql += text.substr(at);
  return call;
}

ToolOutcome sql_outcome(const Result<std::string>& rows, const Reading& started, const Reading& ended,
                        const CallRules& rules, const Zone& zone) {
  ToolOutcome outcome;
  outcome.started = started;
  outcome.ended = ended;
  outcome.state = rows ? CallState::confirmed : CallState::failed;
  if (!rows) {
    outcome.error = outcome.result = clean_utf8(rows.error().message);
    return outcome;
  }
  const bool cut = rows->size() > rules.max_bytes;
  const ResultText text = result_text("", *rows, cut, rules.max_bytes, rules.redact);
  outcome.result = text.text;
  outcome.unredacted = text.unredacted;
  outcome.cut = text.cut;
  outcome.data = declared_data_time(rules, *rows, cut, nullptr, zone);
  return outcome;
}

}  // namespace nowd
