#include "tools/calls/inputs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

#include "domain/prompt/template.hpp"
#include "foundation/fd.hpp"
#include "foundation/text/utf8.hpp"
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

namespace {

Error system_error(const std::string& path, int code) {
  const std::string why = std::error_code(code, std::generic_category()).message();
  return {code == ENOENT || code == EACCES ? ErrorKind::invalid : ErrorKind::unavailable, "file " + path + ": " + why};
}

bool has_parent_step(std::string_view path) {
  return ("/" + std::string(path) + "/").find("/../") != std::string::npos;
}

Result<std::string> rendered_path(const FileAction& action, const CallEnvironment& environment) {
  const TemplateValues values{&environment.run, environment.now, environment.inputs, {}};
  auto path = render(action.path, values);
  if (!path) return path;
  if (path->find('\0') != std::string::npos) return refused("file: the path holds a NUL");
  if (!action.path.starts_with('/')) return refused("file '" + action.path + "': the path must be absolute");
  if (has_token(action.path) && has_parent_step(*path) && !has_parent_step(action.path))
    return refused("file '" + action.path + "': a value in it climbs with '..': " + *path);
  return path;
}

struct Contents {
  std::string bytes;
  bool incomplete = false;
};

Result<Contents> read_regular(const std::string& path, std::size_t max) {
  // O_NONBLOCK: opening a pipe without a writer would wait for one.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return system_error(path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error(path, errno);
  if (!S_ISREG(status.st_mode)) return refused("file " + path + " is not a regular file");
  Contents contents;
  contents.bytes.resize(max + 1);
  std::size_t size = 0;
  while (size <= max) {
    const ssize_t count = ::read(file.get(), contents.bytes.data() + size, contents.bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path, errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  contents.incomplete = size > max;
  contents.bytes.resize(std::min(size, max));
  return contents;
}

}  // namespace

ToolOutcome read_file_input(const FileAction& action, const CallEnvironment& environment, const CallRules& rules,
                            const Clock& clock) {
  ToolOutcome outcome;
  outcome.started = clock.read();
  const auto path = rendered_path(action, environment);
  const auto contents = path ? read_regular(*path, rules.max_bytes + redaction_slack) : Result<Contents>(path.error());
  outcome.ended = clock.read();
  if (!contents) {
    outcome.state = contents.error().kind == ErrorKind::unavailable ? CallState::failed : CallState::refused;
    outcome.error = outcome.result = clean_utf8(contents.error().message);
    return outcome;
  }
  outcome.state = CallState::confirmed;
  const ResultText text = result_text("", contents->bytes, contents->incomplete, rules.max_bytes, rules.redact);
  outcome.result = text.text;
  outcome.unredacted = text.unredacted;
  outcome.cut = text.cut;
  outcome.data = declared_data_time(rules, contents->bytes, contents->incomplete, nullptr, environment.run.zone);
  return outcome;
}

}  // namespace nowd
